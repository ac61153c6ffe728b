"""What a submit_sm asks for."""

from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.apps.smpp_content import PASSED_ON, Unfit
from gateway.apps.smpp_submission import (
    NAMED,
    SPELLED,
    from_data_sm,
    from_submit_multi,
    spellings,
    submission_of,
)
from gateway.message import Content
from gateway.parts import Profile, settle, wires
from gateway.smpp.destinations import Destination
from gateway.smpp.pdu import DataSm, SubmitMulti, SubmitSm
from gateway.smpp.spec import Tag
from gateway.smpp.status import CommandStatus as S
from gateway.submission import Submission
from gateway.text import gsm7
from gateway.text.data_coding import Alphabet

NOW = datetime(2026, 11, 18, 10, 13, 20, tzinfo=UTC).timestamp()
UDH = bytes((5, 0, 3, 7, 2, 1))


def read(**fields: Any) -> Submission:
    plain: dict[str, Any] = {"destination_addr": "5512345678", "short_message": b"hola"}
    return submission_of("bank", SubmitSm(**{**plain, **fields}), NOW, spellings(("45555", "+525500001111", "BANCO")))


def refused(**fields: Any) -> int:
    with pytest.raises(Unfit) as caught:
        read(**fields)
    return caught.value.command_status


def sar(reference: int = 7, total: int = 2, number: int = 1) -> tuple[tuple[int, bytes], ...]:
    return (
        (Tag.SAR_MSG_REF_NUM, reference.to_bytes(2, "big")),
        (Tag.SAR_TOTAL_SEGMENTS, bytes((total,))),
        (Tag.SAR_SEGMENT_SEQNUM, bytes((number,))),
    )


@pytest.mark.parametrize(
    ("ton", "address", "to"),
    [
        (1, "525512345678", "+525512345678"),
        (1, "5215512345678", "+5215512345678"),
        (1, "+525512345678", "+525512345678"),
        (1, "00525512345678", "00525512345678"),
        (1, "", ""),
        (2, "5512345678", "5512345678"),
        (0, "5512345678", "5512345678"),
        (0, "525512345678", "525512345678"),
        (5, "BANCO", "BANCO"),
        (1, "5512345678", "+5512345678"),  # says it is international: not ours to know better
    ],
)
def test_destination_becomes_a_number_that_can_be_normalised(ton: int, address: str, to: str) -> None:
    assert read(dest_addr_ton=ton, destination_addr=address).to == to


@pytest.mark.parametrize(
    ("ton", "npi", "address", "spelled"),
    [
        (1, 1, "525512345678", None),
        (1, 1, "5215512345678", "1.1.5215512345678"),
        (0, 1, "525512345678", "0.1.525512345678"),
        (2, 1, "5512345678", "2.1.5512345678"),
    ],
)
def test_spelling_is_kept_where_it_is_not_ours(ton: int, npi: int, address: str, spelled: str | None) -> None:
    submission = read(dest_addr_ton=ton, dest_addr_npi=npi, destination_addr=address)
    assert submission.extras.get(SPELLED) == spelled
    assert NAMED not in submission.extras


@pytest.mark.parametrize(
    ("source", "sender"), [("45555", "45555"), ("525500001111", "+525500001111"), ("", ""), ("OTRO", "OTRO")]
)
def test_sender_is_spelled_as_configured(source: str, sender: str) -> None:
    assert read(source_addr=source).sender == sender


@pytest.mark.parametrize(
    ("registered_delivery", "receipt"),
    [
        (0, "none"),
        (1, "final"),
        (2, "failure"),
        (3, "final"),
        (0x11, "all"),
        (0x10, "all"),
        (0x21, "all"),
        (0x0C, "none"),
    ],
)
def test_registered_delivery_says_which_receipts(registered_delivery: int, receipt: str) -> None:
    assert read(registered_delivery=registered_delivery).receipt == receipt


