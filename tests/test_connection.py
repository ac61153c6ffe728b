"""A connection over a transport that only records, on a clock that moves when told."""

import asyncio
from typing import Any, cast

import pytest

from gateway.apps.smpp_allowance import Allowance
from gateway.connection import MOST_BUFFERED, SLICE, STALL_S, Connection
from gateway.smpp.codec import decode, encode
from gateway.smpp.events import Answered, Closing, Lost, Reason, Received, TimedOut
from gateway.smpp.matrix import Role
from gateway.smpp.pdu import (
    BindTransceiver,
    BindTransceiverResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    SubmitSm,
    SubmitSmResp,
    Unbind,
)
from gateway.smpp.session import Session
from gateway.smpp.timers import Timers
from tests.smpp.test_session import frames
from tests.support.clock import ManualClock, ManualLoop
from tests.support.owner import RecordingOwner

SUBMIT = SubmitSm(destination_addr="525512345678", short_message=b"hola")
RESPONSE = 0x80000000


class RecordingTransport:
    """What was written, and what was asked of it; `buffered` is what the peer has not read."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.calls: list[str] = []
        self.buffered = 0

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def get_extra_info(self, name: str) -> Any:
        return {"peername": ("127.0.0.1", 4711)}.get(name)

    def get_write_buffer_size(self) -> int:
        return self.buffered

    def close(self) -> None:
        self.calls.append("close")

    def abort(self) -> None:
        self.calls.append("abort")

    def pause_reading(self) -> None:
        self.calls.append("pause_reading")

    def resume_reading(self) -> None:
        self.calls.append("resume_reading")


class Bench:
    """A connection in the role of an ESME, its transport, owner and loop; bound unless told otherwise."""

    def __init__(self, timers: Timers | None = None, *, bound: bool = True, **hooks: Any) -> None:
        self.clock = ManualClock()
        self.loop = ManualLoop(self.clock)
        self.owner = RecordingOwner()
        self.transport = RecordingTransport()
        session = Session(Role.ESME, timers or Timers(), self.clock.monotonic())
        self.connection = Connection(session, self.owner, self.clock.monotonic, loop=cast(Any, self.loop), **hooks)
        self.connection.connection_made(cast(asyncio.BaseTransport, self.transport))
        self.loop.run()
        if bound:
            self.request(BindTransceiver(system_id="us"))
            self.loop.run()
            self.connection.data_received(encode(BindTransceiverResp("SMSC"), 1))
            self.transport.writes.clear()
            self.owner.events.clear()

    def request(self, pdu: Any, context: object = None) -> int:
        number = self.connection.session.request(pdu, self.clock.monotonic(), context)
        self.connection.flush_soon()
        return number


def test_connection_tells_who_called_before_anything_is_read() -> None:
    seen: list[tuple[str, int]] = []

    Bench(bound=False, on_connected=lambda connection: seen.append(connection.peer))

    assert seen == [("127.0.0.1", 4711)]


def test_connection_writes_what_a_turn_queued_in_one_piece() -> None:
    bench = Bench()

    for _ in range(50):
        bench.request(SUBMIT)
    assert bench.transport.writes == []
    bench.loop.run()

    assert [len(frames(octets)) for octets in bench.transport.writes] == [50]


def test_connection_writes_all_answers_to_one_read_in_one_piece() -> None:
    bench = Bench()
    bench.owner.on_received = lambda connection, received: connection.session.respond(
        received.sequence_number, DeliverSmResp()
    )

    bench.connection.data_received(b"".join(encode(DeliverSm(), n) for n in range(20)) + encode(EnquireLink(), 20))

    assert [len(frames(octets)) for octets in bench.transport.writes] == [21]
    bench.loop.run()
    assert len(bench.transport.writes) == 1


def test_connection_writes_what_the_owner_asked_for_while_told() -> None:
    bench = Bench()

    def ask(connection: Connection, received: Received) -> None:
        connection.session.respond(received.sequence_number, DeliverSmResp())
        connection.session.request(SUBMIT, bench.clock.monotonic())
        connection.flush_soon()

    bench.owner.on_received = ask
    bench.connection.data_received(encode(DeliverSm(), 1))

    assert [[command for command, _, _ in frames(octets)] for octets in bench.transport.writes] == [[5 | RESPONSE, 4]]


def test_connection_has_one_timer_however_much_is_asked() -> None:
    bench = Bench()

    for _ in range(100):
        bench.request(SUBMIT)
        bench.loop.advance(0.01)

    assert len(bench.loop.timers) == 1
    assert len(bench.loop.delays) <= 3  # session_init, enquire_link; nothing for each request


def test_connection_rings_for_a_timeout() -> None:
    bench = Bench(Timers(response_s=20, enquire_link_s=None))
    number = bench.request(SUBMIT, "m")

    bench.loop.advance(19.9)
    assert bench.owner.events == []
    bench.loop.advance(0.2)

    assert bench.owner.events == [TimedOut("m", number)]


def test_connection_asks_for_the_link_by_itself() -> None:
    bench = Bench(Timers(enquire_link_s=30))

    bench.loop.advance(31)

    assert [type(decode(octets).pdu) for octets in bench.transport.writes] == [EnquireLink]


def test_connection_never_sets_a_timer_under_a_millisecond() -> None:
    bench = Bench(Timers(response_s=20, enquire_link_s=0.0001, enquire_response_s=0.0001))

    bench.loop.advance(1)

    assert min(bench.loop.delays) >= 0.001
    assert bench.owner.events[-1] == Closing(Reason.LINK_DEAD)


def test_case_28_connection_reads_what_has_arrived_before_it_calls_a_request_timed_out() -> None:
    bench = Bench(Timers(response_s=20, enquire_link_s=None))
    number = bench.request(SUBMIT, "m")
    bench.loop.run()

    bench.loop.stall(60)  # the loop stood still; now it rings first, then reads
    assert bench.owner.events == []
    bench.connection.data_received(encode(SubmitSmResp("id"), number))
    bench.loop.advance(1)

    assert bench.owner.events == [Answered("m", number, 0, SubmitSmResp("id"), 60.0)]


def test_connection_gives_up_waiting_in_a_loop_that_always_stands_still() -> None:
    bench = Bench(Timers(response_s=20, enquire_link_s=None))
    bench.request(SUBMIT, "m")
    bench.loop.run()

    bench.loop.stall(60)
    bench.loop.stall(60)

    assert [type(event) for event in bench.owner.events] == [TimedOut]


def test_connection_writes_the_last_word_of_a_session_then_closes() -> None:
    bench = Bench()

    bench.connection.data_received(encode(Unbind(), 9))

    assert [frames(octets) for octets in bench.transport.writes] == [[(6 | RESPONSE, 0, 9)]]
    assert bench.transport.calls == ["close"]
    assert bench.connection.closing


def test_connection_closes_when_the_session_ends_by_time() -> None:
    bench = Bench(Timers(session_init_s=10), bound=False)

    bench.loop.advance(10.1)

    assert bench.owner.events == [Closing(Reason.SESSION_INIT)]
    assert bench.transport.calls == ["close"]


def test_close_writes_what_is_queued_and_happens_once() -> None:
    bench = Bench()
    bench.request(SUBMIT)

    bench.connection.close()
    bench.connection.close()
    bench.loop.run()

    assert len(bench.transport.writes) == 1
    assert bench.transport.calls == ["close"]


def test_close_cuts_off_a_peer_that_takes_nothing() -> None:
    bench = Bench()
    bench.connection.close()

    bench.loop.advance(STALL_S - 0.1)
    assert bench.transport.calls == ["close"]
    bench.loop.advance(0.2)

    assert bench.transport.calls == ["close", "abort"]


def test_abort_cuts_at_once() -> None:
    bench = Bench()

    bench.connection.abort()

    assert bench.transport.calls == ["abort"]
    assert bench.connection.closing


def test_connection_says_when_the_peer_does_not_read_and_does_again() -> None:
    bench = Bench(Timers(enquire_link_s=None))
    bench.connection.pause_writing()
    assert not bench.connection.writable

    bench.loop.advance(STALL_S - 1)
    bench.connection.resume_writing()
    bench.loop.advance(STALL_S * 2)

    assert bench.connection.writable
    assert bench.owner.writable == 1
    assert bench.transport.calls == []


def test_connection_cuts_off_a_peer_that_does_not_read() -> None:
    bench = Bench(Timers(enquire_link_s=None))
    bench.connection.pause_writing()

    bench.loop.advance(STALL_S + 0.1)

    assert bench.transport.calls == ["abort"]


def test_connection_stops_reading_a_peer_whose_answers_pile_up() -> None:
    bench = Bench(Timers(enquire_link_s=None))
    bench.connection.pause_writing()
    bench.transport.buffered = MOST_BUFFERED
    bench.connection.data_received(encode(EnquireLink(), 1))
    assert bench.transport.calls == []

    bench.transport.buffered = MOST_BUFFERED + 1
    bench.connection.data_received(encode(EnquireLink(), 2))
    assert bench.transport.calls == ["pause_reading"]
    bench.connection.resume_writing()

    assert bench.transport.calls == ["pause_reading", "resume_reading"]


@pytest.mark.parametrize("exc", [None, ConnectionResetError()], ids=["eof", "reset"])
def test_connection_lost_gives_the_owner_what_was_unanswered(exc: Exception | None) -> None:
    bench = Bench()
    bench.request(SUBMIT, "m")
    bench.loop.run()

    bench.connection.connection_lost(exc)

    assert bench.owner.lost == [Lost(("m",))]
    assert bench.owner.exc is exc
    assert bench.loop.timers == []


def test_flush_after_the_end_writes_nothing() -> None:
    bench = Bench()
    bench.request(SUBMIT)
    bench.connection.connection_lost(None)

    bench.loop.run()
    bench.connection.close()
    bench.connection.abort()

    assert bench.transport.writes == []
    assert bench.transport.calls == []


def test_trace_sees_what_goes_in_and_out() -> None:
    seen: list[tuple[str, bytes]] = []
    bench = Bench(trace=lambda direction, octets: seen.append((direction, octets)))
    seen.clear()

    bench.connection.data_received(encode(EnquireLink(), 3))

    assert [(direction, frames(octets)) for direction, octets in seen] == [
        ("in", [(0x15, 0, 3)]),
        ("out", [(0x15 | RESPONSE, 0, 3)]),
    ]


def test_connection_reads_again_when_neither_owner_nor_peer_holds_it_back() -> None:
    bench = Bench()
    bench.connection.pause_reading()
    bench.connection.pause_reading()
    bench.connection.pause_writing()
    bench.transport.buffered = MOST_BUFFERED + 1
    bench.connection.resume_reading()
    assert bench.transport.calls == ["pause_reading"]
    bench.transport.buffered = 0
    bench.connection.resume_writing()
    assert bench.transport.calls == ["pause_reading", "resume_reading"]
    bench.connection.close()
    bench.connection.pause_reading()
    assert "pause_reading" not in bench.transport.calls[2:]


LINKS = encode(EnquireLink(), 1)


def test_connection_takes_a_long_read_in_slices_a_turn_each_and_reads_nothing_meanwhile() -> None:
    bench = Bench(Timers(enquire_link_s=None))

    bench.connection.data_received(LINKS * (3 * SLICE // len(LINKS)))
    assert [len(write) for write in bench.transport.writes] == [SLICE]
    assert bench.transport.calls == ["pause_reading"]
    bench.connection.data_received(LINKS)  # a read that was under way
    bench.loop.run()

    assert [len(write) for write in bench.transport.writes] == [SLICE] * 3 + [len(LINKS)]
    assert bench.transport.calls == ["pause_reading", "resume_reading"]


def test_connection_keeps_its_slices_while_the_owner_has_no_room() -> None:
    bench = Bench(Timers(enquire_link_s=None))
    bench.connection.data_received(LINKS * (2 * SLICE // len(LINKS)))
    bench.connection.pause_reading()
    bench.loop.run()
    assert len(bench.transport.writes) == 1

    bench.connection.resume_reading()
    bench.loop.run()

    assert len(bench.transport.writes) == 2
    assert bench.transport.calls == ["pause_reading", "resume_reading"]


def test_connection_drops_its_slices_when_it_is_closed() -> None:
    bench = Bench(Timers(enquire_link_s=None))
    bench.connection.data_received(LINKS * (2 * SLICE // len(LINKS)))

    bench.connection.abort()
    bench.loop.run()

    assert len(bench.transport.writes) == 1


def test_connection_that_has_spent_too_much_waits_for_its_turn_without_blaming_the_peer() -> None:
    bench = Bench(Timers(enquire_link_s=None, unfinished_pdu_s=10.0))
    allowance = Allowance(1.0, bench.clock.monotonic, bench.loop.call_later)
    bench.connection.pace(allowance)
    bench.connection.data_received(LINKS * 3 + LINKS[:7])
    assert bench.transport.calls == ["pause_reading"]
    allowance.rate_per_s = 0.001
    allowance.spend(1)

    bench.loop.advance(0.9)
    bench.connection.pause_reading()
    bench.loop.advance(60.0)
    assert bench.transport.calls == ["pause_reading"]
    bench.connection.resume_reading()
    bench.loop.advance(60.0)

    assert bench.transport.calls == ["pause_reading", "resume_reading"]
    assert bench.owner.events == []


def test_connection_that_is_lost_while_it_waits_for_its_turn_leaves_no_timer() -> None:
    bench = Bench(Timers(enquire_link_s=None))
    bench.connection.pace(Allowance(1.0, bench.clock.monotonic, bench.loop.call_later))
    bench.connection.data_received(LINKS * 5)

    bench.connection.connection_lost(None)

    assert bench.loop.timers == []


def test_answers_to_requests_of_ours_cost_no_allowance() -> None:
    bench = Bench(Timers(enquire_link_s=None))
    bench.connection.pace(Allowance(1.0, bench.clock.monotonic, bench.loop.call_later))
    numbers = [bench.request(SUBMIT) for _ in range(50)]
    bench.loop.run()

    bench.connection.data_received(b"".join(encode(SubmitSmResp("id"), number) for number in numbers))

    assert len(bench.owner.events) == 50
    assert bench.transport.calls == []
