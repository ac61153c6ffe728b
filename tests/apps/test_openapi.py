"""The description of the calls says what the code does: no more, no less."""

import json
import re
from typing import Any

import pytest

from gateway.apps.http_message_body import MessageBody
from gateway.apps.openapi_schemas import SCHEMAS
from gateway.message import Inbound
from gateway.message_json import inbound_object
from tests.apps.http_gateway import Reply, Site, calling

PLACES = re.compile(r'"\$ref": ?"#/components/schemas/([^"]+)"')


@pytest.fixture
async def document() -> Any:
    async with calling() as app:
        reply = await app.by(None).call("GET", "/v1/openapi.json")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/json")
    return reply.json


async def test_description_lists_exactly_what_is_routed(document: Any) -> None:
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == {(route.method, route.path) for route in Site().server.routes}


async def test_description_refers_only_to_what_it_holds(document: Any) -> None:
    assert set(PLACES.findall(json.dumps(document))) <= document["components"]["schemas"].keys()
    names = [call["operationId"] for methods in document["paths"].values() for call in methods.values()]
    assert len(names) == len(set(names))


async def test_description_has_the_fields_that_are_read(document: Any) -> None:
    body = document["components"]["schemas"]["MessageBody"]
    assert body["properties"].keys() == set(MessageBody.__struct_encode_fields__)
    assert (body["required"], body["additionalProperties"]) == (["to"], False)
    assert body["properties"]["send_at"]["anyOf"][0]["format"] == "date-time"
    assert all(field["description"] for field in body["properties"].values())


async def test_calls_with_a_body_tell_all_that_may_be_wrong_with_it(document: Any) -> None:
    told = {
        path: {int(status) for status in call["responses"]}
        for path, methods in document["paths"].items()
        if path.startswith("/v1/") and "requestBody" in (call := methods.get("post", {}))
    }
    assert told.keys() == {"/v1/messages", "/v1/explain", "/v1/batches"}
    assert all(statuses >= {400, 408, 413, 415, 422} for statuses in told.values())
    assert "text/csv" in document["paths"]["/v1/batches"]["post"]["requestBody"]["content"]
    assert "JSON" not in document["paths"]["/v1/batches"]["post"]["responses"]["415"]["description"]


async def test_path_parameters_are_declared(document: Any) -> None:
    for path, methods in document["paths"].items():
        for call in methods.values():
            declared = {each["name"] for each in call.get("parameters", []) if each["in"] == "path"}
            assert declared == set(re.findall(r"{(\w+)}", path))


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/messages", {"to": "5512345670", "text": "a"}, 202),
        ("POST", "/v1/messages", {"to": "x", "text": "a"}, 422),
        ("POST", "/v1/explain", {"to": "5512345670", "text": "a"}, 200),
        ("POST", "/v1/explain", {"to": "x", "text": "a"}, 200),
        ("GET", "/v1/lookup/5512345670", None, 200),
        ("GET", "/v1/lookup/x", None, 200),
        ("PUT", "/v1/optouts/5512345670", None, 200),
        ("GET", "/v1/inbound", None, 200),
        ("GET", "/v1/inbound?limit=0", None, 422),
        ("POST", "/v1/batches", {"text": "a", "messages": [{"to": "5512345670"}, {"to": "x"}]}, 202),
        ("POST", "/v1/batches", {"text": "a"}, 422),
        ("GET", "/v1/batches/x", None, 404),
        ("GET", "/v1/messages", None, 200),
        ("GET", "/v1/messages?status=x", None, 422),
        ("GET", "/v1/receipts", None, 200),
    ],
)
async def test_answers_are_what_the_description_says(
    document: Any, method: str, path: str, body: Any, status: int
) -> None:
    async with calling() as app:
        reply = await app.call(method, path, body)
    assert reply.status == status
    check(reply, operation(document, method, path), document)


async def test_message_is_what_the_description_says_all_its_life(document: Any) -> None:
    async with calling() as app:
        sent = await app.send()
        path = f"/v1/messages/{sent.json['id']}"
        for method in ("GET", "DELETE", "GET"):
            check(await app.call(method, path), operation(document, method, path), document)


async def test_batch_and_pages_are_what_the_description_says(document: Any) -> None:
    async with calling() as app:
        sent = await app.call("POST", "/v1/batches", {"text": "a", "messages": [{"to": "5512345670"}, {"to": "x"}]})
        path = f"/v1/batches/{sent.json['id']}"
        calls = [("GET", path), *(("POST", f"{path}/{way}") for way in ("pause", "resume", "cancel"))]
        for method, at in [*calls, ("GET", "/v1/messages")]:
            check(await app.call(method, at), operation(document, method, at), document)


def test_inbound_message_is_what_the_description_says() -> None:
    row = Inbound(id="1", app="bank", carrier="telcel", to="45555", sender="525512345670", text="hola", data=b"\x01")
    fault = faults(inbound_object(row), SCHEMAS["Inbound"], {"components": {"schemas": SCHEMAS}})
    assert fault == []


async def test_page_for_people_is_whole_and_loads_nothing() -> None:
    async with calling() as app:
        reply = await app.by(None).call("GET", "/docs")
    page = reply.body.decode()
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert "<script" not in page
    assert not re.search(r"(src|href)=(?!['\"]?#)", page)
    for route in Site().server.routes:
        assert page.count(f"{route.method} {route.path}</code>") == 2  # where it stands, and in the contents
    assert set(re.findall(r"href='#([^']+)'", page)) <= set(re.findall(r"id=(\w+)", page))
    assert "text/csv" in page


def test_faults_are_found() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": ["string", "null"]}}}
    assert faults({"a": "x"}, schema, {}) == []
    assert faults({"a": 1}, schema, {}) == ["a is int"]
    assert faults({}, schema, {}) == ["a is missing"]
    assert faults({"a": None, "b": 1}, schema, {}) == ["b is not described"]


# -- as much of a validator as these schemas need ---------------------------------------------------------------------

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


def operation(document: Any, method: str, path: str) -> Any:
    """The description of a call."""
    path = path.partition("?")[0]
    for template, methods in document["paths"].items():
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path) and method.lower() in methods:
            return methods[method.lower()]
    raise AssertionError(f"{method} {path} is not described")


def check(reply: Reply, call: Any, document: Any) -> None:
    """The answer's status and type are described, and its body is as its schema says."""
    described = call["responses"][str(reply.status)]["content"]
    shape = described[reply.headers["Content-Type"]]
    assert faults(reply.json, shape["schema"], document) == []


def faults(value: Any, schema: Any, document: Any, at: str = "") -> list[str]:
    """Where a value is not as a schema says; a field that is not described is a fault too."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "oneOf" in schema:
        found = [faults(value, each, document, at) for each in schema["oneOf"]]
        return [] if [] in found else found[0]
    kinds = schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if kinds and not any(isinstance(value, _TYPES[kind]) for kind in kinds):
        return [f"{at} is {type(value).__name__}".strip()]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at} is {value}"]
    if isinstance(value, list):
        return [fault for item in value for fault in faults(item, schema["items"], document, at)]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    wrong = [f"{name} is missing" for name in schema.get("required", ()) if name not in value]
    for name, each in value.items():
        known = schema["properties"].get(name)
        wrong += [f"{name} is not described"] if known is None else faults(each, known, document, name)
    return wrong
