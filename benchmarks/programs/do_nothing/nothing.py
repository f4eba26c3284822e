"""A dynamic resource whose handler does nothing."""

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider


class NothingHandler(ResourceProvider):
    """Accepts everything, changes nothing."""

    serialize_as_secret_always = False

    def diff(self, _id: str, _olds: dict, _news: dict) -> DiffResult:
        """Never a change."""
        return DiffResult(changes=False)

    def create(self, props: dict) -> CreateResult:
        """Made by saying so."""
        return CreateResult("nothing", dict(props))


class Nothing(Resource, module="nothing", name="Nothing"):
    """A resource that is nothing."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(NothingHandler(), name, {"value": name}, opts)
