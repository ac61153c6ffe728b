"""A class per PDU, with its field table (§4).

The four that are made for every message are records, all others tuples with names, which compare by their values alone:
two of those are the same only if `type(a) is type(b) and a == b`. Text fields are Latin-1 read as `str`, so any octets
can be held; `short_message` is octets; sm_length and the counts are implied. `tlvs` stand last in every PDU, also where
§4 gives none.
"""

from collections.abc import Callable
from typing import Final, NamedTuple, Protocol, TypeAlias, TypeVar

from gateway.smpp.destinations import (
    Destination,
    DistributionList,
    Unsuccessful,
    read_destinations,
    read_unsuccessful,
    write_destinations,
    write_unsuccessful,
)
from gateway.smpp.fields import CString, Field, Integer, Rows, ShortMessage, Tlvs
from gateway.smpp.record import Record
from gateway.smpp.spec import RESPONSE_BIT, CommandId
from gateway.smpp.status import CommandStatus as S


class Layout(NamedTuple):
    """How a PDU lies on the wire: its command_id and its mandatory fields in order."""

    command_id: CommandId
    fields: tuple[Field, ...]


LAYOUTS: dict[type, Layout] = {}
"""PDU class -> layout."""

_PduClass = TypeVar("_PduClass")


def _layout(command_id: CommandId, *fields: Field) -> Callable[[type[_PduClass]], type[_PduClass]]:
    def register(pdu_class: type[_PduClass]) -> type[_PduClass]:
        LAYOUTS[pdu_class] = Layout(command_id, fields)
        return pdu_class

    return register


def _address(prefix: str, name: str, size: int, status: S) -> tuple[Field, ...]:
    return Integer(f"{prefix}_ton"), Integer(f"{prefix}_npi"), CString(name, size, status)


_SYSTEM_ID = CString("system_id", 16, S.ESME_RINVSYSID)
# §5.2.2 says 9 octets; operators give out longer ones, and cutting one short locks the account.
_PASSWORD = CString("password", 9, S.ESME_RINVPASWD, agreed=65)
_BIND: tuple[Field, ...] = (
    _SYSTEM_ID,
    _PASSWORD,
    CString("system_type", 13, S.ESME_RINVSYSTYP),
    Integer("interface_version"),
    Integer("addr_ton"),
    Integer("addr_npi"),
    CString("address_range", 41, S.ESME_RBINDFAIL),
)
_MESSAGE_ID = CString("message_id", 65, S.ESME_RINVMSGID)
_SERVICE_TYPE = CString("service_type", 6, S.ESME_RINVSERTYP)
_SOURCE = _address("source_addr", "source_addr", 21, S.ESME_RINVSRCADR)
_DESTINATION = _address("dest_addr", "destination_addr", 21, S.ESME_RINVDSTADR)
_SCHEDULE = CString("schedule_delivery_time", 17, S.ESME_RINVSCHED)
_VALIDITY = CString("validity_period", 17, S.ESME_RINVEXPIRY)
_MESSAGE: tuple[Field, ...] = (
    Integer("esm_class"),
    Integer("protocol_id"),
    Integer("priority_flag"),
    _SCHEDULE,
    _VALIDITY,
    Integer("registered_delivery"),
    Integer("replace_if_present_flag"),
    Integer("data_coding"),
    Integer("sm_default_msg_id"),
    ShortMessage(),
)


@_layout(CommandId.BIND_RECEIVER, *_BIND)
class BindReceiver(NamedTuple):
    """§4.1.3; from the ESME, unbound."""

    system_id: str = ""
    password: str = ""
    system_type: str = ""
    interface_version: int = 0x34
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""
    tlvs: Tlvs = ()


@_layout(CommandId.BIND_TRANSMITTER, *_BIND)
class BindTransmitter(NamedTuple):
    """§4.1.1; from the ESME, unbound."""

    system_id: str = ""
    password: str = ""
    system_type: str = ""
    interface_version: int = 0x34
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""
    tlvs: Tlvs = ()


@_layout(CommandId.BIND_TRANSCEIVER, *_BIND)
class BindTransceiver(NamedTuple):
    """§4.1.5; from the ESME, unbound."""

    system_id: str = ""
    password: str = ""
    system_type: str = ""
    interface_version: int = 0x34
    addr_ton: int = 0
    addr_npi: int = 0
    address_range: str = ""
    tlvs: Tlvs = ()


@_layout(CommandId.BIND_RECEIVER_RESP, _SYSTEM_ID)
class BindReceiverResp(NamedTuple):
    """§4.1.4; TLV sc_interface_version."""

    system_id: str = ""
    tlvs: Tlvs = ()