def test_priority_flag_is_passed_on_as_a_wish() -> None:
    assert read(priority_flag=2).priority_flag == 2


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"priority_flag": 4}, S.ESME_RINVPRTFLG),
        ({"replace_if_present_flag": 1}, S.ESME_RINVSUBREP),
        ({"sm_default_msg_id": 1}, S.ESME_RINVDFTMSGID),
        ({"short_message": b""}, S.ESME_RINVMSGLEN),
        ({"short_message": b"", "tlvs": ((Tag.MESSAGE_PAYLOAD, b""),)}, S.ESME_RINVMSGLEN),
        ({"tlvs": ((Tag.MESSAGE_PAYLOAD, b"x"),)}, S.ESME_RINVMSGLEN),
        ({"esm_class": 2}, S.ESME_RINVESMCLASS),
        ({"esm_class": 0x04}, S.ESME_RINVESMCLASS),
        ({"esm_class": 0x40}, S.ESME_RINVESMCLASS),  # "hola" is no header
        ({"esm_class": 0x40, "short_message": UDH + b"x", "tlvs": sar()}, S.ESME_RINVESMCLASS),
        ({"tlvs": sar()[:2]}, S.ESME_RMISSINGTLV),
        ({"tlvs": sar(number=3)}, S.ESME_RINVTLVVAL),
        ({"tlvs": sar(number=0)}, S.ESME_RINVTLVVAL),
        ({"data_coding": 0x0F}, S.ESME_RINVDCS),
        ({"validity_period": "tomorrow"}, S.ESME_RINVEXPIRY),
        ({"validity_period": "000000000000000R"}, S.ESME_RINVEXPIRY),
        ({"validity_period": "200101000000000+"}, S.ESME_RINVEXPIRY),
        ({"schedule_delivery_time": "991399000000000+"}, S.ESME_RINVSCHED),
        ({"schedule_delivery_time": "200101000000000+"}, S.ESME_RINVSCHED),
    ],
)
def test_submit_that_cannot_be_is_refused_with_the_field_s_own_status(fields: dict[str, Any], status: int) -> None:
    assert refused(**fields) == status


@pytest.mark.parametrize(
    ("fields", "send_at", "ttl_s"),
    [
        ({}, 0.0, None),
        ({"validity_period": "000000000500000R"}, 0.0, 300.0),
        ({"validity_period": "261118102320000+"}, 0.0, 600.0),
        ({"validity_period": "261118042320024-"}, 0.0, 600.0),  # Mexico City, six hours behind UTC
        ({"schedule_delivery_time": "000000010000000R"}, NOW + 3600, None),
        ({"schedule_delivery_time": "261118111320000+", "validity_period": "000000020000000R"}, NOW + 3600, 3600.0),
        ({"schedule_delivery_time": "261118101300000+"}, NOW - 20, None),  # a clock a little behind ours
    ],
)
def test_times_are_counted_from_now_or_from_the_schedule(
    fields: dict[str, Any], send_at: float, ttl_s: float | None
) -> None:
    submission = read(**fields)
    assert (submission.send_at, submission.ttl_s) == (send_at, ttl_s)


@pytest.mark.parametrize(
    ("data_coding", "octets", "content"),
    [
        (0, gsm7.encode("¿Qué tal? €"), Content("¿Qué tal? €")),
        (0, gsm7.encode("@0@0"), Content("@0@0")),  # not UTF-16, though its zeros look like it
        (1, b"plain", Content("plain")),
        (8, b"\x30\x00\x30\x00", Content("\u3000\u3000", encoding="ucs2")),
        (8, b"\xff\xfeh\0i\0", Content("hi", encoding="ucs2")),
        (8, b"\0h\xd8\x00", Content("h\ufffd", encoding="ucs2")),
        (3, "ñandú\x85".encode("latin-1"), Content("ñandú\x85", encoding="latin1")),
        (8, "añ😀".encode("utf-16-be"), Content("añ😀", encoding="ucs2")),
        (0x10, b"flash", Content("flash", message_class=0)),
        (0xF1, b"class", Content("class", message_class=1)),
        (0x18, "ñ".encode("utf-16-be"), Content("ñ", encoding="ucs2", message_class=0)),
        (4, b"\x01\x02", Content(None, b"\x01\x02", encoding="binary", data_coding=4)),
        (0xF5, b"\x01", Content(None, b"\x01", encoding="binary", data_coding=0xF5, message_class=1)),
        (0xC8, b"voz", Content(None, b"voz", data_coding=0xC8)),
        (6, b"\xbf", Content(None, b"\xbf", data_coding=6)),
    ],
)
def test_whole_message_becomes_text_where_we_can_write_it(data_coding: int, octets: bytes, content: Content) -> None:
    assert read(data_coding=data_coding, short_message=octets).content == content


