"""What we send is strict; what we read is lenient, in the ways that defects were met in the field."""

import struct

import pytest

from gateway.operations import COMPILED
from gateway.smpp.codec import PEER_APP, PEER_CARRIER, Frame, decode, encode, peek_header
from gateway.smpp.destinations import Destination, DistributionList, Unsuccessful
from gateway.smpp.errors import FramingError, PduError
from gateway.smpp.fields import MAX_TLVS
from gateway.smpp.pdu import (
    LAYOUTS,
    BindReceiver,
    BindTransceiver,
    BindTransceiverResp,
    CancelSm,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    Pdu,
    QuerySmResp,
    ReplaceSm,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
    UnknownPdu,
    command_id,
    response_to,
    tlv,
    tlv_int,
    tlv_text,
)
from gateway.smpp.spec import CommandId, Tag
from gateway.smpp.status import CommandStatus as S

SUBMIT = SubmitSm(source_addr="28282", destination_addr="525512345678", short_message=b"Hola")
DELIVER = DeliverSm(source_addr="525512345678", destination_addr="28282", short_message=b"Hola")


def frame_of(command: int, body: bytes, command_status: int = 0, sequence_number: int = 7) -> bytes:
    return struct.pack(">IIII", 16 + len(body), command, command_status, sequence_number) + body


def with_body(pdu: Pdu, change: bytes) -> bytes:
    """`pdu` with `change` behind its body, and a command_length that counts it."""
    return frame_of(command_id(pdu), encode(pdu, 7)[16:] + change)


def test_every_layout_names_its_class_fields() -> None:
    for pdu_class, layout in LAYOUTS.items():
        assert {field.name for field in layout.fields} | {"tlvs"} == set(pdu_class()._fields)


# What we send


@pytest.mark.parametrize(
    ("pdu", "named"),
    [
        (SUBMIT._replace(source_addr="1" * 21), "source_addr has 21 characters"),
        (SUBMIT._replace(destination_addr="1" * 21), "destination_addr has 21"),
        (SUBMIT._replace(service_type="ABCDEF"), "service_type has 6"),
        (SUBMIT._replace(validity_period="0" * 17), "validity_period has 17"),
        (SUBMIT._replace(source_addr="ACME\0"), "source_addr contains a NUL"),
        (SUBMIT._replace(source_addr="Łódź"), "source_addr contains a character outside Latin-1"),
        (SUBMIT._replace(data_coding=256), "data_coding is 256"),
        (SUBMIT._replace(esm_class=-1), "esm_class is -1"),
        (SUBMIT._replace(short_message=b"x" * 255), "short_message has 255 octets"),
        (SUBMIT._replace(tlvs=((Tag.MESSAGE_PAYLOAD, b"x"),)), "short_message and message_payload"),
        (SUBMIT._replace(tlvs=((0x1_0000, b"x"),)), "TLV tag 65536"),
        (SUBMIT._replace(tlvs=((-1, b"x"),)), "TLV tag -1"),
        (DataSm(tlvs=((Tag.MESSAGE_PAYLOAD, b"x" * 65_536),)), "TLV message_payload has 65536"),
        (DataSm(tlvs=((0x1403, b"x" * 65_536),)), "TLV 0x1403 has 65536"),
        (DataSm(source_addr="1" * 65), "source_addr has 65"),
        (BindReceiver(system_id="x" * 16), "system_id has 16"),
        (BindReceiver(password="x" * 65), "password has 65"),
        (SubmitSmResp("x" * 65), "message_id has 65"),
        (SubmitMulti(dest_address=(Destination(1, 256, "1"),)), "dest_addr_npi is 256"),
        (SubmitMulti(dest_address=(Destination(1, 1, "1" * 21),)), "destination_addr has 21"),
        (SubmitMulti(dest_address=(DistributionList("x" * 21),)), "dl_name has 21"),
        (SubmitMulti(dest_address=(Destination(1, 1, "1"),) * 255), "dest_address has 255 rows"),
        (SubmitMultiResp("", (Unsuccessful(1, 1, "1", 1 << 32),)), "error_status_code is 4294967296"),
        (SubmitMultiResp("", (Unsuccessful(1, 1, "1", 0),) * 256), "unsuccess_sme has 256 rows"),
    ],
)
def test_encode_names_the_field_that_cannot_be_written(pdu: Pdu, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        encode(pdu, 1)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"source_addr": b"28282"}, "source_addr must be text"),
        ({"source_addr": None}, "source_addr must be text"),
        ({"service_type": b""}, "service_type must be text"),
        ({"short_message": "Hola"}, "short_message must be octets"),
        ({"data_coding": "8"}, "data_coding must be an integer"),
    ],
)
def test_values_of_another_type_are_refused(wrong: dict[str, object], named: str) -> None:
    with pytest.raises(TypeError, match="object expected" if COMPILED else named):  # compiled, none can be made
        encode(SUBMIT._replace(**wrong), 1)


