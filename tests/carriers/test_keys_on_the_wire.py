"""What a carrier's keys of the configuration change in the submit_sm that goes to it, and in its binds."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from gateway.carriers.bind_settings import BindSettings
from gateway.carriers.building import bind_settings
from gateway.config.carriers import AddressType, Carrier, Destination, Reconnect, SourceAddress
from gateway.config.units import Address
from gateway.message import Content, Status
from gateway.smpp.pdu import SubmitSm
from gateway.smpp.spec import Tag
from gateway.text import gsm7
from gateway.text.packed import pack
from tests.carriers.rig import a_bind, a_carrier, world

LONG = "x" * 300
TESTS = Path(__file__).parents[1]


async def sent(content: Content | str, sender: str = "45555", to: str = "525512345678", **keys: Any) -> list[SubmitSm]:
    """The submit_sm of one message to a carrier with these keys."""
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1"), **keys))
        w.up("telcel-1")
        said = Content(content) if isinstance(content, str) else content
        await w.send(w.message(0, content=said, sender=sender, to=to))
        return w.binds["telcel-1"].history


@pytest.mark.parametrize(
    ("alphabet", "octets"),
    [
        ("gsm7", gsm7.encode("¿Qué? @$_")),
        ("latin1", "¿Qué? @$_".encode("latin-1")),
        ("gsm7-packed", pack(gsm7.encode("¿Qué? @$_"))),
    ],
)
async def test_alphabet_is_what_data_coding_zero_holds(alphabet: str, octets: bytes) -> None:
    (pdu,) = await sent("¿Qué? @$_", alphabet=alphabet)
    assert pdu.data_coding == 0
    assert pdu.short_message == octets


async def test_ascii_alphabet_holds_what_ascii_has_and_the_rest_goes_as_ucs2() -> None:
    (plain,) = await sent("Que @$_", alphabet="ascii")
    assert (plain.data_coding, plain.short_message) == (0, b"Que @$_")
    (wide,) = await sent("Qué", alphabet="ascii")
    assert (wide.data_coding, wide.short_message) == (8, "Qué".encode("utf-16-be"))


async def test_national_shift_keeps_accents_in_seven_bits() -> None:
    (without,) = await sent("Buenos días")
    (shifted,) = await sent("Buenos días", national_shift="spanish")
    assert without.data_coding == 8
    assert (shifted.data_coding, shifted.esm_class, shifted.short_message[:4]) == (0, 0x40, bytes.fromhex("03240102"))


@pytest.mark.parametrize(
    ("long_messages", "parts", "esm_class", "header", "tags"),
    [
        ("udh", 2, 0x40, "050003", []),
        ("udh16", 2, 0x40, "060804", []),
        ("sar", 2, 0, "", [Tag.SAR_MSG_REF_NUM, Tag.SAR_TOTAL_SEGMENTS, Tag.SAR_SEGMENT_SEQNUM]),
        ("payload", 1, 0, "", [Tag.MESSAGE_PAYLOAD]),
    ],
)
async def test_long_messages_go_as_the_carrier_takes_them(
    long_messages: str, parts: int, esm_class: int, header: str, tags: list[int]
) -> None:
    pdus = await sent(Content(LONG, parts=2), long_messages=long_messages)
    assert len(pdus) == parts
    for pdu in pdus:
        assert pdu.esm_class == esm_class
        assert pdu.short_message.hex().startswith(header)
        assert [tag for tag, _ in pdu.tlvs] == tags


@pytest.mark.parametrize(("sender", "address"), [("45555", (6, 0)), ("525587654321", (0, 1)), ("BANCO", (5, 1))])
async def test_source_is_declared_by_the_kind_of_sender(sender: str, address: tuple[int, int]) -> None:
    source = SourceAddress(AddressType(6, 0), AddressType(0, 1), AddressType(5, 1))
    (pdu,) = await sent("hola", sender, source=source)
    assert (pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr) == (*address, sender)


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("e164", "525512345678"),
        ("plus", "+525512345678"),
        ("national", "5512345678"),
        ("e164-521", "5215512345678"),
    ],
)
async def test_destination_is_written_in_the_carriers_format(form: Any, written: str) -> None:
    (pdu,) = await sent("hola", destination=Destination(form, 2, 8))
    assert (pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr) == (2, 8, written)


async def test_service_type_and_tlvs_stand_on_every_submit_sm() -> None:
    for pdu in await sent(Content(LONG, parts=2), service_type="CMT", tlvs={0x1400: b"1101"}):
        assert (pdu.service_type, pdu.tlvs) == ("CMT", ((0x1400, b"1101"),))


@pytest.mark.parametrize(("validity", "ends"), [("relative", "R"), ("absolute", "+"), ("none", "")])
async def test_validity_is_written_as_the_carrier_takes_it(validity: str, ends: str) -> None:
    (pdu,) = await sent("hola", validity=validity)
    assert pdu.validity_period[-1:] == ends


async def test_carrier_without_ucs2_gets_other_letters_where_the_app_allows_it() -> None:
    (pdu,) = await sent(Content("canción", transliterate=True), ucs2=False)
    assert (pdu.data_coding, pdu.short_message) == (0, b"cancion")
    assert await sent("ж", ucs2=False) == []


@pytest.mark.parametrize(
    ("word", "status", "goes_again"),
    [
        ("later", Status.ACCEPTED, True),
        ("throttle", Status.ACCEPTED, True),
        ("next", Status.REJECTED, False),
        ("wrong_network", Status.REJECTED, False),
        ("refuse", Status.REJECTED, False),
        ("stop", Status.ACCEPTED, False),
    ],
)
async def test_errors_say_what_becomes_of_a_refused_message(word: Any, status: Status, goes_again: bool) -> None:
    async with world() as w:
        w.add("telcel", a_carrier(a_bind("telcel-1"), errors={0x455: word}))
        w.up("telcel-1")
        message = w.message(0)
        await w.send(message)
        bind = w.binds["telcel-1"]
        bind.answer(0x455)
        await w.advance(2)
        assert (message.status, len(bind.history)) == (status, 2 if goes_again else 1)
        assert bool(bind.failed) is (word == "stop")


def test_times_and_pauses_reach_the_bind() -> None:
    keys = {"enquire_link": 20.0, "response_timeout": 7.0, "reconnect": Reconnect(2.0, 50.0, 40.0)}
    found: BindSettings = bind_settings(a_bind("b"), "telcel", Carrier((), **keys))  # type: ignore[arg-type]
    assert (found.enquire_link_s, found.response_timeout_s) == (20.0, 7.0)
    assert (found.reconnect_min_s, found.reconnect_max_s, found.stable_after_s) == (2.0, 50.0, 40.0)


def test_keys_of_a_bind_reach_it() -> None:
    keys: dict[str, Any] = {
        **{"mode": "receiver", "system_type": "VMA", "address_range": "^4555", "interface_version": 0x33},
        **{"source_ip": "127.0.0.2", "backup": (Address("127.0.0.9", 2776),)},
    }
    found = bind_settings(a_bind("b", **keys), "telcel", Carrier(()))
    assert (found.mode, found.system_type, found.address_range) == ("receiver", "VMA", "^4555")
    assert (found.interface_version, found.source_ip) == (0x33, "127.0.0.2")
    assert [(at.host, at.port) for at in found.endpoints] == [("127.0.0.1", 2775), ("127.0.0.9", 2776)]


def test_every_key_of_a_carrier_is_shown_here_or_where_it_acts() -> None:
    here = {
        *("alphabet", "national_shift", "long_messages", "source", "destination", "service_type", "tlvs", "validity"),
        *("ucs2", "errors", "enquire_link", "response_timeout", "reconnect"),
    }
    elsewhere = {
        "binds": "carriers/test_bind.py",
        "tps": "carriers/test_carrier.py",
        "burst": "carriers/test_carrier.py",
        "message_ids": "carriers/test_message_ids.py",
        "receipt_parts": "receipts/test_segments.py",
        "senders": "carriers/test_dispatch.py",
        "failover": "carriers/test_dispatch.py",
        "uncertain": "carriers/test_uncertain.py",
        "price": "test_explain.py",
    }
    assert {field.name for field in dataclasses.fields(Carrier)} == here | elsewhere.keys()
    assert [key for key, file in elsewhere.items() if key not in (TESTS / file).read_text()] == []
