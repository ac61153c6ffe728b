"""A receipt or an inbound message as a deliver_sm."""

from typing import Any

import pytest

from gateway.apps.smpp_parcels import Untellable, address, deliver_sms
from gateway.deliveries import Parcel
from gateway.message import Content, Delivery, Inbound, Segment, Status
from gateway.smpp.destinations import Destination
from gateway.smpp.pdu import DeliverSm, tlv
from gateway.smpp.receipt import Kind, classify, read
from gateway.smpp.spec import MessageState, Tag
from gateway.text import gsm7
from gateway.text.decoding import read as read_text
from gateway.text.user_data import opened
from tests.support.store import BASE, a_message, an_id


def told(status: Status = Status.DELIVERED, *, tlvs: bool = True, **fields: Any) -> DeliverSm:
    message = a_message(0, interface="smpp", status=status, **fields)
    delivery = Delivery(
        id=an_id(9), app="bank", kind="receipt", subject=message.id, status=status, created_at=BASE + 125
    )
    (pdu,) = deliver_sms(Parcel(delivery, message, None), tlvs=tlvs)
    return pdu


def heard(**fields: Any) -> DeliverSm:
    (pdu,) = parts_heard(tlvs=True, **fields)
    return pdu


def parts_heard(*, tlvs: bool = False, **fields: Any) -> tuple[DeliverSm, ...]:
    plain: dict[str, Any] = {"to": "45555", "sender": "525512345678", "text": "BAJA"}
    inbound = Inbound(id=an_id(1), app="bank", carrier="telcel", **{**plain, **fields})
    delivery = Delivery(id=an_id(2), app="bank", kind="inbound", subject=inbound.id)
    return deliver_sms(Parcel(delivery, None, inbound), tlvs=tlvs)


def test_receipt_is_appendix_b_with_its_tlvs_and_turned_addresses() -> None:
    pdu = told(content=Content("Tu clave es 123456. No la compartas."), to="525512345678")
    dates = "submit date:2311142213 done date:2311142215"
    text = "Tu clave es 123456. "
    expected = f"id:{an_id(0)} sub:001 dlvrd:001 {dates} stat:DELIVRD err:000 text:{text}"
    assert pdu.short_message == expected.encode()
    assert (pdu.esm_class, pdu.data_coding) == (0x04, 0)
    assert (pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr) == (1, 1, "525512345678")
    assert (pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr) == (3, 0, "45555")
    assert tlv(pdu, Tag.RECEIPTED_MESSAGE_ID) == an_id(0).encode() + b"\0"
    assert tlv(pdu, Tag.MESSAGE_STATE) == b"\2"


@pytest.mark.parametrize(
    ("status", "state", "final", "kind"),
    [
        (Status.SUBMITTED, MessageState.ENROUTE, False, Kind.INTERMEDIATE),
        (Status.DELIVERED, MessageState.DELIVERED, True, Kind.RECEIPT),
        (Status.UNDELIVERED, MessageState.UNDELIVERABLE, True, Kind.RECEIPT),
        (Status.EXPIRED, MessageState.EXPIRED, True, Kind.RECEIPT),
        (Status.UNKNOWN, MessageState.UNKNOWN, True, Kind.RECEIPT),
        (Status.REJECTED, MessageState.REJECTED, True, Kind.RECEIPT),
        (Status.CANCELLED, MessageState.DELETED, True, Kind.RECEIPT),
    ],
)
@pytest.mark.parametrize("tlvs", [True, False])
def test_receipt_is_read_as_it_was_meant(
    status: Status, state: MessageState, final: bool, kind: Kind, tlvs: bool
) -> None:
    pdu = told(status, tlvs=tlvs)
    receipt = read(pdu)
    assert classify(pdu) is kind
    assert (receipt.message_id, receipt.state, receipt.final, receipt.contradiction) == (an_id(0), state, final, False)
    assert bool(pdu.tlvs) is tlvs


@pytest.mark.parametrize(
    ("segment", "error", "network_error"),
    [
        (Segment(1, error="034"), "034", b"\x03\x00\x22"),
        (Segment(1, error="2050"), "000", b"\x03\x08\x02"),
        (Segment(1, error="000"), "000", None),
        (Segment(1, error="21b"), "000", None),
        (Segment(1, command_status=0x45), "069", None),
        (Segment(1, command_status=0x401), "000", None),
    ],
)
def test_receipt_of_a_failure_gives_the_network_s_error_where_it_is_known(
    segment: Segment, error: str, network_error: bytes | None
) -> None:
    pdu = told(Status.UNDELIVERED, segments=(segment,))
    assert read(pdu).error == error
    assert tlv(pdu, Tag.NETWORK_ERROR_CODE) == network_error


def test_receipt_of_a_delivered_message_has_no_error() -> None:
    pdu = told(segments=(Segment(1, error="002"),))
    assert (read(pdu).error, tlv(pdu, Tag.NETWORK_ERROR_CODE)) == ("000", None)


def test_receipt_names_the_message_and_its_addresses_as_the_app_did() -> None:
    pdu = told(extras={"smpp_id": "multi-1", "smpp_to": "2.1.5512345678"}, reference="513", sender="BANCO")
    assert read(pdu).text_id == read(pdu).tlv_id == "multi-1"
    assert (pdu.source_addr_ton, pdu.source_addr_npi, pdu.source_addr) == (2, 1, "5512345678")
    assert (pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr) == (5, 0, "BANCO")
    assert tlv(pdu, Tag.USER_MESSAGE_REFERENCE) == b"\x02\x01"


