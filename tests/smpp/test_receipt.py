"""Which message is a receipt, and what its TLVs and its text say together."""

from datetime import datetime

import pytest
from hypothesis import given

from gateway.smpp.codec import decode
from gateway.smpp.pdu import DataSm, DeliverSm
from gateway.smpp.receipt import Kind, classify, is_final, read, read_network_error
from gateway.smpp.spec import MessageState as M
from gateway.smpp.spec import Tag
from tests.support.strategies import pdus_of

from .vectors import VECTORS

TEXT = b"id:1597639105 sub:001 dlvrd:001 submit date:2611221530 done date:2611221531 stat:DELIVRD err:000 text:"
BOTH_TLVS = ((Tag.RECEIPTED_MESSAGE_ID, b"5F3A09C1\0"), (Tag.MESSAGE_STATE, b"\x02"))


def deliver(text: bytes = TEXT, esm_class: int = 4, **fields: object) -> DeliverSm:
    return DeliverSm(esm_class=esm_class, short_message=text, **fields)


# Is it one?


@pytest.mark.parametrize(
    ("esm_class", "kind"),
    [
        (0x04, Kind.RECEIPT),
        (0x44, Kind.RECEIPT),
        (0x05, Kind.RECEIPT),
        (0x84, Kind.RECEIPT),
        (0x20, Kind.INTERMEDIATE),
        (0x60, Kind.INTERMEDIATE),
        (0x08, Kind.USER_ACK),
        (0x10, Kind.USER_ACK),
        (0x18, Kind.USER_ACK),
        (0x00, Kind.MO),
        (0x40, Kind.MO),
        (0x1C, Kind.MO),
    ],
)
def test_esm_class_type_decides_under_its_mask(esm_class: int, kind: Kind) -> None:
    assert classify(deliver(b"Hola", esm_class)) is kind
    assert classify(DataSm(esm_class=esm_class)) is kind


def test_case_21_plain_message_is_a_receipt_by_both_tlvs_only() -> None:
    assert classify(deliver(b"", 0, tlvs=BOTH_TLVS)) is Kind.RECEIPT
    assert classify(deliver(b"", 0, tlvs=BOTH_TLVS[:1])) is Kind.MO
    assert classify(deliver(b"", 0, tlvs=BOTH_TLVS[1:])) is Kind.MO


def test_case_21_plain_message_with_a_receipts_text_is_one_only_where_allowed() -> None:
    assert classify(deliver(TEXT, 0)) is Kind.MO
    assert classify(deliver(TEXT, 0), text_receipts=True) is Kind.RECEIPT
    assert classify(deliver(b"  ID:7 Stat:FAILED", 0), text_receipts=True) is Kind.RECEIPT
    for typed in (b"id: my number", b"id: 7 stat:X", b"identity stat:", b"hola id:7 stat:X", b""):
        assert classify(deliver(typed, 0), text_receipts=True) is Kind.MO


def test_case_20_receipt_by_data_sm_is_read_like_any() -> None:
    by_type = DataSm(esm_class=4, tlvs=BOTH_TLVS)
    by_payload = DataSm(tlvs=((Tag.MESSAGE_PAYLOAD, TEXT),))
    assert classify(by_type) is Kind.RECEIPT
    assert classify(by_payload, text_receipts=True) is Kind.RECEIPT
    assert (read(by_type).message_id, read(by_type).state) == ("5F3A09C1", M.DELIVERED)
    assert (read(by_payload).message_id, read(by_payload).state) == ("1597639105", M.DELIVERED)


# What does it say?


def test_vector_with_text_and_tlvs_gives_both_ids() -> None:
    receipt = read(decode(VECTORS["deliver_sm_receipt_with_text_and_tlvs"]).pdu)
    assert (receipt.tlv_id, receipt.text_id, receipt.message_id) == ("5F3A09C1", "1597639105", "5F3A09C1")
    assert (receipt.state, receipt.final, receipt.contradiction) == (M.DELIVERED, True, False)
    assert (receipt.error, receipt.network_error, receipt.stat) == ("000", b"\x03\x00\x00", "DELIVRD")
    assert receipt.submit_date == datetime(2026, 11, 22, 15, 30)
    assert receipt.done_date == datetime(2026, 11, 22, 15, 31)


def test_vector_with_tlvs_alone_is_enough() -> None:
    receipt = read(decode(VECTORS["deliver_sm_receipt_with_tlvs_alone"]).pdu)
    assert (receipt.message_id, receipt.state, receipt.final) == ("5F3A09C1", M.UNDELIVERABLE, True)
    assert (receipt.text_id, receipt.done_date, receipt.stat) == ("", None, "")
    assert read_network_error(receipt.network_error) == (3, 1)