@_layout(CommandId.BIND_TRANSMITTER_RESP, _SYSTEM_ID)
class BindTransmitterResp(NamedTuple):
    """§4.1.2; TLV sc_interface_version."""

    system_id: str = ""
    tlvs: Tlvs = ()


@_layout(CommandId.BIND_TRANSCEIVER_RESP, _SYSTEM_ID)
class BindTransceiverResp(NamedTuple):
    """§4.1.6; TLV sc_interface_version."""

    system_id: str = ""
    tlvs: Tlvs = ()


@_layout(CommandId.OUTBIND, _SYSTEM_ID, _PASSWORD)
class Outbind(NamedTuple):
    """§4.1.7; from the SMSC; has no response, the ESME binds as receiver."""

    system_id: str = ""
    password: str = ""
    tlvs: Tlvs = ()


@_layout(CommandId.UNBIND)
class Unbind(NamedTuple):
    """§4.2.1."""

    tlvs: Tlvs = ()


@_layout(CommandId.UNBIND_RESP)
class UnbindResp(NamedTuple):
    """§4.2.2."""

    tlvs: Tlvs = ()


@_layout(CommandId.ENQUIRE_LINK)
class EnquireLink(NamedTuple):
    """§4.11.1."""

    tlvs: Tlvs = ()


@_layout(CommandId.ENQUIRE_LINK_RESP)
class EnquireLinkResp(NamedTuple):
    """§4.11.2."""

    tlvs: Tlvs = ()


@_layout(CommandId.GENERIC_NACK)
class GenericNack(NamedTuple):
    """§4.3.1; answers what has no response of its own."""

    tlvs: Tlvs = ()


class MessageBody(Record):
    """What submit_sm and deliver_sm hold: the same fields in the same order."""

    __slots__ = (  # noqa: RUF023  in the order of the wire
        "service_type",
        "source_addr_ton",
        "source_addr_npi",
        "source_addr",
        "dest_addr_ton",
        "dest_addr_npi",
        "destination_addr",
        "esm_class",
        "protocol_id",
        "priority_flag",
        "schedule_delivery_time",
        "validity_period",
        "registered_delivery",
        "replace_if_present_flag",
        "data_coding",
        "sm_default_msg_id",
        "short_message",
        "tlvs",
    )

    def __init__(
        self,
        service_type: str = "",
        source_addr_ton: int = 0,
        source_addr_npi: int = 0,
        source_addr: str = "",
        dest_addr_ton: int = 0,
        dest_addr_npi: int = 0,
        destination_addr: str = "",
        esm_class: int = 0,
        protocol_id: int = 0,
        priority_flag: int = 0,
        schedule_delivery_time: str = "",
        validity_period: str = "",
        registered_delivery: int = 0,
        replace_if_present_flag: int = 0,
        data_coding: int = 0,
        sm_default_msg_id: int = 0,
        short_message: bytes = b"",
        tlvs: Tlvs = (),
    ) -> None:
        self.service_type = service_type
        self.source_addr_ton = source_addr_ton
        self.source_addr_npi = source_addr_npi
        self.source_addr = source_addr
        self.dest_addr_ton = dest_addr_ton
        self.dest_addr_npi = dest_addr_npi
        self.destination_addr = destination_addr
        self.esm_class = esm_class
        self.protocol_id = protocol_id
        self.priority_flag = priority_flag
        self.schedule_delivery_time = schedule_delivery_time
        self.validity_period = validity_period
        self.registered_delivery = registered_delivery
        self.replace_if_present_flag = replace_if_present_flag
        self.data_coding = data_coding
        self.sm_default_msg_id = sm_default_msg_id
        self.short_message = short_message
        self.tlvs = tlvs


class MessageIdBody(Record):
    """What their responses hold."""

    __slots__ = ("message_id", "tlvs")

    def __init__(self, message_id: str = "", tlvs: Tlvs = ()) -> None:
        self.message_id = message_id
        self.tlvs = tlvs


class SubmitSm(MessageBody):
    """§4.4.1."""

    __slots__ = ()


_layout(CommandId.SUBMIT_SM, _SERVICE_TYPE, *_SOURCE, *_DESTINATION, *_MESSAGE)(SubmitSm)


class SubmitSmResp(MessageIdBody):
    """§4.4.2."""

    __slots__ = ()


_layout(CommandId.SUBMIT_SM_RESP, _MESSAGE_ID)(SubmitSmResp)


