"""PDU <-> octets, driven by the layouts of `pdu` (§3.2).

Strict in what we send, lenient in what we read: an odd value never costs a session.
"""

import struct
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn, TypeAlias

from gateway.smpp.errors import FramingError, PduError
from gateway.smpp.fields import FieldError, check_tlvs, read_tlvs_exactly
from gateway.smpp.pdu import LAYOUTS, PDU_CLASSES, Pdu, UnknownPdu
from gateway.smpp.spec import CommandId, command_name, is_response
from gateway.smpp.status import CommandStatus
from gateway.smpp.straight import HEADER, reader, writer

_HEADER_LENGTH = HEADER.size
_unpack_header = HEADER.unpack_from
_U32 = 0xFFFFFFFF


class Frame(NamedTuple):
    """One PDU as received: its header, its values, and the octets of its body that could not be read.

    `stray` is empty for a well-formed PDU; else it is to be counted, and is never a reason to refuse the PDU.
    """

    command_id: int
    command_status: int
    sequence_number: int
    pdu: Pdu | UnknownPdu
    stray: bytes = b""


_Reader: TypeAlias = Callable[[bytes, int, int, int], Frame]
_Writer: TypeAlias = Callable[[Any, int, int, bool], bytes]


class Limits(NamedTuple):
    """How strictly a peer's requests are read; responses are read leniently from anyone."""

    name: str
    readers: dict[int, _Reader]


def _limits(name: str, *, lenient: bool) -> Limits:
    return Limits(
        name,
        {
            layout.command_id.value: reader(pdu_class, layout, Frame, lenient=lenient or is_response(layout.command_id))
            for pdu_class, layout in LAYOUTS.items()
        },
    )


PEER_CARRIER = _limits("carrier", lenient=True)
"""C-strings up to 255 characters, TLVs as far as they can be read."""

PEER_APP = _limits("app", lenient=False)
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


def _write_unknown(pdu: UnknownPdu, command_status: int, sequence_number: int, error_body: bool) -> bytes:  # noqa: ARG001  a writer's signature
    return HEADER.pack(_HEADER_LENGTH + len(pdu.body), pdu.command_id, command_status, sequence_number) + pdu.body


_WRITERS: dict[type, _Writer] = {
    pdu_class: writer(layout, bodyless_error=layout.command_id in _BODYLESS_ERRORS)
    for pdu_class, layout in LAYOUTS.items()
} | {UnknownPdu: _write_unknown}


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
        return _WRITERS[type(pdu)](pdu, command_status, sequence_number, error_body)
    except (ValueError, TypeError, KeyError, struct.error) as error:
        _explain(pdu, sequence_number, command_status, error)


def _explain(pdu: Pdu | UnknownPdu, sequence_number: int, command_status: int, error: Exception) -> NoReturn:
    """Finds the field that could not be written; writing itself is not slowed by knowing where it is."""
    for name, number in (("sequence_number", sequence_number), ("command_status", command_status)):
        if not 0 <= number <= _U32:
            raise ValueError(f"{name} is {number}; four octets hold 0 to 0xffffffff") from error
    if isinstance(pdu, UnknownPdu) or type(pdu) not in LAYOUTS:
        raise TypeError(f"{pdu!r} is no PDU that can be written") from error
    for field in LAYOUTS[type(pdu)].fields:
        for name in field.names:
            field.check(getattr(pdu, name))
    check_tlvs(pdu.tlvs)
    raise error


def decode(octets: bytes, limits: Limits = PEER_CARRIER) -> Frame:
    """The PDU in `octets`, which are one whole PDU as `framing` cuts them.

    Raises PduError for a request whose body cannot be read (or, with PEER_APP, breaks a limit), with the
    command_status to answer; FramingError when the octets are not one PDU. A response never raises PduError: what
    cannot be read of its body stands in `stray`. An unknown command_id gives an UnknownPdu.
    """
    if len(octets) < _HEADER_LENGTH:
        raise _no_pdu(octets)
    length, command_id, command_status, sequence_number = _unpack_header(octets)
    if length != len(octets):
        raise FramingError(CommandStatus.ESME_RINVCMDLEN, f"command_length is {length} in {len(octets)} octets")
    read = limits.readers.get(command_id)
    if read is None:
        return Frame(command_id, command_status, sequence_number, UnknownPdu(command_id, octets[_HEADER_LENGTH:]))
    try:
        frame = read(octets, command_id, command_status, sequence_number)
    except (IndexError, ValueError) as error:
        if not is_response(command_id):
            raise _pdu_error(octets, command_id, sequence_number, error) from None
        empty = PDU_CLASSES[command_id]()
        frame = Frame(command_id, command_status, sequence_number, empty, octets[_HEADER_LENGTH:])
    if frame.stray and is_response(command_id):
        return _salvage(frame, octets)
    return frame


def _salvage(frame: Frame, octets: bytes) -> Frame:
    """A response that did not read to its end may be TLVs alone: some peers leave out the C-string."""
    tlvs = read_tlvs_exactly(octets, _HEADER_LENGTH)
    if tlvs is None:
        return frame
    return frame._replace(pdu=PDU_CLASSES[frame.command_id](tlvs=tlvs), stray=b"")


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
            return field.names[0]
    return command_name(command_id)