@pytest.mark.parametrize("reference", ["", "order-7", "99999", "²"])
def test_reference_that_is_no_number_of_two_octets_stays_away(reference: str) -> None:
    assert tlv(told(reference=reference), Tag.USER_MESSAGE_REFERENCE) is None


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (Content("¿Qué tal? Todo bien por aquí"), gsm7.encode("¿Qué tal? Todo bien")),
        (Content("€" * 30), b"\x1b\x65" * 10),
        (Content("niño 😀"), b""),
        (Content(None, b"\1\2", encoding="binary"), b""),
    ],
)
def test_receipt_repeats_the_beginning_of_what_septets_can_say(content: Content, text: bytes) -> None:
    assert told(content=content).short_message.partition(b"text:")[2][: len(text)] == text


@pytest.mark.parametrize(
    ("text", "ton", "npi", "digits"),
    [
        ("45555", 3, 0, "45555"),
        ("525512345678", 1, 1, "525512345678"),
        ("+525512345678", 1, 1, "525512345678"),
        ("BANCO", 5, 0, "BANCO"),
        ("", 0, 0, ""),
    ],
)
def test_address_has_the_type_its_looks_say(text: str, ton: int, npi: int, digits: str) -> None:
    assert address(text) == Destination(ton, npi, digits)


@pytest.mark.parametrize(
    ("fields", "data_coding", "octets"),
    [
        ({"text": "¿Sí? €"}, 8, "¿Sí? €".encode("utf-16-be")),  # í is not in the GSM alphabet
        ({"text": "¿Qué? €"}, 0, gsm7.encode("¿Qué? €")),
        ({"text": "😀"}, 8, "😀".encode("utf-16-be")),
        ({"text": "", "data": b"\1\xff", "data_coding": 4}, 4, b"\1\xff"),
        ({"text": "ok", "data": b"ok", "data_coding": 0xF5}, 0xF5, b"ok"),
        ({"text": ""}, 0, b""),
    ],
)
def test_inbound_goes_as_septets_else_as_ucs2_and_data_as_it_came(
    fields: dict[str, Any], data_coding: int, octets: bytes
) -> None:
    pdu = heard(**fields)
    assert (pdu.data_coding, pdu.short_message, pdu.esm_class, pdu.tlvs) == (data_coding, octets, 0, ())
    assert (pdu.source_addr_ton, pdu.source_addr, pdu.dest_addr_ton, pdu.destination_addr) == (
        1,
        "525512345678",
        3,
        "45555",
    )


def test_long_inbound_goes_whole_in_message_payload() -> None:
    assert heard(text="x" * 254).short_message == b"x" * 254
    pdu = heard(text="x" * 255)
    assert (pdu.short_message, tlv(pdu, Tag.MESSAGE_PAYLOAD)) == (b"", b"x" * 255)


@pytest.mark.parametrize(
    ("fields", "lengths"),
    [
        ({"text": "x" * 254}, [254]),
        ({"text": "x" * 255}, [6 + 153, 6 + 102]),
        ({"text": "x" * 152 + "€" + "x" * 152}, [6 + 152, 6 + 153, 6 + 1]),  # never between the escape and its sign
        ({"text": "ж" * 128}, [6 + 134, 6 + 122]),
        ({"text": "ж" * 66 + "😀" * 40}, [6 + 132, 6 + 132, 6 + 28]),  # never within a pair of surrogates
        ({"text": "", "data": bytes(300), "data_coding": 4}, [6 + 134, 6 + 134, 6 + 32]),
    ],
)
def test_long_inbound_goes_in_parts_to_a_peer_without_tlvs(fields: dict[str, Any], lengths: list[int]) -> None:
    parts = parts_heard(**fields)
    assert [len(pdu.short_message) for pdu in parts] == lengths
    assert all(pdu.tlvs == () for pdu in parts)
    assert parts == parts_heard(**fields)  # tried again, it is the same message
    if len(parts) > 1:
        assembly = [opened(pdu.short_message, udhi=True, sar=None, data_coding=pdu.data_coding) for pdu in parts]
        assert {pdu.esm_class for pdu in parts} == {0x40}
        assert [data.concat and (data.concat.total, data.concat.number) for data in assembly] == [
            (len(parts), number) for number in range(1, len(parts) + 1)
        ]
        joined = b"".join(data.octets for data in assembly)
        said = fields["text"] and read_text(parts[0].data_coding, joined).text
        assert (said, joined if not said else b"") == (fields["text"], fields.get("data", b""))


def test_inbound_longer_than_any_way_is_untellable() -> None:
    with pytest.raises(Untellable):
        heard(text="ñ😀" * 30_000)
    with pytest.raises(Untellable):
        parts_heard(text="ж" * (255 * 67 + 1))


def test_parcel_of_nothing_is_untellable() -> None:
    with pytest.raises(Untellable):
        deliver_sms(Parcel(Delivery(id="1", app="bank", kind="receipt", subject="2"), None, None), tlvs=True)
