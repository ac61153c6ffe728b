"""One bind against a scripted SMSC on a real socket: what goes over it and what is left when it breaks."""

import pytest
from structlog.testing import capture_logs

from gateway.carriers.bind import ANSWERS_A_FILL, Bind, BindState
from gateway.smpp.codec import encode
from gateway.smpp.pdu import (
    AlertNotification,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    GenericNack,
    Outbind,
    SubmitSm,
    SubmitSmResp,
    Unbind,
)
from tests.carriers.bind_rig import SUBMIT, Owner, bound, bound_listener, expect_answer, running
from tests.support.peer import listening


async def test_answers_come_with_their_context_in_any_order() -> None:
    owner = Owner()
    async with bound(owner) as (bind, peer, _):
        for context in ("a", "b", "c"):
            bind.submit(SUBMIT, context)
        received = [await peer.expect(SubmitSm) for _ in range(3)]
        peer.answer(received[2], SubmitSmResp("id-c"))
        peer.answer(received[0], SubmitSmResp(""), 0x58)
        peer.answer(received[1], GenericNack(), 0x08)  # counts as the answer of the request it names
        await owner.until("answered", 3)
        assert owner.answers == [("c", 0, "id-c"), ("a", 0x58, ""), ("b", 0x08, "")]


async def test_all_that_a_turn_sends_goes_in_one_write() -> None:
    owner = Owner()
    async with bound(owner) as (bind, peer, _):
        connection = bind._connection
        assert connection is not None
        written: list[int] = []
        connection._trace = lambda way, octets: written.append(len(octets)) if way == "out" else None
        for context in range(20):
            bind.submit(SUBMIT, context)
        for _ in range(20):
            await peer.expect(SubmitSm)
        assert len(written) == 1


class Filling(Owner):
    """Sends one for each place that was freed since it last had a turn, until it hears that the bind ends."""

    filled = 0

    def end_of_turn(self, bind: Bind) -> None:
        if "ending" in self.told:
            return
        for context in range(self.filled, len(self.answers)):
            bind.submit(SUBMIT, context)
        self.filled = len(self.answers)


async def test_of_many_answers_in_one_read_the_first_places_are_filled_before_the_last_are_looked_at() -> None:
    owner, many = Filling(), 2 * ANSWERS_A_FILL + 1
    async with bound(owner) as (bind, peer, _):
        for context in range(many):
            bind.submit(SUBMIT, context)
        received = [await peer.expect(SubmitSm) for _ in range(many)]
        connection = bind._connection
        assert connection is not None
        written: list[int] = []
        connection._trace = lambda way, octets: written.append(len(octets)) if way == "out" else None
        for request in received:
            peer.session.respond(request.sequence_number, SubmitSmResp("id"), 0)
        peer.flush()
        for _ in range(many):
            await peer.expect(SubmitSm)
        octets = written[-1]  # of one submit_sm
        assert written == [ANSWERS_A_FILL * octets, ANSWERS_A_FILL * octets, octets]


@pytest.mark.parametrize("last", [encode(Unbind(), 1), bytes(16)], ids=["unbind", "no PDU"])
async def test_read_that_ends_the_session_is_heard_to_its_end_and_fills_no_places(last: bytes) -> None:
    owner, many = Filling(), 2 * ANSWERS_A_FILL + 1
    async with bound(owner) as (bind, peer, _):
        for context in range(many):
            bind.submit(SUBMIT, context)
        received = [await peer.expect(SubmitSm) for _ in range(many)]
        for request in received[:-1]:
            peer.session.respond(request.sequence_number, SubmitSmResp("id"), 0)
        peer.raw(peer.session.data_to_send() + last)
        await owner.until("ending")
        peer.abort()
        await owner.until("down")
        assert [context for context, _, _ in owner.answers] == list(range(many - 1))
        assert owner.filled == 0
        assert owner.unanswered == [many - 1]


async def test_answer_that_cannot_be_dealt_with_costs_no_other() -> None:
    class Stumbling(Owner):
        def answered(self, bind: Bind, context: object, command_status: int, message_id: str, elapsed_s: float) -> None:
            if context == "a":
                raise RuntimeError("a defect")
            super().answered(bind, context, command_status, message_id, elapsed_s)

    owner = Stumbling()
    async with bound(owner) as (bind, peer, _):
        for context in ("a", "b"):
            bind.submit(SUBMIT, context)
        received = [await peer.expect(SubmitSm) for _ in range(2)]
        with capture_logs() as logs:
            for request in received:
                peer.answer(request, SubmitSmResp("id"))
            await owner.until("answered")
        assert [line["event"] for line in logs] == ["bind_event_failed"]
        assert bind.up


