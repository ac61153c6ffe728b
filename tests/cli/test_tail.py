"""`relevo tail`: events of the gateway that runs, a line each."""

import json

import pytest

from gateway.cli.tail import line_of
from gateway.happenings import Wanted
from tests.admin.fake import FakeControl
from tests.cli.conftest import Relevo


def test_tail_prints_each_event_until_the_gateway_stops(relevo: Relevo, gateway: FakeControl) -> None:
    def happen() -> None:
        gateway.happenings.tell("bind", carrier="telcel", bind="telcel-1", state="waiting", reason="\x1b[2J")
        gateway.happenings.close()

    gateway.happen = happen
    ran = relevo("tail", "--carrier", "telcel")

    assert gateway.told == [("listen", Wanted(carrier="telcel"))]
    assert ran.out.splitlines()[0].endswith(" bind      telcel/telcel-1 state=waiting reason=\\x1b[2J")
    assert (ran.status, ran.err) == (1, "relevo: the gateway has ended the stream: it stops\n")


def test_tail_for_a_while_is_done_after_it_and_prints_json(relevo: Relevo, gateway: FakeControl) -> None:
    gateway.happen = lambda: gateway.happenings.tell("bind", carrier="telcel")

    ran = relevo("tail", "--for", "200ms", "--json")

    assert ran.status == 0
    assert [json.loads(line)["event"] for line in ran.out.splitlines()] == ["bind"]


@pytest.mark.parametrize("span", ["0s", "7", "x"])
def test_tail_for_no_duration_is_wrong_usage(relevo: Relevo, span: str) -> None:
    assert relevo("tail", "--for", span).status == 2


def test_line_says_how_many_events_were_lost() -> None:
    assert line_of({"event": "lost", "count": 7}) == "-- 7 events lost: this reader is too slow --"
