"""`relevo bind trace`: PDUs for people and for programs."""

import json

from gateway.carriers.tap import described
from gateway.cli.bind_trace import lines_of
from gateway.smpp.codec import encode
from gateway.smpp.pdu import SubmitSm, SubmitSmResp
from tests.admin.fake import FakeControl
from tests.cli.conftest import Relevo

PDU = {"at": "2026-11-23T10:00:00.123Z", "event": "pdu", "direction": "out"}


def test_pdu_fits_80_columns_with_its_fields_and_octets() -> None:
    submit = SubmitSm(source_addr="45555", destination_addr="525512345678", short_message=b"x" * 140)
    lines = list(lines_of({**PDU, **described(encode(submit, 7), full=False)}))

    assert lines[0] == f"10:00:00.123 -> submit_sm 7 ({len(encode(submit, 7))} octets)"
    assert "    destination_addr=52******5678" in lines
    assert lines[-5].startswith("    | ")
    assert max(map(len, lines)) <= 80


def test_refusal_is_shown_by_its_name() -> None:
    (first, *_) = lines_of({**PDU, "direction": "in", **described(encode(SubmitSmResp(), 7, 0x58), full=False)})

    assert first == "10:00:00.123 <- submit_sm_resp 7 ESME_RTHROTTLED (16 octets)"


def test_trace_prints_until_the_time_is_up(relevo: Relevo, gateway: FakeControl) -> None:
    pdu = {"direction": "in", **described(encode(SubmitSmResp("9"), 1), full=False)}
    gateway.happen = lambda: gateway.happenings.tell("pdu", **pdu)

    ran = relevo("bind", "trace", "telcel-1", "--for", "200ms")
    assert (ran.status, ran.out.splitlines()[1]) == (0, "    message_id=9")
    ran = relevo("bind", "trace", "telcel-1", "--for", "200ms", "--json")
    assert json.loads(ran.out)["fields"] == {"message_id": "9"}
    assert gateway.told == [("trace", "telcel-1")] * 2


def test_trace_of_a_bind_that_is_not_there_fails(relevo: Relevo, gateway: FakeControl) -> None:
    ran = relevo("bind", "trace", "nope")

    assert (ran.status, ran.err) == (1, "relevo: not_found: No bind is called nope.\n")
