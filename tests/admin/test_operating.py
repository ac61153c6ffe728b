"""/v1/status, binds, drain, reload, and what every error looks like."""

import pytest

from gateway.config import ConfigError, Problem
from gateway.errors import Refusal, StoreError
from tests.admin.conftest import MEANT, Caller
from tests.admin.fake import FakeControl, a_status


async def test_status_is_what_the_gateway_says(call: Caller) -> None:
    status, body, headers = await call("GET", "/v1/status")

    assert (status, body) == (200, a_status())
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("action", "state"), [("stop", "stopped"), ("start", "connecting"), ("receive-only", "receive-only")]
)
async def test_bind_is_told_and_answers_with_its_line_of_the_status(
    call: Caller, control: FakeControl, action: str, state: str
) -> None:
    status, body, _ = await call("POST", f"/v1/binds/telcel-1/{action}", MEANT)

    assert control.told == [("bind", "telcel-1", action)]
    assert (status, body["bind"], body["state"]) == (202, "telcel-1", state)


@pytest.mark.parametrize("path", ["/v1/binds/telcel-9/stop", "/v1/binds/telcel-1/explode", "/v1/binds/telcel-1/Stop"])
async def test_bind_or_action_that_is_not_there_is_404(call: Caller, path: str) -> None:
    status, body, _ = await call("POST", path, MEANT)

    assert (status, body["errors"][0]["code"]) == (404, "not_found")


async def test_drain_begins_and_says_so(call: Caller, control: FakeControl) -> None:
    assert (await call("POST", "/v1/drain", MEANT))[:2] == (202, {"stopping": True})
    assert control.told == [("drain",)]


async def test_reload_answers_what_changed(call: Caller, control: FakeControl) -> None:
    assert (await call("POST", "/v1/reload", MEANT))[:2] == (200, {"changes": control.changes})


async def test_reload_of_a_broken_configuration_answers_each_line_of_it(call: Caller, control: FakeControl) -> None:
    control.error = ConfigError(
        [Problem("gw.yaml", 7, "carriers.telcel.tps", "is not a number"), Problem("gw.yaml", 9, "", "is empty")]
    )

    status, body, _ = await call("POST", "/v1/reload", MEANT)

    assert status == 422
    assert body["errors"][0] == {
        "field": "carriers.telcel.tps",
        "code": "invalid_configuration",
        "detail": "is not a number",
        "line": 7,
    }
    assert body["detail"].splitlines()[1] == "gw.yaml:9: is empty"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (StoreError("disk full"), 503, "store_unavailable"),
        (Refusal("stopping", retry_after_s=4.2), 503, "stopping"),
        (Refusal("not_allowed", "A transmitter receives nothing.", "action"), 403, "not_allowed"),
    ],
)
async def test_call_that_is_refused_answers_as_an_app_would_be_answered(
    call: Caller, control: FakeControl, error: Exception, status: int, code: str
) -> None:
    control.error = error

    answered, body, headers = await call("POST", "/v1/binds/telcel-1/stop", MEANT)

    assert (answered, body["status"], body["errors"][0]["code"]) == (status, status, code)
    assert headers.get("Retry-After") == ({"store_unavailable": "1", "stopping": "5"}.get(code))


async def test_call_that_fails_unforeseen_is_500_and_tells_no_inside(call: Caller, control: FakeControl) -> None:
    control.error = ZeroDivisionError("secret inside")

    status, body, _ = await call("POST", "/v1/reload", MEANT)

    assert status == 500
    assert "inside" not in str(body)


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [("GET", "/v2", 404, None), ("GET", "/v1/drain", 405, "POST"), ("DELETE", "/v1/status", 405, "GET,HEAD")],
)
async def test_unknown_path_or_method_is_a_problem_too(
    call: Caller, method: str, path: str, status: int, allow: str | None
) -> None:
    answered, body, headers = await call(method, path, MEANT)

    assert (answered, body["status"]) == (status, status)
    assert headers["Content-Type"] == "application/problem+json"
    assert headers.get("Allow") == allow