class DeliverSm(MessageBody):
    """§4.6.1; an inbound message, or a receipt (see `receipt`)."""

    __slots__ = ()


_layout(CommandId.DELIVER_SM, _SERVICE_TYPE, *_SOURCE, *_DESTINATION, *_MESSAGE)(DeliverSm)


class DeliverSmResp(MessageIdBody):
    """§4.6.2; message_id is unused in 3.4 (one NUL), yet some apps fill it."""

    __slots__ = ()


_layout(CommandId.DELIVER_SM_RESP, _MESSAGE_ID)(DeliverSmResp)


@_layout(
    CommandId.DATA_SM,
    _SERVICE_TYPE,
    *_address("source_addr", "source_addr", 65, S.ESME_RINVSRCADR),
    *_address("dest_addr", "destination_addr", 65, S.ESME_RINVDSTADR),
    Integer("esm_class"),
    Integer("registered_delivery"),
    Integer("data_coding"),
)
class DataSm(NamedTuple):
    """§4.7.1; the text stands in TLV message_payload."""

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0
    tlvs: Tlvs = ()


@_layout(CommandId.DATA_SM_RESP, _MESSAGE_ID)
class DataSmResp(NamedTuple):
    """§4.7.2; an error may be explained by TLVs."""

    message_id: str = ""
    tlvs: Tlvs = ()


@_layout(
    CommandId.SUBMIT_MULTI,
    _SERVICE_TYPE,
    *_SOURCE,
    Rows("dest_address", read_destinations, write_destinations),
    *_MESSAGE,
)
class SubmitMulti(NamedTuple):
    """§4.5.1; number_of_dests is the length of `dest_address`, at most 254."""

    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_address: tuple[Destination | DistributionList, ...] = ()
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""
    tlvs: Tlvs = ()


@_layout(CommandId.SUBMIT_MULTI_RESP, _MESSAGE_ID, Rows("unsuccess_sme", read_unsuccessful, write_unsuccessful))
class SubmitMultiResp(NamedTuple):
    """§4.5.2; no_unsuccess is the length of `unsuccess_sme`."""

    message_id: str = ""
    unsuccess_sme: tuple[Unsuccessful, ...] = ()
    tlvs: Tlvs = ()


@_layout(CommandId.QUERY_SM, _MESSAGE_ID, *_SOURCE)
class QuerySm(NamedTuple):
    """§4.8.1."""

    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    tlvs: Tlvs = ()


@_layout(
    CommandId.QUERY_SM_RESP, _MESSAGE_ID, CString("final_date", 17), Integer("message_state"), Integer("error_code")
)
class QuerySmResp(NamedTuple):
    """§4.8.2; final_date is empty while the message has not reached its end."""

    message_id: str = ""
    final_date: str = ""
    message_state: int = 0
    error_code: int = 0
    tlvs: Tlvs = ()


@_layout(CommandId.CANCEL_SM, _SERVICE_TYPE, _MESSAGE_ID, *_SOURCE, *_DESTINATION)
class CancelSm(NamedTuple):
    """§4.9.1."""

    service_type: str = ""
    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    tlvs: Tlvs = ()


@_layout(CommandId.CANCEL_SM_RESP)
class CancelSmResp(NamedTuple):
    """§4.9.2."""

    tlvs: Tlvs = ()


@_layout(
    CommandId.REPLACE_SM,
    _MESSAGE_ID,
    *_SOURCE,
    _SCHEDULE,
    _VALIDITY,
    Integer("registered_delivery"),
    Integer("sm_default_msg_id"),
    ShortMessage(),
)
class ReplaceSm(NamedTuple):
    """§4.10.1; has neither service_type nor data_coding."""

    message_id: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""
    tlvs: Tlvs = ()


@_layout(CommandId.REPLACE_SM_RESP)
class ReplaceSmResp(NamedTuple):
    """§4.10.2."""

    tlvs: Tlvs = ()


@_layout(
    CommandId.ALERT_NOTIFICATION,
    *_address("source_addr", "source_addr", 65, S.ESME_RINVSRCADR),
    *_address("esme_addr", "esme_addr", 65, S.ESME_RINVDSTADR),
)
class AlertNotification(NamedTuple):
    """§4.12.1; from the SMSC; has no response."""

    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    esme_addr_ton: int = 0
    esme_addr_npi: int = 0
    esme_addr: str = ""
    tlvs: Tlvs = ()


class UnknownPdu(NamedTuple):
    """A PDU whose command_id we do not know, with its body as it came."""

    command_id: int
    body: bytes = b""


