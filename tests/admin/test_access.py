"""Who may ask: the token's bearer; without a token, this machine and nobody who came through a browser's back door."""

import pytest

from gateway.admin.access import is_this_machine
from tests.admin.conftest import BEARER, MEANT, TOKEN, Caller
from tests.admin.fake import FakeControl

EVERY_CALL = [
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/v1/status"),
    ("POST", "/v1/binds/telcel-1/stop"),
    ("GET", "/v1/messages/0193-1"),
    ("GET", "/v1/deliveries?state=dead"),
    ("POST", "/v1/deliveries/d0/replay"),
    ("POST", "/v1/deliveries/replay"),
    ("POST", "/v1/send"),
    ("POST", "/v1/drain"),
    ("POST", "/v1/reload"),
    ("GET", "/v1/nothing"),
]


@pytest.mark.parametrize(("method", "path"), EVERY_CALL)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        MEANT,
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN}x"},
    ],
)
async def test_listener_with_a_token_refuses_whoever_does_not_bring_it(
    call_guarded: Caller, control: FakeControl, method: str, path: str, headers: dict[str, str]
) -> None:
    status, body, answered = await call_guarded(method, path, headers)

    assert (status, body["status"]) == (401, 401)
    assert answered["WWW-Authenticate"] == 'Bearer realm="relevo"'
    assert answered["Content-Type"] == "application/problem+json"
    assert TOKEN not in str(body)
    assert control.told == []


async def test_listener_with_a_token_lets_its_bearer_change_things_under_any_name(call_guarded: Caller) -> None:
    headers = {"Authorization": f"bearer  {TOKEN} ", "Host": "ops.example"}

    assert (await call_guarded("POST", "/v1/drain", headers))[0] == 202
    assert (await call_guarded("GET", "/readyz", BEARER))[0] == 200


async def test_listener_with_a_token_says_it_lives_and_shows_the_empty_page_to_anybody(call_guarded: Caller) -> None:
    assert (await call_guarded("GET", "/healthz", {"Host": "10.0.0.7:9464"}))[:2] == (200, {"status": "ok"})
    assert (await call_guarded("GET", "/"))[0] == 200


@pytest.mark.parametrize(("method", "path"), EVERY_CALL)
async def test_listener_without_a_token_refuses_names_that_were_made_to_resolve_to_it(
    call: Caller, control: FakeControl, method: str, path: str
) -> None:
    status, body, _ = await call(method, path, {"Host": "evil.example:9464", **MEANT})

    assert status == 403
    assert "admin.token" in body["detail"]
    assert control.told == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Sec-Fetch-Site": "cross-site", **MEANT},
        {"Sec-Fetch-Site": "same-site", "Content-Type": "application/json"},
    ],
)
async def test_listener_without_a_token_refuses_changes_that_a_strange_page_could_have_sent(
    call: Caller, control: FakeControl, headers: dict[str, str]
) -> None:
    status, body, _ = await call("POST", "/v1/drain", headers, b"{}")

    assert status == 403
    assert "X-Relevo" in body["detail"]
    assert control.told == []


@pytest.mark.parametrize("headers", [MEANT, {"Content-Type": "application/json; charset=utf-8"}])
async def test_listener_without_a_token_takes_changes_that_were_meant(call: Caller, headers: dict[str, str]) -> None:
    assert (await call("POST", "/v1/drain", headers, b"{}"))[0] == 202


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LOCALHOST:9464", True),
        ("127.0.0.1", True),
        ("127.8.0.1:80", True),
        ("[::1]:9464", True),
        ("[::1]", True),
        ("10.0.0.1", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example:9464", False),
        ("", False),
        ("[", False),
    ],
)
def test_only_names_of_this_machine_pass_for_it(host: str, expected: bool) -> None:
    assert is_this_machine(host) is expected
