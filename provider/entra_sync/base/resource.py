"""The program's side of a resource: typed arguments in, outputs by the names that Python uses."""

from __future__ import annotations

import inspect
from collections.abc import Generator
from functools import cache
from importlib.metadata import version
from typing import Any, ClassVar, get_args, get_origin

import pulumi
from pulumi.dynamic import Resource as DynamicResource
from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from entra_sync.base.args import Args
from entra_sync.base.handler import Handler
from entra_sync.base.kinds import DYNAMIC, PACKAGED
from entra_sync.base.lazy import LOADED, PUT_OFF, LazyHandler
from entra_sync.base.run.claims import DECLARATION, named
from entra_sync.base.run.memory import remembered
from entra_sync.errors.argument import ArgumentError, refusal
from entra_sync.errors.mistakes import told
from entra_sync.errors.problems import problems, unwritable, word_for

__all__ = ["Resource", "refuse_options"]

remembered(PUT_OFF)
remembered(LOADED)


class Resource(DynamicResource):
    """Base of the resources.

    A subclass names its handler; its annotations are its outputs. Arguments may be given as the model
    (``SynchronizationJob("job", SynchronizationJobArgs(...))``) or as keywords (``SynchronizationJob("job", ...)``).

    Attributes:
        provisioning_state: ``succeeded``, or ``incomplete`` where something failed after the object had been created:
            the next `up` finishes it.
    """

    handler: ClassVar[type[Handler[Any]]]
    packaged: ClassVar[bool] = False
    """Whether this process is the packaged provider, which builds a component of its own resources."""
    _wire: ClassVar[dict[str, str]] = {}
    _names: ClassVar[dict[str, str]] = {}

    provisioning_state: pulumi.Output[str]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(module="entra", name=cls.__name__, **options)
        outputs = [
            name
            for base in cls.__mro__
            if issubclass(base, Resource)
            for name, hint in base.__annotations__.items()
            if hint.startswith("pulumi.Output")
        ]
        fields = {name: field.alias or name for name, field in cls.handler.args.model_fields.items()}
        cls._wire = {**{name: to_camel(name) for name in outputs}, **fields}
        cls._names = {wire: name for name, wire in cls._wire.items()}

    @told("entra:{self}")
    def __init__(
        self,
        resource_name: str,
        args: Args | None = None,
        opts: pulumi.ResourceOptions | None = None,
        **arguments: Any,
    ) -> None:
        refuse_options(f"entra:{type(self).__name__}", resource_name, opts)
        self.refuse_deleting_first(resource_name, opts)
        if args is None:
            args = self._validated(resource_name, arguments)
        elif not isinstance(args, Args):
            raise ArgumentError(
                f"{self._title(resource_name)}: arguments have names, as in {self.handler.args.__name__}(tenant=…) or "
                "tenant=…; there is one by position"
            )
        elif arguments:
            raise ArgumentError(f"{self._title(resource_name)}: pass either an Args object or keywords, not both")
        self.declared = args
        values = args.body()
        inputs: dict[str, Any] = dict.fromkeys(self._wire)
        for wire, value in values.items():
            inputs[self._names[wire]] = value
        for name in args.marked("secret"):
            if inputs[name] is not None:
                inputs[name] = pulumi.Output.secret(inputs[name])
        if self.handler.replace_by_deleting_first:
            # Its id is fixed by its arguments: after a creation, the deletion of the old one would hit the new one.
            opts = pulumi.ResourceOptions.merge(pulumi.ResourceOptions(delete_before_replace=True), opts)
        inputs |= self._announced(args)
        inputs[DECLARATION] = _Declaration(resource_name, opts.parent if opts else None)
        kind = type(self).__name__
        # What the program has declared in the other form goes on as this one.
        other = DYNAMIC if self.packaged else PACKAGED
        formerly = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=f"{other}{kind}")])
        opts = pulumi.ResourceOptions.merge(opts, formerly)
        if self.packaged:
            pulumi.CustomResource.__init__(self, f"{PACKAGED}{kind}", resource_name, inputs, opts)
        else:
            super().__init__(self.lazy_handler(), resource_name, inputs, opts)
        self.provisioning_state.apply(lambda state: self._refuse_to_end_well(resource_name, state))

    def translate_input_property(self, prop: str) -> str:
        """The state's name of a Python name, e.g. ``job_id`` → ``jobId``."""
        return self._wire.get(prop, prop)

    def translate_output_property(self, prop: str) -> str:
        """The Python name of a state's name, e.g. ``jobId`` → ``job_id``."""
        return self._names.get(prop, prop)

    @classmethod
    def outputs(cls) -> dict[str, Any]:
        """The types of the outputs that the class declares, by the state's names."""
        ours = [base for base in cls.__mro__ if issubclass(base, Resource)]
        hints = {name: hint for base in ours for name, hint in inspect.get_annotations(base, eval_str=True).items()}
        return {
            wire: get_args(hints[name])[0]
            for name, wire in cls._wire.items()
            if get_origin(hints.get(name)) is pulumi.Output
        }

    @classmethod
    def _announced(cls, args: Args) -> dict[str, Any]:
        """What a check has to know of the rest of the program; state does not keep it."""
        return {}

    @classmethod
    def lazy_handler(cls) -> LazyHandler:
        """What stands for the handler in the engine."""
        kind = cls.handler
        return LazyHandler((kind.__module__, kind.__name__), _version(), kind.computed, kind.outdated_by)

    def _validated(self, resource_name: str, arguments: dict[str, Any]) -> Args:
        try:
            return self.handler.args.model_validate(arguments)
        except ValidationError as error:
            raise refusal(self._title(resource_name), problems(self.handler.args, error)) from None

    @classmethod
    def refuse_deleting_first(cls, resource_name: str, opts: pulumi.ResourceOptions | None) -> None:
        """Refuses an option by which users lose access between a deletion and the creation after it."""
        if opts is not None and opts.delete_before_replace and not cls.handler.replace_by_deleting_first:
            raise ArgumentError(
                f"{cls._title(resource_name)}: delete_before_replace=True is not supported; leave it out: a new one "
                "takes over what is there, so that no user loses access in between"
            )

    @classmethod
    def _refuse_to_end_well(cls, resource_name: str, state: str | None) -> None:
        """Fails the program if the resource is not finished: the engine takes what is recorded for a success."""
        if state == "incomplete":
            raise pulumi.RunError(
                f"{cls._title(resource_name)} was not finished; the warning above says why. Run `pulumi up` again"
            )

    @classmethod
    def _title(cls, resource_name: str) -> str:
        return f'entra:{cls.__name__} "{resource_name}"'


