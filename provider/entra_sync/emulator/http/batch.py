"""``$batch``: up to twenty requests in one, as "Combine multiple HTTP requests using JSON batching" describes."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import orjson

from entra_sync.emulator.errors import Fault, bad_request, not_emulated
from entra_sync.emulator.http.shapes import Needed, misfits
from entra_sync.emulator.http.wire import ReceivedRequest, Reply

__all__ = ["run_batch"]

MOST = 20
_ITEM = {"id": (str, int), "method": str, "url": str, "headers": dict, "dependsOn": [(str, int)]}
_BATCH = {"requests": Needed([_ITEM])}


def run_batch(answer: Callable[[ReceivedRequest], Reply], batch: str, request: ReceivedRequest, version: str) -> Reply:
    """Answer every item on its own; an item that depends on a failed one gets 424.

    Args:
        answer: What answers an item.
        batch: What items of this batch are told by in the journal.
        request: The batch.
        version: ``v1.0`` or ``beta``.

    Raises:
        Fault: 400 for a batch that is not well formed, 501 for one inside another.
    """
    if request.method != "POST":
        raise Fault(
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
            headers={"Allow": "POST"},
        )
    if request.batch is not None:
        raise not_emulated("a batch inside a batch")
    items = _items(request)
    statuses: dict[str, int] = {}
    responses = []
    for item in items:
        id = str(item["id"])
        failed = next((other for other in item.get("dependsOn") or [] if statuses[str(other).lower()] >= 400), None)
        if failed is not None:
            message = f"Request {id} depends on request {failed}, which failed."
            response = _failed(id, 424, "FailedDependency", message)
        else:
            response = _run(answer, request, version, item, batch)
        statuses[id.lower()] = response["status"]
        responses.append(response)
    return Reply(200, {"responses": responses})


def _items(request: ReceivedRequest) -> list[dict[str, Any]]:
    try:
        batch = orjson.loads(request.content)
    except orjson.JSONDecodeError:
        batch = None
    if batch is None or any(misfits(batch, _BATCH)):
        raise bad_request("Invalid batch payload format.", "BadRequest")
    items: list[dict[str, Any]] = batch["requests"]
    if not items:
        raise bad_request("Invalid batch payload format.", "BadRequest")
    if len(items) > MOST:
        raise bad_request(f"Number of batch request steps exceeds the maximum value of {MOST}.", "BadRequest")
    seen: set[str] = set()
    for item in items:
        if not all(item.get(name) for name in ("id", "method", "url")):
            raise bad_request("Invalid batch payload format: each request needs id, method and url.", "BadRequest")
        if item.get("body") is not None and not any(
            name.lower() == "content-type" for name in item.get("headers") or {}
        ):
            raise bad_request(
                f"Content-Type header is required for request {item['id']}, which has a body.", "BadRequest"
            )
        id = str(item["id"]).lower()
        if id in seen:
            raise bad_request(f"Request Id values are required to be unique. Duplicate: {item['id']}.", "BadRequest")
        for other in item.get("dependsOn") or []:
            if str(other).lower() not in seen:
                raise bad_request(
                    f"Request {item['id']} depends on {other}, which does not come before it.", "BadRequest"
                )
        seen.add(id)
    return items


def _run(
    answer: Callable[[ReceivedRequest], Reply], outer: ReceivedRequest, version: str, item: dict[str, Any], batch: str
) -> dict[str, Any]:
    headers = {name.lower(): str(value) for name, value in (item.get("headers") or {}).items()}
    headers.setdefault("authorization", outer.headers.get("authorization", ""))
    try:
        content = _content(headers.get("content-type", "").lower(), item.get("body"))
    except ValueError:
        return _failed(str(item["id"]), 400, "BadRequest", "The body of the request is not Base64.")
    inner = ReceivedRequest(
        cloud=outer.cloud,
        method=item["method"].upper(),
        url=f"{outer.root}/{version}/{item['url'].lstrip('/')}",
        headers=headers,
        content=content,
        batch=batch,
    )
    reply = answer(inner)
    if reply.drop:
        return _failed(str(item["id"]), 504, "GatewayTimeout", "The gateway did not receive a response in time.")
    response: dict[str, Any] = {"id": str(item["id"]), "status": reply.status, "headers": _headers(reply)}
    if reply.body is not None:
        response["body"] = _body(reply)
    return response


def _body(reply: Reply) -> Any:
    """An item's body: JSON and text as they are, anything else as Base64.

    The page says "base64 URL-encoded value, such as for images" of bodies, without an answer that has one. That answers
    use the standard alphabet, which clients decode, is a guess.
    """
    if not isinstance(reply.body, bytes):
        return reply.body
    kind = reply.with_type()["Content-Type"]
    if "json" in kind:
        return orjson.Fragment(reply.body)
    return reply.body.decode() if kind.startswith("text/") else b64encode(reply.body).decode()


def _content(kind: str, body: Any) -> bytes:
    """The bytes of an item's body, which are given as Base64, in either alphabet, where they are neither JSON nor text.

    Raises:
        ValueError: It is no Base64.
    """
    if body is None:
        return b""
    if not isinstance(body, str) or "json" in kind or kind.startswith("text/"):
        return orjson.dumps(body)
    return b64decode(body.replace("-", "+").replace("_", "/") + "=" * (-len(body) % 4), validate=True)


def _headers(reply: Reply) -> dict[str, str]:
    shown = {"Cache-Control", "x-ms-resource-unit", "OData-Version", "Location", "Retry-After", "Content-Type"}
    return {name: value for name, value in reply.with_type().items() if name in shown}


def _failed(id: str, status: int, code: str, message: str) -> dict[str, Any]:
    error = {"code": code, "message": message}
    return {"id": id, "status": status, "headers": {"Content-Type": "application/json"}, "body": {"error": error}}
