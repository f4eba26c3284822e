"""A dynamic resource that stores nothing: enough to see what the engine and the language host do with one."""

from typing import Any

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult


class NoteProvider(ResourceProvider):
    serialize_as_secret_always = False

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        failures = [CheckFailure("text", "a note must not be empty")] if not news["text"] else []
        return CheckResult({**news, "calls": [f"POST /notes {news['text']}"]}, failures)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=olds["text"] != news["text"])

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult("note-1", props)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(news)


class Note(Resource, module="tests", name="Note"):
    text: pulumi.Output[str]

    def __init__(self, name: str, text: str, opts: pulumi.ResourceOptions) -> None:
        super().__init__(NoteProvider(), name, {"text": text}, opts)
