"""GET /v1/events: live events as lines of JSON."""

import json

import pytest

from gateway.happenings import Wanted
from tests.admin.conftest import Caller
from tests.admin.fake import FakeControl


async def test_events_come_as_lines_while_they_happen(call: Caller, control: FakeControl) -> None:
    async with call.session.get(call.url + "/v1/events?carrier=telcel") as answer:
        assert (answer.status, answer.content_type) == (200, "application/x-ndjson")
        assert await answer.content.readline() == b"\n"
        control.happenings.tell("bind", carrier="att", bind="att-1", state="bound")
        control.happenings.tell("bind", carrier="telcel", bind="telcel-1", state="waiting")
        assert json.loads(await answer.content.readline())["bind"] == "telcel-1"
        control.happenings.close()
        assert await answer.content.readline() == b""

    assert control.told == [("listen", Wanted(carrier="telcel"))]
    assert not control.happenings.heard


async def test_events_end_when_the_time_is_up(call: Caller, control: FakeControl) -> None:
    status, _, headers = await call("GET", "/v1/events?for=0.05")

    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert not control.happenings.heard


@pytest.mark.parametrize("query", ["for=0", "for=x", "for=1e9", "for=nan", "bind=x"])
async def test_events_asked_for_wrongly_are_refused(call: Caller, query: str) -> None:
    assert (await call("GET", "/v1/events?" + query))[0] == 422


async def test_reader_that_goes_away_is_listened_for_no_more(call: Caller, control: FakeControl) -> None:
    async with call.session.get(call.url + "/v1/events") as answer:
        await answer.content.readline()
        assert control.happenings.heard
        answer.close()
    for _ in range(1_000):
        control.happenings.tell("bind")
        if not control.happenings.heard:
            break
        await call("GET", "/healthz")
    assert not control.happenings.heard


async def test_events_need_whoever_may_ask(call: Caller) -> None:
    assert (await call("GET", "/v1/events", {"Host": "evil.example"}))[0] == 403
