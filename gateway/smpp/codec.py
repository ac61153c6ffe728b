"""PDU <-> octets, driven by the layouts of `pdu` (§3.2).

Strict in what we send, lenient in what we read: an odd value never costs a session.
"""

import struct
from typing import Final, NamedTuple, NoReturn

from gateway.smpp.errors import FramingError, PduError
from gateway.smpp.fields import FieldError, check_tlvs, read_tlvs_exactly, write_tlvs
from gateway.smpp.pdu import (
    LAYOUTS,
    PDU_CLASSES,
    DeliverSm,
    DeliverSmResp,
    Pdu,
    SubmitSm,
    SubmitSmResp,
    UnknownPdu,
    command_id,
)
from gateway.smpp.spec import RESPONSE_BIT, CommandId, command_name
from gateway.smpp.status import CommandStatus
from gateway.smpp.straight import read_message, read_message_id, read_tail, write_message, write_message_id

_HEADER = struct.Struct(">IIII")
_HEADER_LENGTH: Final = _HEADER.size
_unpack_header: Final = _HEADER.unpack_from
_pack_header: Final = _HEADER.pack
_U32 = 0xFFFFFFFF

_SUBMIT_SM: Final = int(CommandId.SUBMIT_SM)
_DELIVER_SM: Final = int(CommandId.DELIVER_SM)
_SUBMIT_SM_RESP: Final = int(CommandId.SUBMIT_SM_RESP)
_DELIVER_SM_RESP: Final = int(CommandId.DELIVER_SM_RESP)


class Frame(NamedTuple):
    """One PDU as received: its header, its values, and the octets of its body that could not be read.

    `stray` is empty for a well-formed PDU; else it is to be counted, and is never a reason to refuse the PDU.
    """

    command_id: int
    command_status: int
    sequence_number: int
    pdu: Pdu | UnknownPdu
    stray: bytes = b""


class Limits(NamedTuple):
    """How strictly a peer's requests are read; responses are read leniently from anyone."""

    name: str
    lenient: bool


PEER_CARRIER = Limits("carrier", lenient=True)
"""C-strings up to 255 characters, TLVs as far as they can be read."""

PEER_APP = Limits("app", lenient=False)
"""A C-string over its limit or a TLV that is cut short is an error with a command_status of its own."""

# §4.1.2, §4.4.2: no body beside an error. A data_sm_resp keeps its, for the TLVs that explain the error (§4.7.2),
# and a deliver_sm_resp the one NUL it always has.
_BODYLESS_ERRORS = {
    CommandId.BIND_RECEIVER_RESP,
    CommandId.BIND_TRANSMITTER_RESP,
    CommandId.BIND_TRANSCEIVER_RESP,
    CommandId.SUBMIT_SM_RESP,
    CommandId.SUBMIT_MULTI_RESP,
    CommandId.QUERY_SM_RESP,
}


def peek_header(octets: bytes) -> tuple[int, int, int, int]:
    """(command_length, command_id, command_status, sequence_number). Raises FramingError under 16 octets."""
    if len(octets) < _HEADER_LENGTH:
        raise _no_pdu(octets)
    return _unpack_header(octets)


def _no_pdu(octets: bytes) -> FramingError:
    return FramingError(CommandStatus.ESME_RINVCMDLEN, f"{len(octets)} octets are no PDU")


def encode(pdu: Pdu | UnknownPdu, sequence_number: int, command_status: int = 0, *, error_body: bool = False) -> bytes:
    """The octets of one PDU.

    With a `command_status` other than 0 the responses that 3.4 sends without a body have none, unless `error_body`
    asks for it, as clients from the time of 3.3 need. Raises ValueError, or TypeError for a value of another type,
    naming the field that cannot be written.
    """
    try:
        number, body = _body(pdu, command_status != 0 and not error_body)
        return _pack_header(_HEADER_LENGTH + len(body), number, command_status, sequence_number) + body
    except (ValueError, TypeError, KeyError, struct.error) as error:
        _explain(pdu, sequence_number, command_status, error)


def _body(pdu: Pdu | UnknownPdu, bare: bool) -> tuple[int, bytes]:
    """A PDU's command_id and its body; `bare`: without one, where 3.4 sends none beside an error."""
    if type(pdu) is SubmitSm:
        return _SUBMIT_SM, write_message(pdu)
    if type(pdu) is DeliverSm:
        return _DELIVER_SM, write_message(pdu)
    if type(pdu) is DeliverSmResp:
        return _DELIVER_SM_RESP, write_message_id(pdu)
    if type(pdu) is SubmitSmResp and not bare:
        return _SUBMIT_SM_RESP, write_message_id(pdu)
    return _body_by_layout(pdu, bare)


def _body_by_layout(pdu: Pdu | UnknownPdu, bare: bool) -> tuple[int, bytes]:
    number = command_id(pdu)
    if isinstance(pdu, UnknownPdu):
        return number, pdu.body
    if bare and number in _BODYLESS_ERRORS:
        return number, b""
    values = [field.put(getattr(pdu, field.name)) for field in LAYOUTS[type(pdu)].fields]
    return number, b"".join(values) + write_tlvs(pdu.tlvs)