def test_encode_refuses_what_is_no_pdu() -> None:
    with pytest.raises(TypeError, match="object expected" if COMPILED else "is no PDU"):
        encode("submit_sm", 1)


@pytest.mark.parametrize(("sequence_number", "command_status"), [(-1, 0), (1 << 32, 0), (1, -1), (1, 1 << 32)])
def test_encode_refuses_header_values_beyond_four_octets(sequence_number: int, command_status: int) -> None:
    with pytest.raises(ValueError, match=r"sequence_number|command_status"):
        encode(EnquireLink(), sequence_number, command_status)


def test_encode_writes_the_longest_of_each_field() -> None:
    longest = SubmitSm(
        "A" * 5,
        255,
        255,
        "1" * 20,
        255,
        255,
        "2" * 20,
        255,
        255,
        255,
        "3" * 16,
        "4" * 16,
        255,
        255,
        255,
        255,
        b"x" * 254,
    )
    octets = encode(longest, 0xFFFFFFFF)
    assert len(octets) == 16 + 6 + 2 + 21 + 2 + 21 + 3 + 17 + 17 + 5 + 254
    assert decode(octets, PEER_APP) == Frame(CommandId.SUBMIT_SM, 0, 0xFFFFFFFF, longest)


def test_encode_keeps_the_body_of_responses_that_explain_errors() -> None:
    reason = DataSmResp(tlvs=((Tag.DELIVERY_FAILURE_REASON, b"\x03"),))
    assert decode(encode(reason, 1, S.ESME_RDELIVERYFAILURE)).pdu == reason


@pytest.mark.parametrize("command_status", [S.ESME_ROK, S.ESME_RX_T_APPN, S.ESME_RX_R_APPN])
def test_deliver_sm_resp_has_one_nul_whatever_its_status(command_status: int) -> None:
    assert encode(DeliverSmResp(), 1, command_status)[16:] == b"\0"


def test_unknown_pdu_is_written_as_it_is() -> None:
    octets = frame_of(0x01000001, b"\x01\x02")
    assert encode(UnknownPdu(0x01000001, b"\x01\x02"), 7) == octets


# Frames


@pytest.mark.parametrize("octets", [b"", b"\0\0\0\x10", b"\0" * 15, frame_of(CommandId.UNBIND, b"") + b"\0"])
def test_decode_refuses_what_is_not_one_whole_pdu(octets: bytes) -> None:
    with pytest.raises(FramingError) as caught:
        decode(octets)
    assert caught.value.command_status == S.ESME_RINVCMDLEN


def test_peek_header_reads_four_numbers() -> None:
    assert peek_header(frame_of(CommandId.SUBMIT_SM, b"rest", 1, 9)) == (20, 4, 1, 9)
    with pytest.raises(FramingError):
        peek_header(b"\0" * 15)


@pytest.mark.parametrize("command", [0x01000001, 0x111, 0x81000001, 0xFFFFFFFF, 0])
def test_unknown_command_id_is_kept_with_its_body(command: int) -> None:
    for limits in (PEER_CARRIER, PEER_APP):
        assert decode(frame_of(command, b"any"), limits).pdu == UnknownPdu(command, b"any")