@pytest.mark.parametrize(
    ("tlv_state", "stat", "state", "contradiction"),
    [
        (2, "DELIVRD", M.DELIVERED, False),
        (5, "DELIVRD", M.UNDELIVERABLE, True),
        (1, "DELIVRD", M.DELIVERED, True),
        (6, "UNDELIV", M.UNDELIVERABLE, True),
        (2, "ACCEPTD", M.DELIVERED, True),
        (1, "ACCEPTD", M.ENROUTE, True),
        (7, "DELIVRD", M.UNKNOWN, True),
        (99, "DELIVRD", M.DELIVERED, False),
        (2, "NOCREDIT", M.DELIVERED, False),
        (None, "NOCREDIT", None, False),
        (None, "FAILED", M.UNDELIVERABLE, False),
    ],
)
def test_final_state_beats_a_transient_one_and_else_the_tlv_counts(
    tlv_state: int | None, stat: str, state: M | None, contradiction: bool
) -> None:
    tlvs = () if tlv_state is None else ((Tag.MESSAGE_STATE, bytes([tlv_state])),)
    receipt = read(deliver(f"id:7 stat:{stat}".encode(), tlvs=tlvs))
    assert (receipt.state, receipt.contradiction, receipt.stat) == (state, contradiction, stat)
    assert receipt.final is is_final(state)


@pytest.mark.parametrize(
    ("state", "final"),
    [(state, state not in {M.SCHEDULED, M.ENROUTE, M.ACCEPTED}) for state in M] + [(None, False)],
)
def test_states_are_final_or_transient(state: M | None, final: bool) -> None:
    assert is_final(state) is final


def test_intermediate_notification_is_never_final() -> None:
    receipt = read(deliver(esm_class=0x20))
    assert (receipt.state, receipt.final) == (M.DELIVERED, False)


@pytest.mark.parametrize("value", [b"\x05", b"\0\x05", b"\0\0\0\x05"])
def test_message_state_of_any_width_is_read(value: bytes) -> None:
    assert read(deliver(b"", tlvs=((Tag.MESSAGE_STATE, value),))).state is M.UNDELIVERABLE


def test_message_state_of_a_wrong_width_leaves_the_text() -> None:
    assert read(deliver(TEXT, tlvs=((Tag.MESSAGE_STATE, b"\0\0\x05"),))).state is M.DELIVERED


def test_receipted_message_id_needs_no_nul() -> None:
    for value in (b"5F3A09C1", b"5F3A09C1\0", b" 5F3A09C1\0\0"):
        assert read(deliver(b"", tlvs=((Tag.RECEIPTED_MESSAGE_ID, value),))).message_id == "5F3A09C1"


def test_empty_tlv_id_leaves_the_texts_and_empty_text_id_the_tlvs() -> None:
    assert read(deliver(TEXT, tlvs=((Tag.RECEIPTED_MESSAGE_ID, b"\0"),))).message_id == "1597639105"
    assert read(deliver(b"id: stat:DELIVRD", tlvs=BOTH_TLVS)).message_id == "5F3A09C1"


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (b"\x03\x00\x01", (3, 1)),
        (b"\x08\x01\x02", (8, 0x102)),
        (b"034", (0, 34)),
        (b"\x03\x00\x01\x00", (3, 1)),
        (b"\x03\x00", None),
        (b"", None),
    ],
)
def test_network_error_is_three_octets_or_three_digits(octets: bytes, error: tuple[int, int] | None) -> None:
    assert read_network_error(octets) == error


def test_text_may_stand_in_message_payload_and_the_longer_one_counts() -> None:
    payload = ((Tag.MESSAGE_PAYLOAD, TEXT),)
    assert read(deliver(b"", tlvs=payload)).text_id == "1597639105"
    assert read(deliver(b"id:1", tlvs=payload)).text_id == "1597639105"
    assert read(deliver(TEXT, tlvs=((Tag.MESSAGE_PAYLOAD, b"id:1"),))).text_id == "1597639105"


def test_receipt_with_udhi_and_a_text_that_begins_with_id_has_no_udh() -> None:
    assert read(deliver(TEXT, 0x44)).text_id == "1597639105"
    assert read(deliver(b"\x05\x00\x03\xa7\x02\x01" + TEXT, 0x44)).text_id == "1597639105"
    assert read(deliver(b"\xff\x00", 0x44)).text_id == ""


