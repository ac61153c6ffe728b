"""What a peer may send: well-formed PDUs, PDUs well framed with any body, and octets that are nothing."""

from gateway.smpp.matrix import Role, State
from gateway.smpp.pdu import PDU_CLASSES
from tests.fuzz.octets import Octets
from tests.smpp.vectors import VECTORS

CELLS = tuple((role, state) for role in Role for state in State)
VECTOR_OCTETS = tuple(VECTORS.values())
COMMAND_IDS = (*PDU_CLASSES, 0x111, 0x80000111, 0x01000001, 0xFFFFFFFF, 0)
SEQUENCE_NUMBERS = (1, 2, 3, 4, 5, 0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
STATUSES = (0, 1, 2, 0x58, 0x14, 0x455, 0xFFFFFFFF)


def vector(choices: Octets) -> bytes:
    """A worked PDU under a sequence number of the input's choice."""
    octets = choices.one_of(VECTOR_OCTETS)
    return octets[:12] + choices.one_of(SEQUENCE_NUMBERS).to_bytes(4, "big") + octets[16:]


def framed(choices: Octets) -> bytes:
    """A PDU by its header, with a body of anything; under 512 octets, so that no state takes it for garbage."""
    header = (choices.one_of(COMMAND_IDS), choices.one_of(STATUSES), choices.one_of(SEQUENCE_NUMBERS))
    body = choices.take(choices.byte())
    return b"".join(value.to_bytes(4, "big") for value in (16 + len(body), *header)) + body


def raw(choices: Octets) -> bytes:
    """Octets that are no PDU but by chance."""
    return choices.take(choices.byte() & 0x3F)
