"""What helps to write a schema: functions, filter operators, trying an expression, discovering attributes."""

from __future__ import annotations

import random
from typing import Any

from entra_sync.emulator.cycle.settings import template_schema
from entra_sync.emulator.errors import Fault, bad_request
from entra_sync.emulator.graph.bodies import known, parameters
from entra_sync.emulator.graph.synchronization.common import job, principal, schema_of, template
from entra_sync.emulator.http.call import Call
from entra_sync.emulator.http.router import Router
from entra_sync.emulator.http.shapes import Needed
from entra_sync.emulator.http.wire import Reply
from entra_sync.emulator.state.clock import precise
from entra_sync.emulator.state.store import Document, Entry
from entra_sync.errors import EvaluationError, ExpressionError
from entra_sync.expressions import FUNCTIONS, Context, Ignored, canonical, evaluate, parse, to_source
from entra_sync.expressions.filters.model import OPERATORS

__all__ = ["routes"]

routes = Router()

_SCHEMA = "/servicePrincipals/{id}/synchronization/jobs/{jobId}/schema"
_TEMPLATE_SCHEMA = "/servicePrincipals/{id}/synchronization/templates/{templateId}/schema"
_PARSED = {"expression": str, "targetAttributeDefinition": dict, "testInputObject": dict}
_OBJECT = {"definition": dict, "properties": [{"key": Needed(str)}]}
_LONGEST = 10_000
"""Characters of an expression ("Known issues for provisioning")."""


def _owner(call: Call, id: str, jobId: str, templateId: str) -> tuple[Entry, str]:
    """The service principal, and the context of the schema that a path is about."""
    owner = principal(call, id)
    if jobId:
        return owner, f"servicePrincipals('{owner.id}')/synchronization/jobs('{job(call, owner, jobId).id}')/schema"
    known = template(call, owner, templateId)["id"]
    return owner, f"servicePrincipals('{owner.id}')/synchronization/templates('{known}')/schema"


@routes.on("GET", f"{_SCHEMA}/functions", f"{_TEMPLATE_SCHEMA}/functions")
def list_functions(call: Call, id: str, jobId: str = "", templateId: str = "") -> Reply:
    """Functions that expressions can use."""
    _owner(call, id, jobId, templateId)
    value = [
        {
            "name": definition.name,
            "parameters": [
                {
                    "name": parameter.key,
                    "required": parameter.required,
                    "allowMultipleOccurrences": parameter.repeats > 0,
                    "type": {"Strings": "String", "Any": "String"}.get(parameter.kind, parameter.kind),
                }
                for parameter in definition.parameters
            ],
        }
        for definition in FUNCTIONS.values()
    ]
    return call.entity({"value": value}, "Collection(microsoft.graph.attributeMappingFunctionSchema)")


@routes.on("GET", f"{_SCHEMA}/filterOperators", f"{_TEMPLATE_SCHEMA}/filterOperators")
def list_operators(call: Call, id: str, jobId: str = "", templateId: str = "") -> Reply:
    """Operators that scoping filters can use."""
    _owner(call, id, jobId, templateId)
    value = [operator.schema() for operator in OPERATORS.values() if operator.listed]
    return call.entity({"value": value}, "Collection(microsoft.graph.filterOperatorSchema)")


@routes.on("POST", f"{_SCHEMA}/parseExpression", f"{_TEMPLATE_SCHEMA}/parseExpression")
def parse_expression(call: Call, id: str, jobId: str = "", templateId: str = "") -> Reply:
    """Parse an expression, and evaluate it for a test object where one is given."""
    _owner(call, id, jobId, templateId)
    body = parameters(call.json(), _PARSED, "parseExpression")
    text = body.get("expression")
    if text is None:
        raise bad_request("A value is required for property 'expression'.", "BadRequest")
    found: Document = {
        "error": None,
        "evaluationSucceeded": False,
        "evaluationResult": [],
        "parsedExpression": None,
        "parsingSucceeded": False,
    }
    try:
        if len(text) > _LONGEST:
            raise ExpressionError(text, (_LONGEST, len(text)), f"the expression is longer than {_LONGEST:,} characters")
        expression = parse(text)
        found["parsedExpression"], found["parsingSucceeded"] = to_source(expression), True
        test = body.get("testInputObject")
        if test is not None:
            value = evaluate(expression, _attributes(test), _context(call))
            found["evaluationResult"], found["evaluationSucceeded"] = _texts(value), True
    except ExpressionError as error:
        code = "ExpressionEvaluationFailed" if isinstance(error, EvaluationError) else "ExpressionParsingFailed"
        found["error"] = {"code": code, "message": str(error), "tenantActionable": True}
    return call.entity(found, "microsoft.graph.parseExpressionResponse")


