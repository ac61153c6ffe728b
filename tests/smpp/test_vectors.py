"""The 34 worked PDUs: each reads as it was meant, and is written again octet by octet."""

import pytest

from gateway.smpp.codec import PEER_APP, PEER_CARRIER, Frame, Limits, decode, encode
from gateway.smpp.destinations import Destination, Unsuccessful
from gateway.smpp.pdu import (
    AlertNotification,
    BindTransceiver,
    BindTransceiverResp,
    CancelSm,
    DataSm,
    DataSmResp,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Outbind,
    Pdu,
    QuerySm,
    QuerySmResp,
    ReplaceSm,
    SubmitMulti,
    SubmitMultiResp,
    SubmitSm,
    SubmitSmResp,
    Unbind,
    UnbindResp,
)
from gateway.smpp.spec import CommandId, MessageState, Npi, Tag, Ton
from gateway.smpp.status import CommandStatus as S

from .vectors import VECTORS

PHONE = "525512345678"
FROM_28282 = {"source_addr_ton": 3, "source_addr_npi": 0, "source_addr": "28282"}
TO_PHONE = {"dest_addr_ton": Ton.INTERNATIONAL, "dest_addr_npi": Npi.ISDN, "destination_addr": PHONE}
FROM_PHONE = {"source_addr_ton": 1, "source_addr_npi": 1, "source_addr": PHONE}
TO_28282 = {"dest_addr_ton": 3, "dest_addr_npi": 0, "destination_addr": "28282"}
RECEIPT_TEXT = b"id:1597639105 sub:001 dlvrd:001 submit date:2611221530 done date:2611221531 stat:DELIVRD err:000 text:"