def test_text_with_its_eighth_bit_set_is_read_as_its_author_meant_it() -> None:
    assert read(short_message="señal".encode()).content.text == "señal"


def test_message_payload_is_taken_for_short_message() -> None:
    submission = read(short_message=b"", tlvs=((Tag.MESSAGE_PAYLOAD, b"x" * 700),))
    assert submission.content.text == "x" * 700


def test_part_with_a_header_stays_a_part() -> None:
    content = read(esm_class=0x43, short_message=UDH + b"hola").content
    assert content == Content(None, b"hola", UDH, "auto")
    (wire,) = wires(settle(content, Profile()), Profile(), 1)
    assert (wire.short_message, wire.esm_class) == (UDH + b"hola", 0x40)


def test_part_with_sar_stays_a_part() -> None:
    content = read(tlvs=(*sar(0x1234, 3, 2), (Tag.SOURCE_PORT, b"\x00\x01")), data_coding=8).content
    assert content == Content(
        None, b"hola", encoding="ucs2", data_coding=8, sar=(0x1234, 3, 2), tlvs=((0x20A, b"\0\1"),)
    )
    (wire,) = wires(settle(content, Profile()), Profile(), 1)
    assert (wire.short_message, wire.data_coding) == (b"hola", 8)
    assert set(sar(0x1234, 3, 2)) <= set(wire.tlvs)


def test_sar_of_one_part_is_a_whole_message() -> None:
    assert read(tlvs=sar(1, 1, 1)).content == Content("hola")


def test_only_what_tells_the_phone_something_goes_on_to_the_carrier() -> None:
    passed = tuple((tag, b"\1") for tag in sorted(PASSED_ON))
    others = (
        (Tag.USER_MESSAGE_REFERENCE, b"\0\7"),
        (0x1400, b"x"),
        (Tag.MESSAGE_STATE, b"\2"),
        (Tag.NUMBER_OF_MESSAGES, b"\1"),
    )
    submission = read(tlvs=passed + others)
    assert submission.content.tlvs == passed
    assert submission.reference == "7"


def test_app_text_reaches_a_latin1_carrier_in_its_alphabet() -> None:
    profile = Profile(alphabet=Alphabet.LATIN1)
    (wire,) = wires(settle(read(short_message=gsm7.encode("¿qué?")).content, profile), profile, 1)
    assert (wire.short_message, wire.data_coding) == ("¿qué?".encode("latin-1"), 0)


def test_data_sm_reads_as_a_submit_sm() -> None:
    tlvs = ((Tag.MESSAGE_PAYLOAD, b"hola"), (Tag.QOS_TIME_TO_LIVE, (600).to_bytes(4, "big")))
    pdu = DataSm(
        source_addr="45555", dest_addr_ton=1, destination_addr="525512345678", registered_delivery=1, tlvs=tlvs
    )
    submission = submission_of("bank", from_data_sm(pdu), NOW, {})
    assert (submission.to, submission.sender, submission.ttl_s, submission.receipt) == (
        "+525512345678",
        "45555",
        600.0,
        "final",
    )
    assert submission.content == Content("hola")


def test_data_sm_with_endless_time_to_live_takes_the_longest_there_is() -> None:
    tlvs = ((Tag.MESSAGE_PAYLOAD, b"x"), (Tag.QOS_TIME_TO_LIVE, b"\xff\xff\xff\xff"))
    assert submission_of("bank", from_data_sm(DataSm(tlvs=tlvs)), NOW, {}).ttl_s == 99 * 86_400


def test_data_sm_without_payload_is_refused() -> None:
    with pytest.raises(Unfit) as caught:
        from_data_sm(DataSm(destination_addr="5512345678"))
    assert caught.value.command_status == S.ESME_RMISSINGTLV


def test_submit_multi_says_the_same_to_each_destination() -> None:
    multi = SubmitMulti(
        "CMT", 3, 0, "45555", (), 3, 1, 2, "", "000000000500000R", 1, 0, 8, 0, b"\0h", ((0x20A, b"\0\1"),)
    )
    single = from_submit_multi(multi, Destination(1, 1, "525512345678"))
    assert single == SubmitSm("", 0, 0, "45555", 1, 1, "525512345678", *multi[5:])