def _attributes(test: Document) -> dict[str, Any]:
    """Attributes of a test object; an empty text is the console's way to say that there is no value."""
    values: dict[str, Any] = {}
    for item in known(test, _OBJECT, "expressionInputObject").get("properties") or []:
        value = known(item, {"key", "value"}, "stringKeyObjectValuePair").get("value")
        values[item["key"]] = tuple(value) if isinstance(value, list) else value
    return values


def _context(call: Call) -> Context:
    store = call.store
    return Context(now=call.clock.now(), random=random.Random(store.version), new_guid=store.new_id)


def _texts(value: Any) -> list[str]:
    if isinstance(value, Ignored):
        return []
    shown = canonical(value)
    if shown is None:
        return []
    return list(shown) if isinstance(shown, list) else [shown]


# Directories


@routes.on("GET", f"{_SCHEMA}/directories")
def list_directories(call: Call, id: str, jobId: str) -> Reply:
    """Source and target directory as the schema describes them."""
    owner, context = _owner(call, id, jobId, "")
    return call.entity(
        {"value": schema_of(call, owner, job(call, owner, jobId))["directories"]}, f"{context}/directories"
    )


def _directory(call: Call, owner: Entry, jobId: str, id: str) -> Document:
    for directory in schema_of(call, owner, job(call, owner, jobId))["directories"]:
        if str(directory.get("id", "")).lower() == id.lower():
            found: Document = directory
            return found
    raise Fault(404, "DirectoryNotFound", f"Directory '{id}' was not found in the schema.")


@routes.on("GET", f"{_SCHEMA}/directories/{{directoryId}}")
def get_directory(call: Call, id: str, jobId: str, directoryId: str) -> Reply:
    """One directory of the schema."""
    owner, context = _owner(call, id, jobId, "")
    return call.entity(_directory(call, owner, jobId, directoryId), f"{context}/directories/$entity")


@routes.on("POST", f"{_SCHEMA}/directories/{{directoryId}}/discover")
def discover(call: Call, id: str, jobId: str, directoryId: str) -> Reply:
    """Read a directory's attributes again; directory extensions that people of the tenant have are found."""
    owner, _ = _owner(call, id, jobId, "")
    parameters(call.optional_json(), (), "discover")
    found = dict(_directory(call, owner, jobId, directoryId))
    now = precise(call.clock.now())
    found["discoveryDateTime"] = now
    found["version"] = f"Date:{now}, ActivityId:{call.store.new_id()}"
    if found["name"] == _source_directory(call, owner, jobId):
        found["objects"] = [_with_extensions(call, item) for item in found.get("objects") or []]
    return call.entity(found, "microsoft.graph.directoryDefinition")


def _source_directory(call: Call, owner: Entry, jobId: str) -> str:
    """Name of the source directory of a job's template."""
    schema = template_schema(call.state, call.tid, job(call, owner, jobId).doc["templateId"])
    rules = schema["synchronizationRules"]
    return str(rules[0]["sourceDirectoryName"]) if rules else ""


def _with_extensions(call: Call, definition: Document) -> Document:
    if definition.get("name") != "User":
        return definition
    rows = call.store.query(
        "SELECT DISTINCT item.key FROM objects, json_each(objects.doc) AS item"
        " WHERE tenant = ? AND kind = 'user' AND deleted IS NULL AND item.key LIKE 'extension\\_%' ESCAPE '\\'",
        [call.tid],
    )
    known = {attribute["name"] for attribute in definition["attributes"]}
    model = next(attribute for attribute in definition["attributes"] if attribute["name"] == "extensionAttribute1")
    added = [{**model, "name": name} for (name,) in sorted(rows) if name not in known]
    return {**definition, "attributes": [*definition["attributes"], *added]}