# name: (command_status, sequence_number, PDU)
MEANT: dict[str, tuple[int, int, Pdu]] = {
    "bind_transceiver_with_version_34": (0, 1, BindTransceiver("MXGW01", "s3cr3t78", interface_version=0x34)),
    "bind_transceiver_resp_with_sc_interface_version": (
        0,
        1,
        BindTransceiverResp("CARRIER1", ((Tag.SC_INTERFACE_VERSION, b"\x34"),)),
    ),
    "bind_transceiver_resp_wrong_password_without_body": (S.ESME_RINVPASWD, 1, BindTransceiverResp()),
    "bind_transceiver_resp_wrong_system_type_with_one_nul": (S.ESME_RINVSYSTYP, 1, BindTransceiverResp()),
    "outbind": (0, 1, Outbind("CARRIER1", "outpw123")),
    "submit_sm_gsm7_from_a_short_code_with_validity": (
        0,
        2,
        SubmitSm(
            **FROM_28282,
            **TO_PHONE,
            validity_period="000001000000000R",
            registered_delivery=1,
            short_message=b"\x60Qu\x05 tal, Se}or? \x1b\x655",
        ),
    ),
    "submit_sm_resp_with_message_id": (0, 2, SubmitSmResp("5F3A09C1")),
    "submit_sm_resp_throttled_without_body": (S.ESME_RTHROTTLED, 2, SubmitSmResp()),
    "submit_sm_resp_wrong_destination_with_one_nul": (S.ESME_RINVDSTADR, 2, SubmitSmResp()),
    "submit_sm_ucs2_first_part_behind_a_udh": (
        0,
        3,
        SubmitSm(
            source_addr_ton=Ton.ALPHANUMERIC,
            source_addr="ACME",
            **TO_PHONE,
            esm_class=0x40,
            registered_delivery=1,
            data_coding=8,
            short_message=b"\x05\x00\x03\xa7\x02\x01" + "¡Sí! 👍".encode("utf-16-be"),
        ),
    ),
    "submit_sm_first_part_by_sar_tlvs": (
        0,
        4,
        SubmitSm(
            **FROM_28282,
            **TO_PHONE,
            registered_delivery=1,
            short_message=b"Parte uno",
            tlvs=(
                (Tag.SAR_MSG_REF_NUM, b"\x01\xa7"),
                (Tag.SAR_TOTAL_SEGMENTS, b"\x02"),
                (Tag.SAR_SEGMENT_SEQNUM, b"\x01"),
            ),
        ),
    ),
    "submit_sm_text_in_message_payload": (
        0,
        5,
        SubmitSm(**FROM_28282, **TO_PHONE, registered_delivery=1, tlvs=((Tag.MESSAGE_PAYLOAD, b"Cuerpo en TLV"),)),
    ),
    "submit_sm_flash": (0, 6, SubmitSm(**FROM_28282, **TO_PHONE, data_coding=0x10, short_message=b"Flash")),
    "submit_sm_spanish_single_shift": (
        0,
        7,
        SubmitSm(**FROM_28282, **TO_PHONE, esm_class=0x40, short_message=b"\x03\x24\x01\x02Buenos d\x1bias"),
    ),
    "deliver_sm_receipt_with_text_and_tlvs": (
        0,
        0x101,
        DeliverSm(
            **FROM_PHONE,
            **TO_28282,
            esm_class=4,
            short_message=RECEIPT_TEXT,
            tlvs=(
                (Tag.RECEIPTED_MESSAGE_ID, b"5F3A09C1\0"),
                (Tag.MESSAGE_STATE, bytes([MessageState.DELIVERED])),
                (Tag.NETWORK_ERROR_CODE, b"\x03\x00\x00"),
            ),
        ),
    ),
    "deliver_sm_receipt_with_tlvs_alone": (
        0,
        0x102,
        DeliverSm(
            **FROM_PHONE,
            **TO_28282,
            esm_class=4,
            tlvs=(
                (Tag.RECEIPTED_MESSAGE_ID, b"5F3A09C1\0"),
                (Tag.MESSAGE_STATE, bytes([MessageState.UNDELIVERABLE])),
                (Tag.NETWORK_ERROR_CODE, b"\x03\x00\x01"),
            ),
        ),
    ),
    "data_sm_receipt": (
        0,
        0x103,
        DataSm(
            **FROM_PHONE,
            **TO_28282,
            esm_class=4,
            tlvs=((Tag.RECEIPTED_MESSAGE_ID, b"5F3A09C1\0"), (Tag.MESSAGE_STATE, b"\x02")),
        ),
    ),
    "data_sm_resp_with_empty_id": (0, 0x103, DataSmResp()),
    "deliver_sm_second_part_behind_a_16_bit_udh": (
        0,
        0x104,
        DeliverSm(**FROM_PHONE, **TO_28282, esm_class=0x40, short_message=b"\x06\x08\x04\x1f\x2e\x03\x02BAJA \x00ya"),
    ),
    "deliver_sm_resp": (0, 0x104, DeliverSmResp()),
    "deliver_sm_resp_try_again_later": (S.ESME_RX_T_APPN, 0x104, DeliverSmResp()),
    "enquire_link": (0, 8, EnquireLink()),
    "enquire_link_resp": (0, 8, EnquireLinkResp()),
    "generic_nack_unknown_command": (S.ESME_RINVCMDID, 9, GenericNack()),
    "generic_nack_wrong_length": (S.ESME_RINVCMDLEN, 0, GenericNack()),
    "submit_multi_to_two_numbers": (
        0,
        10,
        SubmitMulti(
            **FROM_28282,
            dest_address=(Destination(1, 1, PHONE), Destination(1, 1, "528112345678")),
            registered_delivery=1,
            short_message=b"Hola",
        ),
    ),
    "submit_multi_resp_with_one_unsuccessful": (
        0,
        10,
        SubmitMultiResp("5F3A09C2", (Unsuccessful(1, 1, "528112345678", S.ESME_RINVDSTADR),)),
    ),
    "query_sm": (0, 11, QuerySm("5F3A09C1", **FROM_28282)),
    "query_sm_resp_delivered": (0, 11, QuerySmResp("5F3A09C1", "261122153112000+", MessageState.DELIVERED, 0)),
    "cancel_sm": (0, 12, CancelSm(message_id="5F3A09C1", **FROM_28282, **TO_PHONE)),
    "replace_sm_with_validity": (
        0,
        13,
        ReplaceSm(
            "5F3A09C1",
            **FROM_28282,
            validity_period="000000020000000R",
            registered_delivery=1,
            short_message=b"Nuevo",
        ),
    ),
    "alert_notification_available": (
        0,
        0x105,
        AlertNotification(1, 1, PHONE, 3, 0, "28282", ((Tag.MS_AVAILABILITY_STATUS, b"\0"),)),
    ),
    "unbind": (0, 14, Unbind()),
    "unbind_resp": (0, 14, UnbindResp()),
}


def test_every_vector_has_its_meaning() -> None:
    assert list(MEANT) == list(VECTORS)
    assert len(VECTORS) == 34


@pytest.mark.parametrize("limits", [PEER_CARRIER, PEER_APP], ids=lambda limits: limits.name)
@pytest.mark.parametrize("name", MEANT)
def test_vector_is_read_as_meant(name: str, limits: Limits) -> None:
    command_status, sequence_number, pdu = MEANT[name]
    octets = VECTORS[name]
    command_id = CommandId(int.from_bytes(octets[4:8], "big"))
    frame = decode(octets, limits)
    assert frame == Frame(command_id, command_status, sequence_number, pdu)
    assert type(frame.pdu) is type(pdu)


@pytest.mark.parametrize("name", MEANT)
def test_vector_is_written_octet_by_octet(name: str) -> None:
    command_status, sequence_number, pdu = MEANT[name]
    error_body = name.endswith("with_one_nul")
    assert encode(pdu, sequence_number, command_status, error_body=error_body) == VECTORS[name]


@pytest.mark.parametrize("name", [name for name in MEANT if name.endswith("with_one_nul")])
def test_error_response_has_no_body_unless_asked_for(name: str) -> None:
    command_status, sequence_number, pdu = MEANT[name]
    assert encode(pdu, sequence_number, command_status) == b"\0\0\0\x10" + VECTORS[name][4:16]