async def test_bind_whose_coming_up_cannot_be_dealt_with_is_made_anew() -> None:
    class Stumbling(Owner):
        stumbled = False

        def bind_up(self, bind: Bind) -> None:
            if not self.stumbled:
                self.stumbled = True
                raise RuntimeError("a defect")
            super().bind_up(bind)

    owner = Stumbling()
    async with listening() as smsc, running(smsc.port, owner) as bind:
        with capture_logs() as logs:
            await (await smsc.accept()).accept_bind()
            await (await smsc.accept()).accept_bind()
            await owner.until("up")
        assert "bind_event_failed" in [line["event"] for line in logs]
        assert bind.up


async def test_nothing_is_sent_after_the_peers_unbind_and_answers_still_come() -> None:
    owner = Owner()
    async with bound(owner) as (bind, peer, _):
        bind.submit(SUBMIT, "a")
        received = await peer.expect(SubmitSm)
        peer.send(Unbind())
        await owner.until("ending")
        assert (bind.state, bind.reason) == (BindState.UNBINDING, "the carrier sent unbind")
        peer.answer(received, SubmitSmResp("id-a"))
        await owner.until("down")
        assert owner.answers == [("a", 0, "id-a")]
        assert owner.told == ["up", "ending", "answered", "down"]
        assert owner.unanswered == []


async def test_what_was_in_flight_is_handed_over_when_the_connection_breaks() -> None:
    owner = Owner()
    async with bound(owner) as (bind, peer, _):
        bind.submit(SUBMIT, "a")
        bind.submit(SUBMIT, "b")
        await peer.expect(SubmitSm)
        peer.abort()
        await owner.until("down")
        assert owner.unanswered == ["a", "b"]
        assert owner.told[:3] == ["up", "ending", "down"]


async def test_silence_times_requests_out_and_ends_the_session() -> None:
    owner = Owner()
    async with bound(owner, response_timeout_s=0.05) as (bind, _peer, _):
        for context in "abc":
            bind.submit(SUBMIT, context)
        await owner.until("down")
        assert [what for what in owner.told if what.startswith("timed")] == [
            "timed_out a",
            "timed_out b",
            "timed_out c",
        ]
        assert owner.told.index("timed_out c") < owner.told.index("ending")
        assert owner.unanswered == []


async def test_late_answer_is_told_as_such() -> None:
    owner = Owner()
    async with bound(owner, response_timeout_s=0.03) as (bind, peer, _):
        bind.submit(SUBMIT, "a")
        received = await peer.expect(SubmitSm)
        await owner.until("timed_out a")
        peer.answer(received, SubmitSmResp("id-a"))
        await owner.until("late")
        assert owner.late == [("a", 0, "id-a")]


async def test_quiet_link_is_checked() -> None:
    owner = Owner()
    async with bound(owner, enquire_link_s=0.03):
        await owner.until("link_checked", 2)


async def test_deliver_sm_is_answered_over_its_own_session_only() -> None:
    owner = Owner()
    async with bound(owner) as (bind, peer, _):
        peer.send(DeliverSm(source_addr="525512345678", destination_addr="45555", short_message=b"uno"))
        await owner.until("delivered")
        peer.abort()
        await owner.until("down")
        again = await bound_listener(bind).accept()
        await again.accept_bind()
        await owner.until("up", 2)
        number = again.send(DeliverSm(source_addr="525512345678", destination_addr="45555", short_message=b"dos"))
        await owner.until("delivered", 2)
        owner.respond[0](0x64)  # the first session is gone: this must not answer the second message
        owner.respond[1](0)
        first = await expect_answer(again)
        assert (first.sequence_number, first.command_status, type(first.pdu)) == (number, 0, DeliverSmResp)


async def test_data_sm_is_answered_with_data_sm_resp() -> None:
    owner = Owner()
    async with bound(owner) as (_, peer, _):
        peer.send(DataSm(source_addr="525512345678", destination_addr="45555"))
        await owner.until("delivered")
        owner.respond[0](0)
        assert type((await expect_answer(peer)).pdu) is DataSmResp


async def test_outbind_and_alerts_harm_nothing() -> None:
    owner = Owner()
    async with listening() as smsc, running(smsc.port, owner) as bind:
        peer = await smsc.accept()
        peer.send(Outbind("smsc", "secret"))
        await peer.accept_bind()
        await owner.until("up")
        peer.send(AlertNotification(source_addr="525512345678", esme_addr="45555"))
        bind.submit(SUBMIT, "a")
        peer.answer(await peer.expect(SubmitSm), SubmitSmResp("id-a"))
        await owner.until("answered")