BindRequest: TypeAlias = BindReceiver | BindTransmitter | BindTransceiver
BindResponse: TypeAlias = BindReceiverResp | BindTransmitterResp | BindTransceiverResp
Request: TypeAlias = (
    BindRequest | Outbind | Unbind | EnquireLink | SubmitSm | DeliverSm | DataSm | SubmitMulti
    | QuerySm | CancelSm | ReplaceSm | AlertNotification
)  # fmt: skip
Response: TypeAlias = (
    BindResponse | UnbindResp | EnquireLinkResp | GenericNack | SubmitSmResp | DeliverSmResp | DataSmResp
    | SubmitMultiResp | QuerySmResp | CancelSmResp | ReplaceSmResp
)  # fmt: skip
Pdu: TypeAlias = Request | Response

PDU_CLASSES: dict[int, type] = {layout.command_id.value: pdu_class for pdu_class, layout in LAYOUTS.items()}
"""command_id -> PDU class."""

# generic_nack is left out: it would be the response to command_id 0, which is none.
_RESPONSE_CLASSES: dict[int, type] = {
    request_id: PDU_CLASSES[request_id | RESPONSE_BIT]
    for request_id in PDU_CLASSES
    if not request_id & RESPONSE_BIT and request_id | RESPONSE_BIT in PDU_CLASSES
}
_COMMAND_IDS: Final[dict[type, int]] = {pdu_class: layout.command_id.value for pdu_class, layout in LAYOUTS.items()}


def deliver_sm(
    source: tuple[int, int, str],
    destination: tuple[int, int, str],
    esm_class: int,
    data_coding: int,
    short_message: bytes,
    tlvs: Tlvs,
) -> DeliverSm:
    """A DeliverSm of what differs from one to the next; addresses are (TON, NPI, digits)."""
    source_ton, source_npi, source_addr = source
    dest_ton, dest_npi, dest_addr = destination
    return DeliverSm(
        "", source_ton, source_npi, source_addr, dest_ton, dest_npi, dest_addr, esm_class,
        0, 0, "", "", 0, 0, data_coding, 0, short_message, tlvs,
    )  # fmt: skip


def submit_sm(
    service_type: str,
    source: tuple[int, int, str],
    destination: tuple[int, int, str],
    esm_class: int,
    protocol_id: int,
    validity_period: str,
    registered_delivery: int,
    data_coding: int,
    short_message: bytes,
    tlvs: Tlvs,
) -> SubmitSm:
    """A SubmitSm of what differs from one to the next; addresses are (TON, NPI, digits)."""
    source_ton, source_npi, source_addr = source
    dest_ton, dest_npi, dest_addr = destination
    return SubmitSm(
        service_type, source_ton, source_npi, source_addr, dest_ton, dest_npi, dest_addr, esm_class,
        protocol_id, 0, "", validity_period, registered_delivery, 0, data_coding, 0, short_message, tlvs,
    )  # fmt: skip


def command_id(pdu: Pdu | UnknownPdu) -> int:
    """The command_id a PDU goes under, from its class."""
    return pdu.command_id if type(pdu) is UnknownPdu else _COMMAND_IDS[type(pdu)]


def response_to(request_id: int) -> Response | None:
    """An empty response that matches a request's command_id; None where it has none or is not known (§5.1.2.1)."""
    response_class = _RESPONSE_CLASSES.get(request_id)
    if response_class is None:
        return None
    response: Response = response_class()
    return response


class HasTlvs(Protocol):
    """Any PDU of ours."""

    @property
    def tlvs(self) -> Tlvs: ...


def tlv(source: HasTlvs | Tlvs, tag: int) -> bytes | None:
    """The value of the first TLV with this tag in a PDU or its tlvs; None without one."""
    tlvs: Tlvs = source if type(source) is tuple else source.tlvs  # type: ignore[union-attr]  # mypy: a subclass of tuple
    for found, value in tlvs:
        if found == tag:
            return value
    return None


def tlv_int(source: HasTlvs | Tlvs, tag: int) -> int | None:
    """A TLV as an integer, of 1, 2 or 4 octets as peers send it whatever it should be; None if absent or longer."""
    value = tlv(source, tag)
    return int.from_bytes(value, "big") if value is not None and len(value) in {1, 2, 4} else None


def tlv_text(source: HasTlvs | Tlvs, tag: int) -> str | None:
    """A TLV as text, Latin-1, cut at its first NUL; the NUL may be missing. None if absent."""
    value = tlv(source, tag)
    return None if value is None else value.partition(b"\0")[0].decode("latin-1")