def _explain(pdu: Pdu | UnknownPdu, sequence_number: int, command_status: int, error: Exception) -> NoReturn:
    """Finds the field that could not be written; writing itself is not slowed by knowing where it is."""
    for name, number in (("sequence_number", sequence_number), ("command_status", command_status)):
        if not 0 <= number <= _U32:
            raise ValueError(f"{name} is {number}; four octets hold 0 to 0xffffffff") from error
    if isinstance(pdu, UnknownPdu) or type(pdu) not in LAYOUTS:
        raise TypeError(f"{pdu!r} is no PDU that can be written") from error
    for field in LAYOUTS[type(pdu)].fields:
        field.check(getattr(pdu, field.name))
    check_tlvs(pdu.tlvs)
    raise error


def decode(octets: bytes, limits: Limits = PEER_CARRIER) -> Frame:
    """The PDU in `octets`, which are one whole PDU as `framing` cuts them.

    Raises PduError for a request whose body cannot be read (or, with PEER_APP, breaks a limit), with the
    command_status to answer; FramingError when the octets are not one PDU. A response never raises PduError: what
    cannot be read of its body stands in `stray`. An unknown command_id gives an UnknownPdu.
    """
    length, number, command_status, sequence_number = peek_header(octets)
    if length != len(octets):
        raise FramingError(CommandStatus.ESME_RINVCMDLEN, f"command_length is {length} in {len(octets)} octets")
    pdu, stray = decode_body(octets, number, sequence_number, limits.lenient)
    return Frame(number, command_status, sequence_number, pdu, stray)


def decode_body(octets: bytes, number: int, sequence_number: int, lenient: bool) -> tuple[Pdu | UnknownPdu, bytes]:
    """The PDU and the `stray` of a Frame, of one whole PDU whose header was read. `number` is its command_id.

    Raises PduError as `decode` does.
    """
    try:
        if number == _SUBMIT_SM:
            return read_message(octets, lenient, deliver=False)
        if number == _DELIVER_SM:
            return read_message(octets, lenient, deliver=True)
        if not number & RESPONSE_BIT:
            return _read(octets, number, lenient)
        return _read_response(octets, number)
    except (IndexError, ValueError) as error:
        raise _pdu_error(octets, number, sequence_number, error) from None


def _read_response(octets: bytes, number: int) -> tuple[Pdu | UnknownPdu, bytes]:
    """Responses may come without their body: an error in 3.4, a terse peer's bind_resp. None is refused."""
    pdu: Pdu | UnknownPdu
    try:
        if number == _SUBMIT_SM_RESP:
            pdu, stray = read_message_id(octets, deliver=False)
        elif number == _DELIVER_SM_RESP:
            pdu, stray = read_message_id(octets, deliver=True)
        elif len(octets) == _HEADER_LENGTH and number in PDU_CLASSES:
            return PDU_CLASSES[number](), b""
        else:
            pdu, stray = _read(octets, number, lenient=True)
    except (IndexError, ValueError):
        pdu, stray = PDU_CLASSES[number](), octets[_HEADER_LENGTH:]
    return (pdu, stray) if not stray else _salvage(pdu, stray, octets)


def _read(octets: bytes, number: int, lenient: bool) -> tuple[Pdu | UnknownPdu, bytes]:
    pdu_class = PDU_CLASSES.get(number)
    if pdu_class is None:
        return UnknownPdu(number, octets[_HEADER_LENGTH:]), b""
    values = []
    position = _HEADER_LENGTH
    for field in LAYOUTS[pdu_class].fields:
        value, position = field.take(octets, position, lenient)
        values.append(value)
    tlvs, stray = read_tail(octets, position, lenient)
    return pdu_class(*values, tlvs), stray


def _salvage(pdu: Pdu | UnknownPdu, stray: bytes, octets: bytes) -> tuple[Pdu | UnknownPdu, bytes]:
    """A response that did not read to its end may be TLVs alone: some peers leave out the C-string."""
    tlvs = read_tlvs_exactly(octets, _HEADER_LENGTH)
    return (pdu, stray) if tlvs is None else (PDU_CLASSES[command_id(pdu)](tlvs=tlvs), b"")


def _pdu_error(octets: bytes, command_id: int, sequence_number: int, error: Exception) -> PduError:
    if isinstance(error, FieldError):
        return PduError(command_id, sequence_number, error.command_status, str(error))
    reason = f"the body ends in {_cut_field(octets, command_id)}"
    return PduError(command_id, sequence_number, CommandStatus.ESME_RINVMSGLEN, reason)


def _cut_field(octets: bytes, command_id: int) -> str:
    """The name of the field in which the body ends."""
    position = _HEADER_LENGTH
    for field in LAYOUTS[PDU_CLASSES[command_id]].fields:
        try:
            position = field.after(octets, position)
        except (IndexError, ValueError):
            return field.name
    return command_name(command_id)
