"""What carriers send us goes to its road, and is answered when that has it."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from gateway.carriers.arrivals import MOST_WAITING, Arrivals
from gateway.carriers.message_ids import IdsFrom, MessageIds
from gateway.correlation import Correlation
from gateway.inbound import InboundRoad
from gateway.receipts import Receipts, Source
from gateway.smpp.pdu import DataSm, DeliverSm
from gateway.smpp.receipt import Receipt
from gateway.smpp.spec import Tag
from gateway.text.data_coding import Alphabet
from tests.support.compiled import skip_where_compiled

RECEIPT_TEXT = b"id:77 sub:001 dlvrd:001 submit date:2611221530 done date:2611221531 stat:DELIVRD err:000 text:"
RECEIPT_TLVS = ((Tag.RECEIPTED_MESSAGE_ID, b"77\0"), (Tag.MESSAGE_STATE, b"\2"))
ROK, LATER = 0, 0x64


class Roads:
    """Both roads; what they are given waits until the test says that it is stored."""

    def __init__(self) -> None:
        skip_where_compiled()
        self.receipts: list[Receipt] = []
        self.sources: list[Source] = []
        self.inbound: list[tuple[str, Alphabet]] = []
        self.stored: list[Callable[[bool], None]] = []
        self.otherwise: list[Callable[[], None] | None] = []

    def receive(self, *given: Any) -> None:
        if isinstance(given[0], Source):
            source, receipt, answer, *rest = given
            self.sources.append(source)
            self.receipts.append(receipt)
            self.otherwise.append(rest[0] if rest else None)
        else:
            carrier, alphabet, _, answer = given
            self.inbound.append((carrier, alphabet))
        self.stored.append(answer)


class Rig:
    def __init__(self, mode: str = "auto") -> None:
        self.roads = Roads()
        self.arrivals = Arrivals(
            cast(Receipts, self.roads), cast(InboundRoad, self.roads), lambda carrier: Alphabet.LATIN1
        )
        self.source = Source("telcel", "telcel-1", Correlation("telcel", lambda rows: None), MessageIds(mode))
        self.answers: list[int] = []

    def deliver(self, pdu: DeliverSm | DataSm) -> None:
        self.arrivals.deliver(self.source, pdu, self.answers.append)


def a_receipt(**fields: Any) -> DeliverSm:
    return DeliverSm(**{"source_addr": "525512345678", "esm_class": 4, "short_message": RECEIPT_TEXT, **fields})


@pytest.mark.parametrize(
    "pdu",
    [
        a_receipt(),
        a_receipt(esm_class=0x20),
        a_receipt(esm_class=0, short_message=b"", tlvs=RECEIPT_TLVS),
        DataSm(esm_class=4, tlvs=RECEIPT_TLVS),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("stored", "answer"), [(True, ROK), (False, LATER)])
def test_receipt_is_answered_as_it_was_stored(pdu: DeliverSm | DataSm, stored: bool, answer: int) -> None:
    rig = Rig()
    rig.deliver(pdu)
    assert rig.answers == []
    rig.roads.stored[0](stored)
    assert rig.answers == [answer]
    assert (rig.roads.receipts[0].message_id, rig.roads.otherwise) == ("77", [None])


def test_subscribers_message_goes_to_the_inbound_road_with_the_carriers_alphabet() -> None:
    rig = Rig()
    rig.deliver(DeliverSm(source_addr="525512345678", destination_addr="45555", short_message=b"BAJA"))
    assert rig.roads.inbound == [("telcel", Alphabet.LATIN1)]
    rig.roads.stored[0](True)
    assert rig.answers == [ROK]


def test_text_that_reads_as_a_receipt_is_one_only_if_its_id_is_known() -> None:
    rig = Rig()
    rig.deliver(a_receipt(esm_class=0))
    otherwise = rig.roads.otherwise[0]
    assert otherwise is not None
    assert rig.roads.inbound == []
    otherwise()
    assert rig.roads.inbound == [("telcel", Alphabet.LATIN1)]


def test_subscribers_acknowledgement_is_taken_and_changes_nothing() -> None:
    rig = Rig()
    rig.deliver(a_receipt(esm_class=0x10))
    assert rig.answers == [ROK]
    assert rig.roads.stored == []


def test_number_is_asked_only_while_the_form_is_unknown() -> None:
    unknown, fixed = Rig("auto"), Rig("same")
    unknown.deliver(a_receipt())
    fixed.deliver(a_receipt())
    assert isinstance(unknown.roads.sources[0].ids, IdsFrom)
    assert fixed.roads.sources[0] is fixed.source


def test_more_than_can_wait_is_put_off_at_once() -> None:
    rig = Rig()
    for _ in range(MOST_WAITING + 1):
        rig.deliver(a_receipt())
    assert rig.answers == [LATER]
    rig.roads.stored[0](True)
    rig.deliver(a_receipt())
    assert len(rig.roads.stored) == MOST_WAITING + 1


@pytest.mark.parametrize("stored_before", [False, True])
def test_what_cannot_be_dealt_with_is_put_off_and_keeps_no_place(stored_before: bool) -> None:
    class Stumbling(Roads):
        def receive(self, *given: Any) -> None:
            super().receive(*given)
            if stored_before:
                self.stored[-1](True)
            raise RuntimeError("a defect")

    rig = Rig()
    stumbling = cast(Receipts, Stumbling())
    rig.arrivals = Arrivals(stumbling, cast(InboundRoad, rig.roads), lambda _carrier: Alphabet.LATIN1)
    with capture_logs() as logs:
        for _ in range(MOST_WAITING + 1):
            rig.deliver(a_receipt())
    assert {line["event"] for line in logs} == {"arrival_failed"}
    assert rig.answers == [ROK if stored_before else LATER] * (MOST_WAITING + 1)
    assert len(cast(Roads, stumbling).stored) == MOST_WAITING + 1
