"""The description put to the test by schemathesis: calls are made of it, and the answers held against it.

Bodies and parameters are such as the description allows, and such as it does not. Every answer has to have a status,
headers, a content type and a shape that the description names for that call. Which examples are made depends on the
modules that are loaded too: hypothesis takes words and numbers out of them.
"""

import asyncio
import threading
from collections.abc import Iterator

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import booleans
from schemathesis import APIOperation, Case, CheckContext, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from gateway.apps.openapi import Description
from tests.apps.http_gateway import BANK, Site, calling


def wrong_is_refused(ctx: CheckContext, response: Response, case: Case) -> bool | None:
    """As schemathesis' own check; but a batch is taken without the rows that are wrong, and names those."""
    if case.path == "/v1/batches" and response.status_code == 202 and response.json()["rejected"]:
        return None
    return checks.negative_data_rejection(ctx, response, case)


CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    wrong_is_refused,
]
DESCRIBED = schemathesis.openapi.from_dict(Description(Site().server.routes[:-2], "0").document)
OPERATIONS = [found.ok() for found in DESCRIBED.get_all_operations()]


FRAMING = frozenset({"transfer-encoding", "content-length", "connection", "expect", "upgrade", "te", "trailer"})
"""Headers that say where a request ends: no part of a description, and tests/apps/test_http_connection.py has them."""
LATER_S = 1_000.0
"""Between two calls: no tps is exceeded, and nobody is locked out for the wrong logins before."""
TO = "5512345670"
MEANT: dict[str, object] = {
    "to": TO,
    "number": TO,
    "username": "bank",
    "password": BANK,
    "text": "hola",
    "content": "hola",
}
"""What a schema cannot say: numbers that there are, a login that is right."""
LOGIN: dict[str, object] = {"username": "bank", "password": BANK, "to": TO, "from": "45555"}
COMPATIBLE = {"/cgi-bin/sendsms": {**LOGIN, "text": "hola"}, "/send": {**LOGIN, "content": "hola"}}
COMPATIBLE |= {"/rate": {**LOGIN, "content": "hola"}, "/balance": {"username": "bank", "password": BANK}}
LEFT_OUT = frozenset({
    *("from", "data", "udh", "encoding", "send_at", "tags", "coding", "charset", "mwi", "compress", "rpi", "smsc"),
    *("meta-data", "binfo", "dlr-url", "dlr-mask", "dlr", "hex-content", "sdt", "custom_tlvs", "cursor", "since"),
    *("alt-dcs", "validity", "deferred", "dlr-level", "dlr-method", "validity-period", "spread"),
})  # fmt: skip
"""What goes only with other fields, or has values of which few are right."""


def make_sense(values: object) -> None:
    """Bring a call's values nearer to what is accepted, in place."""
    if not isinstance(values, dict):
        return
    for name in LEFT_OUT & values.keys():
        del values[name]
    for name in MEANT.keys() & values.keys():
        values[name] = MEANT[name]
    for row in values.get("messages") or ():
        make_sense(row)


class Listener:
    """A listener in a thread of its own, for the calls block; its clock goes on with each of them."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        self._thread.start()
        assert self._ready.wait(10)
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {BANK}"
        self.session.trust_env = False

    async def _serve(self) -> None:
        async with calling() as app:
            self._site = app.site
            await app.send()
            self._ids = {"messages": [message.id for message in app.site.live.values()]}
            batches = [await app.call("POST", "/v1/batches", {"text": "a", "messages": [{"to": TO}]}) for _ in "12"]
            self._ids["batches"] = [batch.json["id"] for batch in batches]
            self._ready.set()
            await self._stop.wait()

    def make_sense(self, case: Case) -> None:
        """As the function, also where the path holds an id."""
        for values in (case.body, case.query, case.path_parameters):
            make_sense(values)
        if case.path in COMPATIBLE:
            (case.query if case.method == "GET" else case.body).update(COMPATIBLE[case.path])
        if "id" in case.path_parameters:
            case.path_parameters["id"] = self._ids[case.path.split("/")[2]][-1]

    def answer(self, case: Case) -> None:
        """Make the call, and hold the answer against the description."""
        self._loop.call_soon_threadsafe(self._site.clock.advance, LATER_S)
        for name in [name for name in case.headers or () if name.lower() in FRAMING]:
            del case.headers[name]
        case.call_and_validate(base_url=f"http://127.0.0.1:{self._site.port}", session=self.session, checks=CHECKS)

    def close(self) -> None:
        self.session.close()
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


def hold(operation: APIOperation, mode: GenerationMode, listener: Listener, examples: int) -> None:
    """So many calls of one kind against their description."""

    @given(case=operation.as_strategy(generation_mode=mode), sense=booleans())
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Case, sense: bool) -> None:
        if sense and mode is GenerationMode.POSITIVE:
            listener.make_sense(case)
        listener.answer(case)

    ask()


def takes_something(operation: APIOperation) -> bool:
    """Whether there is anything that a call of it could have wrong."""
    return any((operation.path_parameters, operation.query, operation.headers, operation.body))


KINDS = [(operation, GenerationMode.POSITIVE) for operation in OPERATIONS]
KINDS += [(operation, GenerationMode.NEGATIVE) for operation in OPERATIONS if takes_something(operation)]
NAMES = [f"{operation.label} {mode.value}" for operation, mode in KINDS]


@pytest.mark.parametrize(("operation", "mode"), KINDS, ids=NAMES)
def test_answers_are_what_the_description_says(
    operation: APIOperation, mode: GenerationMode, listener: Listener
) -> None:
    hold(operation, mode, listener, examples=4)


@pytest.mark.slow
@pytest.mark.parametrize(("operation", "mode"), KINDS, ids=NAMES)
def test_many_answers_are_what_the_description_says(
    operation: APIOperation, mode: GenerationMode, listener: Listener
) -> None:
    hold(operation, mode, listener, examples=100)