@cache
def _version() -> str:
    return version("pulumi-entra-sync")


def refuse_options(kind: str, name: Any, opts: Any) -> None:
    """Refuses a name and options that are not Pulumi's, and an import, which the engine cannot carry out."""
    if not isinstance(name, str) or not name:
        raise ArgumentError(f"{kind}: its name must be a text that is not empty, not {word_for(name)}")
    problem = next(unwritable(name, "name"), None)
    if problem is not None:
        raise refusal(f'{kind} "{name}"', [problem])
    if opts is not None and not isinstance(opts, pulumi.ResourceOptions):
        raise ArgumentError(f'{kind} "{name}": opts: must be pulumi.ResourceOptions(...)')
    if opts is not None and opts.import_ is not None:
        raise ArgumentError(
            f'{kind} "{name}": import_ is not supported; leave it out: an object that exists is used as it is found, '
            "and adopt=True makes it this program's own (docs/guide/concepts.md)"
        )


class _Declaration:
    """Name of a declaration: tells it from one of the same name elsewhere in the program, and is equal in each run.

    The engine tells a parent's name only later. It is waited for when the engine asks for this value, so that nothing
    is left waiting if the program ends before that.
    """

    def __init__(self, name: str, parent: pulumi.Resource | None) -> None:
        self.name, self.parent = name, parent

    def __await__(self) -> Generator[Any, Any, str]:
        """``<project>/<stack>/<parent's type and name>/<name>``, without the third part if there is no parent."""
        stack = f"{pulumi.get_project()}/{pulumi.get_stack()}"
        if self.parent is None:
            return named(stack, self.name)
        urn = yield from self.parent.urn.future().__await__()
        return named(f"{stack}/{'::'.join(str(urn).split('::')[2:])}", self.name)