def test_case_42_udh_inside_message_payload_is_stepped_over() -> None:
    payload = ((Tag.MESSAGE_PAYLOAD, b"\x05\x00\x03\xa7\x02\x01" + TEXT),)
    assert read(deliver(b"", 0x44, tlvs=payload)).text_id == "1597639105"


def test_receipt_in_ucs2_is_read() -> None:
    assert read(deliver(TEXT.decode().encode("utf-16-be"), data_coding=8)).message_id == "1597639105"
    assert read(deliver(TEXT, data_coding=8)).message_id == "1597639105"


# Cases met in the field


def test_case_4_receipt_is_read_beside_vendor_tlvs_and_one_cut_short() -> None:
    whole = VECTORS["deliver_sm_receipt_with_tlvs_alone"]
    body = whole[16:] + bytes.fromhex("1403 0002 0102 2001 0000 060d 00ff 01")
    frame = decode((16 + len(body)).to_bytes(4, "big") + whole[4:16] + body)
    assert frame.stray == bytes.fromhex("060d 00ff 01")
    assert isinstance(frame.pdu, DeliverSm)
    assert classify(frame.pdu) is Kind.RECEIPT
    assert read(frame.pdu).state is M.UNDELIVERABLE


@pytest.mark.parametrize(
    ("case", "tlv_id", "text_id"),
    [
        (12, b"39f99dd5", b"0972660181"),
        (13, b"5F3A09C1", b"5f3a09c1"),
        (14, b"05f3a09c-1c2b-4d5e-8f90-123456789abc", b"05f3a09c-1c2b-4d5e-8f90-123456789abc"),
        (15, b"05f3a09c1c2b4d5e8f90123456789abc", b"05f3a09c-1c2b-4d5e-8f90-123456789abc"),
        (15, b"18446744073709551617", b"9223372036854775809"),
    ],
)
def test_cases_12_to_15_ids_of_both_sources_are_kept_as_spelled(case: int, tlv_id: bytes, text_id: bytes) -> None:
    receipt = read(deliver(TEXT.replace(b"1597639105", text_id), tlvs=((Tag.RECEIPTED_MESSAGE_ID, tlv_id + b"\0"),)))
    assert (receipt.tlv_id, receipt.text_id) == (tlv_id.decode(), text_id.decode())


def test_case_16_stat_failed_with_a_date_of_zeros_is_final() -> None:
    text = b"id:7 sub:001 dlvrd:000 submit date:2611221530 done date:0000000000 stat:FAILED err:001 text:"
    assert classify(deliver(text)) is Kind.RECEIPT
    receipt = read(deliver(text))
    assert (receipt.state, receipt.final, receipt.done_date) == (M.UNDELIVERABLE, True, None)


def test_case_17_receipt_without_stat_key_sub_and_dlvrd_is_final() -> None:
    receipt = read(deliver(b"id:7 submit date:2611221530 done date:2611221531 DELIVRD err:000"))
    assert (receipt.message_id, receipt.state, receipt.final) == ("7", M.DELIVERED, True)
    assert receipt.done_date == datetime(2026, 11, 22, 15, 31)


@pytest.mark.parametrize("err", ["null", "21b", "0000", "002", "x" * 100])
def test_case_18_err_never_decides_the_state(err: str) -> None:
    receipt = read(deliver(TEXT.replace(b"err:000", b"err:" + err.encode())))
    assert (receipt.state, receipt.error) == (M.DELIVERED, err[:32])


def test_case_22_receipt_is_never_taken_for_an_mo_whatever_its_text() -> None:
    for text in (b"", b"Hola", b"\xff\xfe", b"00,0210021543,0210021500,,dest,orig,ref"):
        assert classify(deliver(text)) is Kind.RECEIPT
        assert read(deliver(text)).final is False


def test_id_over_255_characters_is_cut() -> None:
    receipt = read(deliver(b"id:" + b"1" * 300 + b" stat:DELIVRD", tlvs=((Tag.RECEIPTED_MESSAGE_ID, b"2" * 300),)))
    assert (len(receipt.text_id), len(receipt.tlv_id)) == (255, 255)


@given(pdus_of(DeliverSm))
def test_any_deliver_sm_is_classified_and_read(pdu: DeliverSm) -> None:
    assert classify(pdu, text_receipts=True) in Kind
    assert read(pdu).final in {True, False}


@given(pdus_of(DataSm))
def test_any_data_sm_is_classified_and_read(pdu: DataSm) -> None:
    assert classify(pdu, text_receipts=True) in Kind
    assert read(pdu).final in {True, False}
