"""What subscribers write: parts joined, routed, opt-outs and replies; answered once it is all on disk."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.conversations import Conversations
from gateway.inbound import InboundRoad, InboundRules, spellings, user_octets
from gateway.message import Inbound
from gateway.optouts import OptOutList
from gateway.smpp.pdu import DataSm, DeliverSm
from gateway.smpp.spec import Tag
from gateway.text import gsm7
from gateway.text.data_coding import Alphabet
from routes.mo import MoRoutes, MoRule
from tests.support.roads import Ground
from tests.support.store import turns

SUBSCRIBER = "525512345678"
FIRST, SECOND = (f"0192d3b4-0000-7000-8000-{number:012}" for number in (1, 2))
SENDERS = {"bank": ("45555", "+525500001111"), "shop": (), "news": ("60000",)}
RULES = InboundRules(
    region="MX",
    routes=MoRoutes(
        [
            MoRule(to=("45555",), keyword=("BAJA", "STOP"), opt_out=True, reply="Adiós."),
            MoRule(to=("45555",), keyword=("ACEPTO",), app="bank"),
            MoRule(to=("60000",), keyword=("BAJA",), app="news", opt_out=True),
            MoRule(to=("70000",), reply="Nadie."),
            MoRule(to=("45555", "+525500001111"), app="bank"),
        ]
    ),
    senders=lambda number: tuple(app for app, allowed in SENDERS.items() if not allowed or number in allowed),
    ours=spellings(["45555", "+525500001111", "BANCO", "60000", "70000"], "MX"),
)


class Desk(Ground):
    """The road, and what it asked of others; `again` opens it anew, as after a restart."""

    def __init__(self) -> None:
        super().__init__()
        self.opt_outs = OptOutList(self.commits, self.clock.utc)
        self.conversations = Conversations()
        self.replies: list[tuple[str, str, str, str]] = []
        self.counted: list[tuple[str, str]] = []
        self.alphabets = {"telcel": Alphabet.GSM7, "att": Alphabet.LATIN1}
        self.start()

    def start(self) -> None:
        self.road = InboundRoad(
            RULES,
            self.commits,
            self.opt_outs,
            utc=self.clock.utc,
            new_id=self.new_id,
            offer=self.offered.append,
            reply=lambda *reply: self.replies.append(reply),
            network_of=lambda number: "telcel" if number == SUBSCRIBER else "",
            last_sent=self.conversations.last,
            alphabet_of=self.alphabets.__getitem__,
            on_inbound=lambda carrier, app: self.counted.append((carrier, app)),
        )

    async def again(self) -> None:
        self.start()
        self.road.restore(await self.store.parts())
        await self.settled()

    def receive(self, carrier: str = "telcel", **fields: Any) -> None:
        plain: dict[str, Any] = {"source_addr": SUBSCRIBER, "destination_addr": "45555"}
        self.road.receive(carrier, self.alphabets[carrier], DeliverSm(**{**plain, **fields}), self.answer)

    async def write(self, text: str, **fields: Any) -> Inbound:
        self.receive(short_message=gsm7.encode(text), **fields)
        await self.settled()
        return (await self.kept())[-1]

    async def part(self, number: int, text: bytes, total: int = 2, reference: int = 7, **fields: Any) -> None:
        header = bytes((5, 0, 3, reference, total, number))
        self.receive(esm_class=0x40, short_message=header + text, **fields)
        await self.settled()

    async def kept(self) -> list[Inbound]:
        """What is on disk, oldest first."""
        found = [row for app in ("", *SENDERS) for row in await self.store.inbound_of(app, 0.0, "", 99)]
        return sorted(found, key=lambda row: row.id)

    async def texts(self) -> list[str]:
        return [row.text for row in await self.kept()]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    found = Desk()
    async with found.running():
        yield found


# -- whole messages -----------------------------------------------------------------------------------------------


async def test_message_is_kept_with_the_delivery_to_its_app(desk: Desk) -> None:
    inbound = await desk.write("Acepto, gracias")

    assert inbound == Inbound(
        id=inbound.id, app="bank", carrier="telcel", to="45555", sender=SUBSCRIBER, text="Acepto, gracias",
        network="telcel", keyword="ACEPTO", received_at=desk.clock.utc(),
    )  # fmt: skip
    (delivery,) = await desk.store.deliveries("bank", desk.clock.utc(), "", 10)
    assert (delivery.kind, delivery.subject) == ("inbound", inbound.id)
    assert [(parcel.delivery.id, parcel.inbound) for parcel in desk.offered] == [(delivery.id, inbound)]
    assert (desk.answers, desk.counted) == ([True], [("telcel", "bank")])


async def test_carrier_is_answered_only_after_the_commit(desk: Desk) -> None:
    desk.receive(short_message=b"hola")
    assert (desk.answers, desk.offered) == ([], [])

    await desk.settled()
    assert (desk.answers, len(desk.offered)) == ([True], 1)


async def test_message_that_nobody_wants_is_kept_and_answered(desk: Desk) -> None:
    inbound = await desk.write("hola", destination_addr="99999")

    assert (inbound.app, inbound.to, desk.answers, desk.offered) == ("", "99999", [True], [])
    assert desk.counted == [("telcel", "")]


async def test_store_that_is_away_makes_the_carrier_come_again(desk: Desk) -> None:
    desk.store.away = True
    desk.commits.setting("probe", "1")
    await turns(20)

    desk.receive(short_message=b"hola")

    assert desk.answers == [False]
    assert desk.commits.backlog == 1
    desk.store.away = False


@pytest.mark.parametrize(
    "address",
    [
        {"source_addr": each}
        for each in ("525512345678", "5215512345678", "5512345678", "+525512345678", "0445512345678")
    ]
    + [{"source_addr": "525512345678", "source_addr_ton": 1}, {"source_addr": "5512345678", "source_addr_ton": 1}],
)
async def test_subscriber_is_one_in_every_written_form(desk: Desk, address: dict[str, Any]) -> None:
    assert (await desk.write("hola", **address)).sender == SUBSCRIBER


@pytest.mark.parametrize(
    ("address", "ton", "sender"),
    [
        ("298211234", 1, "298211234"),  # the Faroes: too short to be known without its TON
        ("15551234567", 0, "15551234567"),
        ("BANCO", 5, "BANCO"),
        ("40404", 0, "40404"),
        ("", 0, ""),
        ("00000000000000000000", 0, "00000000000000000000"),
    ],
)
async def test_sender_from_abroad_or_that_is_no_number_is_kept(desk: Desk, address: str, ton: int, sender: str) -> None:
    assert (await desk.write("hola", source_addr=address, source_addr_ton=ton)).sender == sender


@pytest.mark.parametrize("written", ["+525500001111", "525500001111", "5500001111", "5215500001111"])
async def test_our_number_is_known_in_every_written_form(desk: Desk, written: str) -> None:
    inbound = await desk.write("hola", destination_addr=written)

    assert (inbound.to, inbound.app) == ("+525500001111", "bank")


async def test_message_names_the_one_it_may_answer(desk: Desk) -> None:
    desk.conversations.sent("+525500001111", SUBSCRIBER, FIRST)
    desk.conversations.sent("45555", SUBSCRIBER, SECOND)

    assert (await desk.write("si", destination_addr="5500001111", source_addr="5215512345678")).in_reply_to == FIRST
    assert (await desk.write("si")).in_reply_to == SECOND
    assert (await desk.write("si", source_addr="525587654321")).in_reply_to == ""


@pytest.mark.parametrize(
    ("data_coding", "octets", "text"),
    [
        (0, gsm7.encode("¿qué? @$"), "¿qué? @$"),
        (1, b"ascii", "ascii"),
        (3, "canción".encode("latin-1"), "canción"),
        (8, "canción 🎂".encode("utf-16-be"), "canción 🎂"),
        (0, "hola".encode("utf-16-be"), "hola"),
        (0xF1, b"class", "class"),
        (0x0F, b"reserved", "reserved"),
        (0, b"", ""),
    ],
)
async def test_text_is_read_and_its_octets_are_not_kept_besides(
    desk: Desk, data_coding: int, octets: bytes, text: str
) -> None:
    desk.receive(data_coding=data_coding, short_message=octets)
    await desk.settled()

    (inbound,) = await desk.kept()
    assert (inbound.text, inbound.data, inbound.data_coding, desk.answers) == (text, b"", data_coding, [True])


@pytest.mark.parametrize(
    ("data_coding", "octets", "text"),
    [
        (4, b"text inside", "text inside"),
        (4, b"\x00\xff\xfe", ""),
        (0xF5, b"\x06\x05", ""),
        (8, b"\xd8", "\ufffd"),
        (5, b"\x81", "\ufffd"),
    ],
)
async def test_octets_are_kept_of_what_is_no_text_or_only_partly(
    desk: Desk, data_coding: int, octets: bytes, text: str
) -> None:
    desk.receive(data_coding=data_coding, short_message=octets)
    await desk.settled()

    (inbound,) = await desk.kept()
    assert (inbound.text, inbound.data, inbound.data_coding, desk.answers) == (text, octets, data_coding, [True])


async def test_octets_of_a_long_binary_message_are_kept_joined(desk: Desk) -> None:
    await desk.part(2, b"\xff\x01", data_coding=4)
    await desk.part(1, b"\x00\xfe", data_coding=4)

    (inbound,) = await desk.kept()
    assert (inbound.text, inbound.data, inbound.data_coding) == ("", b"\x00\xfe\xff\x01", 4)


async def test_default_alphabet_is_the_carriers(desk: Desk) -> None:
    desk.receive("att", short_message="mañana @".encode("latin-1"))
    await desk.settled()

    assert await desk.texts() == ["mañana @"]


def test_longer_of_short_message_and_payload_counts() -> None:
    payload = ((int(Tag.MESSAGE_PAYLOAD), b"the payload"),)

    assert user_octets(DeliverSm(short_message=b"short", tlvs=payload)) == b"the payload"
    assert user_octets(DeliverSm(short_message=b"the short message", tlvs=payload)) == b"the short message"
    assert user_octets(DeliverSm(tlvs=payload)) == b"the payload"
    assert user_octets(DataSm(tlvs=payload)) == b"the payload"
    assert user_octets(DeliverSm()) == b""


async def test_message_by_data_sm_is_a_message(desk: Desk) -> None:
    pdu = DataSm(source_addr=SUBSCRIBER, destination_addr="45555", tlvs=((int(Tag.MESSAGE_PAYLOAD), b"largo " * 60),))
    desk.road.receive("telcel", Alphabet.GSM7, pdu, desk.answer)
    await desk.settled()

    assert await desk.texts() == ["largo " * 60]


# -- parts --------------------------------------------------------------------------------------------------------


async def test_parts_are_joined_in_any_order_and_leave_the_disk(desk: Desk) -> None:
    await desk.part(3, b"tres", total=3)
    await desk.part(1, b"uno ", total=3)
    assert (desk.answers, await desk.texts(), len(await desk.store.parts())) == ([True, True], [], 2)

    await desk.part(2, b"dos ", total=3)

    assert (await desk.texts(), await desk.store.parts(), len(desk.answers)) == (["uno dos tres"], [], 3)
    assert [parcel.inbound.text for parcel in desk.offered if parcel.inbound] == ["uno dos tres"]


async def test_part_that_comes_twice_counts_once(desk: Desk) -> None:
    for number in (1, 1, 2, 2, 1):
        await desk.part(number, b"ab"[number - 1 : number])

    assert (await desk.texts(), desk.answers, await desk.store.parts()) == (["ab"], [True] * 5, [])


async def test_parts_by_16_bit_header_and_by_sar_are_joined(desk: Desk) -> None:
    for number in (1, 2):
        desk.receive(esm_class=0x40, short_message=bytes((6, 8, 4, 0, 7, 2, number)) + b"16 ")
        tlvs = (
            (Tag.SAR_MSG_REF_NUM, b"\0\7"),
            (Tag.SAR_TOTAL_SEGMENTS, b"\2"),
            (Tag.SAR_SEGMENT_SEQNUM, bytes([number])),
        )
        desk.receive(short_message=b"sar ", tlvs=tlvs, source_addr="525587654321")
    await desk.settled()

    assert await desk.texts() == ["16 16 ", "sar sar "]


async def test_sar_of_which_a_part_is_missing_is_a_message_of_its_own(desk: Desk) -> None:
    desk.receive(short_message=b"sola", tlvs=((Tag.SAR_MSG_REF_NUM, b"\0\7"), (Tag.SAR_TOTAL_SEGMENTS, b"\2")))
    await desk.settled()

    assert await desk.texts() == ["sola"]


async def test_parts_of_different_carriers_subscribers_and_numbers_are_not_mixed(desk: Desk) -> None:
    await desk.part(1, b"a1")
    await desk.part(2, b"b2", carrier="att")
    await desk.part(2, b"c2", source_addr="525587654321")
    await desk.part(2, b"d2", destination_addr="60000")
    assert await desk.texts() == []

    await desk.part(2, b"a2", source_addr="5215512345678")  # another bind writes the number in another form

    assert await desk.texts() == ["a1a2"]


async def test_what_is_cut_in_two_is_read_after_joining(desk: Desk) -> None:
    cake = "🎂".encode("utf-16-be")
    await desk.part(1, cake[:2], data_coding=8)
    await desk.part(2, cake[2:], data_coding=8)
    euro = gsm7.encode("€")
    await desk.part(1, euro[:1], reference=8)
    await desk.part(2, euro[1:], reference=8)

    assert await desk.texts() == ["🎂", "€"]


async def test_parts_that_wait_too_long_are_delivered_and_say_what_is_missing(desk: Desk) -> None:
    await desk.part(2, b"dos ", total=4)
    await desk.part(3, b"tres", total=4)
    desk.clock.advance(599)
    desk.road.tick()
    assert await desk.texts() == []

    desk.clock.advance(1)
    with capture_logs() as logs:
        desk.road.tick()
    await desk.settled()

    (inbound,) = await desk.kept()
    assert (inbound.text, inbound.incomplete) == ("dos tres", "1,4")
    assert (await desk.store.parts(), len(desk.offered), desk.answers) == ([], 1, [True, True])
    assert [entry["event"] for entry in logs] == ["inbound_incomplete"]


async def test_parts_on_disk_are_joined_after_a_restart(desk: Desk) -> None:
    await desk.part(1, b"uno ")
    await desk.again()

    await desk.part(2, b"dos")

    assert (await desk.texts(), await desk.store.parts()) == (["uno dos"], [])


async def test_parts_on_disk_are_read_in_their_carriers_alphabet_after_a_restart(desk: Desk) -> None:
    await desk.part(1, "mañana ".encode("latin-1"), carrier="att", total=3)
    await desk.part(2, "año".encode("latin-1"), carrier="att", total=3)
    await desk.again()

    desk.clock.advance(601)
    await desk.part(1, b"otra", carrier="telcel")  # closes the other carrier's group
    await desk.settled()

    assert await desk.texts() == ["mañana año"]


async def test_reference_used_again_closes_the_message_that_lacked_a_part(desk: Desk) -> None:
    await desk.part(1, b"viejo")
    await desk.part(1, b"nuevo ")
    await desk.part(2, b"texto")

    assert await desk.texts() == ["viejo", "nuevo texto"]


@given(st.permutations(range(1, 6)), st.lists(st.integers(1, 5), max_size=5))
async def test_any_order_and_repetition_of_parts_makes_the_same_message(order: list[int], again: list[int]) -> None:
    desk = Desk()
    async with desk.running():
        for number in [*order, *again]:
            desk.receive(esm_class=0x40, short_message=bytes((5, 0, 3, 9, 5, number)) + b"%d" % number)
        await desk.settled()

        assert await desk.texts() == ["12345"]
        assert await desk.store.parts() == []
        assert desk.answers == [True] * (5 + len(again))


# -- opt-outs and replies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["BAJA", "baja", "  ¡Bája!", "«Stop» ya", "stop"])
async def test_keyword_counts_in_whatever_dress(desk: Desk, text: str) -> None:
    desk.receive(short_message=text.encode("utf-16-be"), data_coding=8)
    await desk.settled()

    assert desk.opt_outs.has("bank", SUBSCRIBER)


async def test_opt_out_without_an_app_counts_for_all_that_may_send_as_that_number(desk: Desk) -> None:
    inbound = await desk.write("BAJA", source_addr="5215512345678")

    assert [app for app in SENDERS if desk.opt_outs.has(app, SUBSCRIBER)] == ["bank", "shop"]
    assert {row.source for row in await desk.store.opt_outs()} == {f"inbound {inbound.id}"}
    assert desk.replies == [("bank", "45555", SUBSCRIBER, "Adiós.")]
    assert (inbound.app, inbound.keyword) == ("", "BAJA")


async def test_opt_out_of_a_rule_with_an_app_counts_for_that_app(desk: Desk) -> None:
    inbound = await desk.write("baja", destination_addr="60000")

    assert [app for app in SENDERS if desk.opt_outs.has(app, SUBSCRIBER)] == ["news"]
    assert (inbound.app, desk.replies) == ("news", [])


async def test_opt_out_is_on_disk_before_the_carrier_is_answered(desk: Desk) -> None:
    desk.receive(short_message=b"BAJA")
    await turns(1)
    assert desk.answers == []

    await desk.settled()
    assert (desk.answers, len(await desk.store.opt_outs())) == ([True], 2)


async def test_reply_that_no_app_may_send_is_said(desk: Desk) -> None:
    senders = {**RULES._asdict(), "senders": lambda number: ()}
    desk.road.rules = InboundRules(**senders)

    with capture_logs() as logs:
        await desk.write("hola", destination_addr="70000")

    assert ([entry["event"] for entry in logs], desk.replies) == (["reply_not_sent"], [])


def test_spellings_lead_every_form_to_the_configured_one() -> None:
    assert spellings(["+525500001111", "45555", "BANCO"], "MX") == {
        "+525500001111": "+525500001111",
        "525500001111": "+525500001111",
        "45555": "45555",
        "BANCO": "BANCO",
    }