@pytest.mark.parametrize("sequence_number", [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_any_sequence_number_is_accepted(sequence_number: int) -> None:
    assert decode(encode(SUBMIT, sequence_number)).sequence_number == sequence_number


def test_command_status_of_a_request_is_read_and_means_nothing() -> None:
    assert decode(encode(SUBMIT, 1, 99)) == Frame(CommandId.SUBMIT_SM, 99, 1, SUBMIT)


# Defects of a request's body


@pytest.mark.parametrize("limits", [PEER_CARRIER, PEER_APP], ids=lambda limits: limits.name)
@pytest.mark.parametrize(
    "pdu",
    [
        SUBMIT,
        DELIVER,
        BindTransceiver("app", "secret", "SMPP", address_range="55*"),
        DataSm("CMT", 1, 1, "1", 1, 1, "2"),
        CancelSm("CMT", "id"),
        ReplaceSm("id", short_message=b"Hola"),
        SubmitMulti("CMT", dest_address=(Destination(1, 1, "1"), DistributionList("all")), short_message=b"Hola"),
    ],
    ids=lambda pdu: type(pdu).__name__,
)
def test_request_cut_at_any_octet_is_answered_with_rinvmsglen(pdu: Pdu, limits: object) -> None:
    body = encode(pdu, 7)[16:]
    for length in range(len(body)):
        with pytest.raises(PduError) as caught:
            decode(frame_of(command_id(pdu), body[:length]), limits)
        error = caught.value
        assert (error.command_id, error.sequence_number) == (command_id(pdu), 7)
        assert error.command_status == S.ESME_RINVMSGLEN


def test_pdu_error_names_the_field_in_which_the_body_ends() -> None:
    octets = encode(SUBMIT, 7)
    with pytest.raises(PduError, match="submit_sm: the body ends in short_message"):
        decode(frame_of(CommandId.SUBMIT_SM, octets[16:-1]))
    with pytest.raises(PduError, match="the body ends in source_addr_ton"):
        decode(frame_of(CommandId.SUBMIT_SM, b"\0"))
    with pytest.raises(PduError, match="the body ends in destination_addr"):
        decode(frame_of(CommandId.SUBMIT_SM, b"\0\1\1" + b"28282\0" + b"\1\1" + b"5255"))


@pytest.mark.parametrize("stray", [b"\0", b"\0\0", b"\0\0\0", b"\x01\x02\x03"])
def test_stray_octets_behind_the_body_are_kept_apart(stray: bytes) -> None:
    for limits in (PEER_CARRIER, PEER_APP):
        frame = decode(with_body(DELIVER, stray), limits)
        assert (frame.pdu, frame.stray) == (DELIVER, stray)


def test_stray_nul_between_text_and_tlvs_is_stepped_over() -> None:
    frame = decode(with_body(DELIVER, b"\0" + bytes.fromhex("0427 0001 02")))
    assert (frame.pdu, frame.stray) == (DELIVER._replace(tlvs=((Tag.MESSAGE_STATE, b"\x02"),)), b"\0")


@pytest.mark.parametrize(
    ("pdu", "field", "text", "command_status"),
    [
        (SUBMIT, "service_type", "A" * 6, S.ESME_RINVSERTYP),
        (SUBMIT, "source_addr", "1" * 24, S.ESME_RINVSRCADR),
        (SUBMIT, "destination_addr", "1" * 21, S.ESME_RINVDSTADR),
        (SUBMIT, "schedule_delivery_time", "0" * 17, S.ESME_RINVSCHED),
        (SUBMIT, "validity_period", "0" * 20, S.ESME_RINVEXPIRY),
        (BindTransceiver(), "system_id", "x" * 16, S.ESME_RINVSYSID),
        (BindTransceiver(), "password", "x" * 65, S.ESME_RINVPASWD),
        (BindTransceiver(), "system_type", "x" * 13, S.ESME_RINVSYSTYP),
        (CancelSm(), "message_id", "1" * 65, S.ESME_RINVMSGID),
        (ReplaceSm(), "message_id", "1" * 65, S.ESME_RINVMSGID),
    ],
)
def test_overlong_c_string_is_refused_to_an_app_and_taken_from_a_carrier(
    pdu: Pdu, field: str, text: str, command_status: int
) -> None:
    mark = "\x7e"
    marked = encode(pdu._replace(**{field: mark}), 7)
    octets = frame_of(command_id(pdu), marked[16:].replace(mark.encode(), text.encode(), 1))
    assert decode(octets, PEER_CARRIER).pdu == pdu._replace(**{field: text})
    with pytest.raises(PduError, match=f"{field} is longer than") as caught:
        decode(octets, PEER_APP)
    assert caught.value.command_status == command_status


def test_c_string_over_255_characters_is_refused_to_carriers_too() -> None:
    body = b"\0\1\1" + b"1" * 255 + b"\0" + encode(DELIVER._replace(source_addr=""), 7)[20:]
    assert decode(frame_of(CommandId.DELIVER_SM, body)).pdu == DELIVER._replace(
        source_addr_ton=1, source_addr_npi=1, source_addr="1" * 255
    )
    with pytest.raises(PduError) as caught:
        decode(frame_of(CommandId.DELIVER_SM, body.replace(b"1" * 255, b"1" * 256)))
    assert caught.value.command_status == S.ESME_RINVSRCADR


@pytest.mark.parametrize(
    ("dests", "command_status"),
    [
        (b"\x01\x03\x01\x01" + b"1\0", S.ESME_RINVDESTFLAG),
        (b"\x01\x01\x01\x01" + b"1" * 21 + b"\0", S.ESME_RINVDSTADR),
        (b"\x01\x02" + b"x" * 21 + b"\0", S.ESME_RINVDLNAME),
        (b"\xff" + b"\x02x\0" * 255, S.ESME_RINVNUMDESTS),
    ],
)
def test_submit_multi_with_a_bad_destination_is_answered_with_its_code(dests: bytes, command_status: int) -> None:
    body = b"\0\0\0" + b"28282\0" + dests + b"\0" * 10
    with pytest.raises(PduError) as caught:
        decode(frame_of(CommandId.SUBMIT_MULTI, body), PEER_APP)
    assert caught.value.command_status == command_status


# TLVs


def test_unknown_and_repeated_tlvs_are_kept_in_order() -> None:
    tlvs = ((0x1403, b"a"), (0x3177, b""), (0x1403, b"b"), (0x060D, b"c"), (Tag.MESSAGE_STATE, b"\x02"))
    pdu = DELIVER._replace(tlvs=tlvs)
    for limits in (PEER_CARRIER, PEER_APP):
        assert decode(encode(pdu, 1), limits) == Frame(CommandId.DELIVER_SM, 0, 1, pdu)
    assert tlv(pdu, 0x1403) == b"a"


def test_tlv_running_past_the_end_is_dropped_from_a_carrier_and_refused_to_an_app() -> None:
    good, cut = bytes.fromhex("0427 0001 02"), bytes.fromhex("001e 0009 35 46")
    octets = with_body(DELIVER, good + cut)
    frame = decode(octets, PEER_CARRIER)
    assert (frame.pdu, frame.stray) == (DELIVER._replace(tlvs=((Tag.MESSAGE_STATE, b"\x02"),)), cut)
    with pytest.raises(PduError) as caught:
        decode(octets, PEER_APP)
    assert caught.value.command_status == S.ESME_RINVTLVSTREAM


def test_tlvs_beyond_the_cap_are_not_read() -> None:
    octets = with_body(DELIVER, bytes.fromhex("1403 0000") * (MAX_TLVS + 2))
    frame = decode(octets)
    assert isinstance(frame.pdu, DeliverSm)
    assert (len(frame.pdu.tlvs), len(frame.stray)) == (MAX_TLVS, 8)
    with pytest.raises(PduError):
        decode(octets, PEER_APP)


@pytest.mark.parametrize(
    ("value", "number"),
    [(b"\x02", 2), (b"\0\x02", 2), (b"\0\0\0\x02", 2), (b"", None), (b"\0\0\x02", None), (b"\0" * 5, None)],
)
def test_integer_tlv_is_read_from_one_two_or_four_octets(value: bytes, number: int | None) -> None:
    assert tlv_int(DELIVER._replace(tlvs=((Tag.MESSAGE_STATE, value),)), Tag.MESSAGE_STATE) == number


@pytest.mark.parametrize("value", [b"5F3A", b"5F3A\0", b"5F3A\0\0", b"5F3A\0junk"])
def test_text_tlv_ends_at_its_first_nul_or_without_one(value: bytes) -> None:
    assert tlv_text(((Tag.RECEIPTED_MESSAGE_ID, value),), Tag.RECEIPTED_MESSAGE_ID) == "5F3A"


def test_absent_tlv_is_none() -> None:
    assert tlv(SUBMIT, 1) is tlv_int(SUBMIT, 1) is tlv_text((), 1) is None


@pytest.mark.parametrize("esm_class", [0x1C, 0x3C, 0xFF])
@pytest.mark.parametrize("data_coding", [0xF1, 0x0F])
def test_reserved_values_are_kept_as_integers(esm_class: int, data_coding: int) -> None:
    pdu = DELIVER._replace(source_addr_ton=7, dest_addr_npi=2, esm_class=esm_class, data_coding=data_coding)
    for limits in (PEER_CARRIER, PEER_APP):
        assert decode(encode(pdu, 1), limits).pdu == pdu


# Responses never raise


@pytest.mark.parametrize(
    ("body", "pdu", "stray"),
    [
        (b"", SubmitSmResp(), b""),
        (b"\0", SubmitSmResp(), b""),
        (b"5F3A\0", SubmitSmResp("5F3A"), b""),
        (b"5F3A\0" + bytes.fromhex("0428 0001 50"), SubmitSmResp("5F3A", ((0x428, b"\x50"),)), b""),
        (bytes.fromhex("0428 0001 50"), SubmitSmResp("", ((0x428, b"\x50"),)), b""),
        (bytes.fromhex("001d 0004 6f6f7073 0428 0001 50"), SubmitSmResp("", ((0x1D, b"oops"), (0x428, b"\x50"))), b""),
        (b"no NUL", SubmitSmResp(), b"no NUL"),
        (b"5F3A\0\0\0", SubmitSmResp("5F3A"), b"\0\0"),
        (b"x" * 300 + b"\0", SubmitSmResp(), b"x" * 300 + b"\0"),
        (b"y" * 100 + b"\0", SubmitSmResp("y" * 100), b""),
    ],
)
@pytest.mark.parametrize("command_status", [0, S.ESME_RTHROTTLED, 0x455])
def test_response_body_of_any_shape_is_read_as_far_as_it_goes(
    body: bytes, pdu: Pdu, stray: bytes, command_status: int
) -> None:
    for limits in (PEER_CARRIER, PEER_APP):
        frame = decode(frame_of(CommandId.SUBMIT_SM_RESP, body, command_status), limits)
        assert (frame.command_status, frame.pdu, frame.stray) == (command_status, pdu, stray)


def test_empty_body_is_read_for_every_response() -> None:
    for pdu_class, layout in LAYOUTS.items():
        if layout.command_id & 0x80000000:
            assert decode(frame_of(layout.command_id, b"")).pdu == pdu_class()


def test_query_sm_resp_that_ends_early_is_kept_raw() -> None:
    frame = decode(frame_of(CommandId.QUERY_SM_RESP, b"5F3A\0", S.ESME_RQUERYFAIL))
    assert (frame.pdu, frame.stray) == (QuerySmResp(), b"5F3A\0")


def test_response_to_gives_an_empty_matching_response() -> None:
    assert isinstance(response_to(CommandId.SUBMIT_SM), SubmitSmResp)
    assert isinstance(response_to(CommandId.UNBIND), UnbindResp)
    for without in (CommandId.OUTBIND, CommandId.ALERT_NOTIFICATION, CommandId.SUBMIT_SM_RESP, CommandId.BROADCAST_SM):
        assert response_to(without) is None


def test_response_to_command_id_zero_is_none_and_not_generic_nack() -> None:
    assert response_to(0) is None


def test_command_id_comes_from_the_class() -> None:
    assert command_id(Unbind()) == CommandId.UNBIND
    assert command_id(UnknownPdu(0x111)) == 0x111


# Cases met in the field


def test_case_1_bind_resp_error_of_17_octets_gives_its_status() -> None:
    frame = decode(bytes.fromhex("00000011 80000009 0000000d 00000001 00"))
    assert (frame.command_status, frame.pdu) == (S.ESME_RBINDFAIL, BindTransceiverResp())


def test_case_3_unknown_command_status_passes_as_a_number() -> None:
    for command_status in (0x22, 1375, 0x4A1):
        assert decode(frame_of(CommandId.SUBMIT_SM_RESP, b"", command_status)).command_status == command_status


def test_case_5_odd_value_in_an_unimportant_tlv_is_kept() -> None:
    pdu = DELIVER._replace(tlvs=((Tag.CALLBACK_NUM, b"\x71\xff\xff"),))
    assert decode(encode(pdu, 1)).pdu == pdu


def test_case_6_nul_behind_short_message_is_dropped() -> None:
    assert decode(with_body(DELIVER, b"\0")).pdu == DELIVER


def test_case_7_text_longer_than_sm_length_is_cut_there() -> None:
    frame = decode(with_body(DELIVER, b" mundo cruel"))
    assert (frame.pdu, frame.stray) == (DELIVER, b" mundo cruel")


def test_case_33_password_of_12_characters_is_sent_whole() -> None:
    pdu = BindTransceiver("MXGW01", "s3cr3t789012")
    assert b"s3cr3t789012\0" in encode(pdu, 1)
    assert decode(encode(pdu, 1), PEER_APP).pdu == pdu


def test_case_34_nul_is_kept_in_text_and_refused_in_a_sender() -> None:
    assert decode(encode(DELIVER._replace(short_message=b"a\0b"), 1)).pdu == DELIVER._replace(short_message=b"a\0b")
    with pytest.raises(ValueError, match="source_addr contains a NUL"):
        encode(SUBMIT._replace(source_addr="a\0b"), 1)


def test_case_45_deliver_sm_resp_with_a_message_id_is_accepted() -> None:
    assert decode(frame_of(CommandId.DELIVER_SM_RESP, b"5F3A\0"), PEER_APP).pdu == DeliverSmResp("5F3A")
