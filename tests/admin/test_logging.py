"""GET and POST /v1/log."""

import pytest

from tests.admin.conftest import MEANT, Caller
from tests.admin.fake import FakeControl


async def test_level_is_shown_and_set_for_a_while(call: Caller, control: FakeControl) -> None:
    assert (await call("GET", "/v1/log"))[1] == {"level": "info", "configured": "info", "back_in_s": None}

    status, found, _ = await call("POST", "/v1/log", MEANT, b'{"level": "debug", "for": 600}')

    assert (status, found) == (200, {"level": "debug", "configured": "info", "back_in_s": 600.0})
    assert control.told == [("log_level", "debug", 600.0)]
    await call("POST", "/v1/log", MEANT, b'{"level": "warning"}')
    assert control.told[-1] == ("log_level", "warning", None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"level": "loud"}', 422),
        (b'{"level": "debug", "for": 0}', 422),
        (b'{"level": "debug", "for": 1e9}', 422),
        (b'{"level": "debug", "until": 1}', 422),
        (b"{}", 422),
        (b"debug", 400),
    ],
)
async def test_level_asked_for_wrongly_is_refused(call: Caller, control: FakeControl, body: bytes, status: int) -> None:
    assert (await call("POST", "/v1/log", MEANT, body))[0] == status
    assert control.told == []
