"""A submit_sm -> a Submission: the way in that is taken thousands of times a second (about 3 µs).

data_sm and submit_multi are made submit_sm first, so that all three read alike.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, timedelta
from functools import lru_cache
from typing import NoReturn

from gateway.apps.smpp_content import Unfit, content_of, octets_of
from gateway.smpp.destinations import Destination
from gateway.smpp.pdu import DataSm, SubmitMulti, SubmitSm, tlv, tlv_int
from gateway.smpp.spec import RegisteredDelivery, Tag, Ton
from gateway.smpp.status import CommandStatus
from gateway.smpp.times import format_relative, parse_absolute, parse_relative
from gateway.submission import Submission

_S = CommandStatus
_INTERNATIONAL = int(Ton.INTERNATIONAL)
_USER_MESSAGE_REFERENCE = int(Tag.USER_MESSAGE_REFERENCE)
PAST_S = 60.0
"""So far back a schedule_delivery_time may lie and still mean "now": clocks differ. Further back it is a mistake."""
MOST_DAYS = 99
"""What a relative time of two digits of days can say."""

SPELLED = "smpp_to"
"""Key of a message's extras: how the app wrote the destination, `TON.NPI.ADDRESS`, where that is not what we say."""
NAMED = "smpp_id"
"""Key of a message's extras: the message_id the app knows it by, where it is not the message's own (submit_multi)."""


def _receipt(registered_delivery: int) -> str:
    """What §5.2.17 asks for in the words of a Submission; success only (5.0) is answered with every final."""
    asked = registered_delivery & RegisteredDelivery.RECEIPT_MASK
    if registered_delivery & 0x30:  # 0x10, and 0x20 from who follows 3.4's prose: intermediate notifications
        return "all"
    return {0: "none", 2: "failure"}.get(asked, "final")


_RECEIPTS = tuple(_receipt(value) for value in range(256))


def spellings(senders: Iterable[str]) -> dict[str, str]:
    """A sender as the wire has it -> as the configuration writes it: "+" is no part of an address under TON 1."""
    return {sender.removeprefix("+"): sender for sender in senders}


def submission_of(app: str, pdu: SubmitSm, now: float, senders: Mapping[str, str]) -> Submission:
    """What the app asks for; `now` in epoch seconds, `senders` from `spellings`. Raises Unfit."""
    dest_addr_ton, dest_addr_npi, destination_addr = pdu.dest_addr_ton, pdu.dest_addr_npi, pdu.destination_addr
    source_addr, esm_class, priority_flag = pdu.source_addr, pdu.esm_class, pdu.priority_flag
    schedule, validity, tlvs = pdu.schedule_delivery_time, pdu.validity_period, pdu.tlvs
    if priority_flag > 3 or pdu.replace_if_present_flag or pdu.sm_default_msg_id:
        _refuse_flags(pdu)
    send_at, ttl_s = _times(schedule, validity, now) if schedule or validity else (0.0, None)
    content = content_of(octets_of(pdu.short_message, tlvs), pdu.data_coding, esm_class, pdu.protocol_id, tlvs)
    number = destination_addr
    if dest_addr_ton == _INTERNATIONAL and "1" <= number[:1] <= "9":
        number = "+" + number
    extras: dict[str, str] = {}
    # Twelve digits as international are what the receipt says anyway; every other spelling is given back as it came.
    if dest_addr_ton != 1 or dest_addr_npi != 1 or len(destination_addr) != 12:
        extras[SPELLED] = f"{dest_addr_ton}.{dest_addr_npi}.{destination_addr}"
    return Submission(
        app=app,
        to=number,
        content=content,
        interface="smpp",
        sender=senders.get(source_addr, source_addr),
        priority_flag=priority_flag,
        reference=_reference(pdu) if tlvs else "",
        ttl_s=ttl_s,
        send_at=send_at,
        receipt=_RECEIPTS[pdu.registered_delivery],
        extras=extras,
    )


