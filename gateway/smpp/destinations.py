"""The rows of submit_multi: whom a message is for, and whom it did not reach (§4.5.1, §4.5.2)."""

from collections.abc import Sequence
from typing import NamedTuple

from gateway.smpp.fields import CString, FieldError, Integer
from gateway.smpp.status import CommandStatus as S

_TON = Integer("dest_addr_ton")
_NPI = Integer("dest_addr_npi")
_ADDRESS = CString("destination_addr", 21, S.ESME_RINVDSTADR)
_LIST_NAME = CString("dl_name", 21, S.ESME_RINVDLNAME)
_SME, _LIST = 1, 2  # dest_flag (§5.2.25)
_MAX_DESTINATIONS = 254
_MAX_UNSUCCESSFUL = 255


class Destination(NamedTuple):
    """A destination of submit_multi: an SME's address (§4.5.1.1)."""

    dest_addr_ton: int
    dest_addr_npi: int
    destination_addr: str


class DistributionList(NamedTuple):
    """A destination of submit_multi: a list the SMSC knows by name (§4.5.1.2)."""

    dl_name: str


class Unsuccessful(NamedTuple):
    """An address a submit_multi did not reach, and the command_status that says why (§4.5.2.1)."""

    dest_addr_ton: int
    dest_addr_npi: int
    destination_addr: str
    error_status_code: int


def read_destinations(
    octets: bytes, position: int, lenient: bool
) -> tuple[tuple[Destination | DistributionList, ...], int]:
    """number_of_dests and dest_address(es). Raises FieldError, or IndexError or ValueError where the octets end."""
    rows: list[Destination | DistributionList] = []
    count = octets[position]
    position += 1
    if count > _MAX_DESTINATIONS and not lenient:
        raise FieldError(f"number_of_dests is over {_MAX_DESTINATIONS}", S.ESME_RINVNUMDESTS)
    for _ in range(count):
        flag = octets[position]
        if flag == _SME:
            ton, npi = octets[position + 1], octets[position + 2]
            address, position = _ADDRESS.take(octets, position + 3, lenient)
            rows.append(Destination(ton, npi, address))
        elif flag == _LIST:
            name, position = _LIST_NAME.take(octets, position + 1, lenient)
            rows.append(DistributionList(name))
        else:
            raise FieldError(f"dest_flag is {flag}", S.ESME_RINVDESTFLAG)
    return tuple(rows), position


def write_destinations(rows: Sequence[Destination | DistributionList]) -> bytes:
    """number_of_dests and dest_address(es). Raises ValueError or TypeError naming what cannot be written."""
    if len(rows) > _MAX_DESTINATIONS:
        raise ValueError(f"dest_address has {len(rows)} rows; at most {_MAX_DESTINATIONS} go on the wire")
    out = bytearray([len(rows)])
    for row in rows:
        if isinstance(row, Destination):
            out += bytes([_SME]) + _write_address(row.dest_addr_ton, row.dest_addr_npi, row.destination_addr)
        else:
            _LIST_NAME.check(row.dl_name)
            out += bytes([_LIST]) + row.dl_name.encode("latin-1") + b"\0"
    return bytes(out)


def read_unsuccessful(octets: bytes, position: int, lenient: bool) -> tuple[tuple[Unsuccessful, ...], int]:
    """no_unsuccess and unsuccess_sme(s). Raises as `read_destinations` does."""
    rows: list[Unsuccessful] = []
    count = octets[position]
    position += 1
    for _ in range(count):
        ton, npi = octets[position], octets[position + 1]
        address, position = _ADDRESS.take(octets, position + 2, lenient)
        octets[position + 3]  # an IndexError here, not a code cut short
        rows.append(Unsuccessful(ton, npi, address, int.from_bytes(octets[position : position + 4], "big")))
        position += 4
    return tuple(rows), position


def write_unsuccessful(rows: Sequence[Unsuccessful]) -> bytes:
    """no_unsuccess and unsuccess_sme(s). Raises ValueError or TypeError naming what cannot be written."""
    if len(rows) > _MAX_UNSUCCESSFUL:
        raise ValueError(f"unsuccess_sme has {len(rows)} rows; at most {_MAX_UNSUCCESSFUL} go on the wire")
    out = bytearray([len(rows)])
    for row in rows:
        if not 0 <= row.error_status_code <= 0xFFFFFFFF:
            raise ValueError(f"error_status_code is {row.error_status_code}; four octets hold 0 to 0xffffffff")
        out += _write_address(row.dest_addr_ton, row.dest_addr_npi, row.destination_addr)
        out += row.error_status_code.to_bytes(4, "big")
    return bytes(out)


def _write_address(ton: int, npi: int, address: str) -> bytes:
    _TON.check(ton)
    _NPI.check(npi)
    _ADDRESS.check(address)
    return bytes([ton, npi]) + address.encode("latin-1") + b"\0"
