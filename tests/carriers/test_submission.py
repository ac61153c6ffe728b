"""Addresses and the submit_sm as one carrier wants them."""

from typing import NamedTuple

import pytest

from gateway.carriers.address import Address, Addressing, sender_kind
from gateway.carriers.submission import NO_TLVS, SubmitTemplate, validity
from gateway.parts import Wire
from gateway.smpp.spec import Tag
from tests.support.store import a_message


class Pair(NamedTuple):
    ton: int
    npi: int


SOURCE = {"short": Pair(3, 0), "long": Pair(1, 1), "alphanumeric": Pair(5, 0)}


def addressing(form: str = "e164", ton: int = 1) -> Addressing:
    return Addressing(dict(SOURCE), form, Pair(ton, 1), "52")


@pytest.mark.parametrize(
    ("sender", "kind"),
    [
        ("45555", "short"), ("1234567", "long"), ("+45555", "long"), ("525512345678", "long"),
        ("BANCO", "alphanumeric"),
        ("12-34", "alphanumeric"), ("BANCO_1", "alphanumeric"), ("١٢٣", "alphanumeric"),
    ],
)  # fmt: skip
def test_sender_is_of_a_kind(sender: str, kind: str) -> None:
    assert sender_kind(sender) == kind


def test_sender_is_dressed_by_its_kind() -> None:
    dressed = addressing()
    assert dressed.sender("45555") == (3, 0, "45555")
    assert dressed.sender("+525512345678") == (1, 1, "525512345678")
    assert dressed.sender("BANCO") == (5, 0, "BANCO")


@pytest.mark.parametrize(
    ("form", "number", "address"),
    [
        ("e164", "525512345678", (2, 1, "525512345678")),
        ("plus", "525512345678", (2, 1, "+525512345678")),
        ("national", "525512345678", (2, 1, "5512345678")),
        ("national", "12025550123", (1, 1, "12025550123")),
        ("e164-521", "525512345678", (2, 1, "5215512345678")),
        ("e164-521", "5215512345678", (2, 1, "5215512345678")),
        ("e164-521", "12025550123", (2, 1, "12025550123")),
    ],
)
def test_destination_is_written_as_the_carrier_wants_it(form: str, number: str, address: Address) -> None:
    assert addressing(form, 2).destination(number) == address


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "000000000100000R"), (300, "000000000500000R"), (5400, "000000013000000R"), (172800, "000002000000000R")],
)
def test_validity_is_relative_and_a_minute_at_least(seconds: int, text: str) -> None:
    assert validity(seconds) == text


@pytest.mark.parametrize(
    ("form", "remaining_s", "text"),
    [
        ("relative", 300.0, "000000000500000R"),
        ("absolute", 300.0, "231114221400000+"),
        ("absolute", 5.0, "231114221500000+"),  # a minute at least
        ("none", 300.0, ""),
    ],
)
def test_case_43_validity_is_written_as_the_carrier_takes_it(form: str, remaining_s: float, text: str) -> None:
    template = SubmitTemplate(addressing(), service_type="", tlvs=(), validity_form=form)
    message = a_message(0, expires_at=1_700_000_000.5)  # 2023-11-14 22:13:20 UTC
    assert template.fill(message, Wire(b"hola", 0, 0, ()), remaining_s).validity_period == text


def test_submit_sm_asks_for_a_receipt_and_carries_the_carriers_own() -> None:
    template = SubmitTemplate(addressing(), service_type="CMT", tlvs=((0x1400, b"x"),))
    pdu = template.fill(a_message(0), Wire(b"hola", 0, 0x40, ((Tag.USER_MESSAGE_REFERENCE, b"\0\1"),)), 299.2)
    assert (pdu.service_type, pdu.registered_delivery, pdu.esm_class) == ("CMT", 1, 0x40)
    assert (pdu.source_addr, pdu.destination_addr, pdu.dest_addr_ton) == ("45555", "5215512345678", 1)
    assert pdu.validity_period == "000000000500000R"
    assert pdu.tlvs == ((Tag.USER_MESSAGE_REFERENCE, b"\0\1"), (0x1400, b"x"))


def test_plain_peer_gets_only_the_tlvs_that_hold_the_text() -> None:
    template = SubmitTemplate(addressing(), service_type="", tlvs=((0x1400, b"x"),))
    reference = (Tag.USER_MESSAGE_REFERENCE, b"\0\1")
    assert template.fill(a_message(0), Wire(b"hola", 0, 0, (reference,)), 60, NO_TLVS).tlvs == ()
    payload = (Tag.MESSAGE_PAYLOAD, b"largo")
    assert template.fill(a_message(0), Wire(b"", 0, 0, (reference, payload)), 60, NO_TLVS).tlvs == (payload,)