def from_data_sm(pdu: DataSm) -> SubmitSm:
    """The submit_sm that says the same. Raises Unfit without message_payload (§4.7.1)."""
    if tlv(pdu, Tag.MESSAGE_PAYLOAD) is None:
        raise Unfit(_S.ESME_RMISSINGTLV, "data_sm without message_payload", "missing_field")
    ttl_s = tlv_int(pdu, Tag.QOS_TIME_TO_LIVE)
    validity = "" if ttl_s is None else format_relative(min(timedelta(seconds=ttl_s), timedelta(days=MOST_DAYS)))
    return SubmitSm(
        source_addr=pdu.source_addr,
        dest_addr_ton=pdu.dest_addr_ton,
        dest_addr_npi=pdu.dest_addr_npi,
        destination_addr=pdu.destination_addr,
        esm_class=pdu.esm_class,
        validity_period=validity,
        registered_delivery=pdu.registered_delivery,
        data_coding=pdu.data_coding,
        tlvs=pdu.tlvs,
    )


def from_submit_multi(pdu: SubmitMulti, destination: Destination) -> SubmitSm:
    """The submit_sm for one of its destinations."""
    return SubmitSm(
        source_addr=pdu.source_addr,
        dest_addr_ton=destination.dest_addr_ton,
        dest_addr_npi=destination.dest_addr_npi,
        destination_addr=destination.destination_addr,
        esm_class=pdu.esm_class,
        protocol_id=pdu.protocol_id,
        priority_flag=pdu.priority_flag,
        schedule_delivery_time=pdu.schedule_delivery_time,
        validity_period=pdu.validity_period,
        registered_delivery=pdu.registered_delivery,
        replace_if_present_flag=pdu.replace_if_present_flag,
        data_coding=pdu.data_coding,
        sm_default_msg_id=pdu.sm_default_msg_id,
        short_message=pdu.short_message,
        tlvs=pdu.tlvs,
    )


def _refuse_flags(pdu: SubmitSm) -> NoReturn:
    if pdu.priority_flag > 3:
        raise Unfit(_S.ESME_RINVPRTFLG, f"priority_flag is {pdu.priority_flag}, not 0 to 3")
    if pdu.replace_if_present_flag:
        raise Unfit(_S.ESME_RINVSUBREP, "messages are not replaced")
    raise Unfit(_S.ESME_RINVDFTMSGID, "there are no predefined messages")


def _reference(pdu: SubmitSm) -> str:
    """user_message_reference, which the receipt gives back (§5.3.2.17)."""
    reference = tlv_int(pdu, _USER_MESSAGE_REFERENCE)
    return "" if reference is None else str(reference)


def _times(schedule: str, validity: str, now: float) -> tuple[float, float | None]:
    """(send_at, ttl_s): epoch seconds or 0.0 for at once; from then on, None for the lane's own."""
    send_at = 0.0
    if schedule:
        send_at = _moment(schedule, now, _S.ESME_RINVSCHED)
        if send_at < now - PAST_S:
            raise Unfit(_S.ESME_RINVSCHED, f"schedule_delivery_time {schedule} is past")
    if not validity:
        return send_at, None
    ttl_s = _moment(validity, now, _S.ESME_RINVEXPIRY) - max(now, send_at)
    if ttl_s <= 0:
        raise Unfit(_S.ESME_RINVEXPIRY, f"validity_period {validity} ends before the message is sent", "ttl_expired")
    return send_at, ttl_s


def _moment(text: str, now: float, command_status: int) -> float:
    """Epoch seconds of an absolute time (without an offset: UTC) or of one relative to `now` (§7.1.1)."""
    try:
        return now + _seconds(text) if text.endswith("R") else parse_absolute(text, UTC).timestamp()
    except (ValueError, OverflowError) as error:
        raise Unfit(command_status, str(error)) from None


@lru_cache(maxsize=1024)
def _seconds(text: str) -> float:
    """Apps send the same few relative times over and over."""
    return parse_relative(text).total_seconds()
