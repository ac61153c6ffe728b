"""Hypothesis: PDUs of every class, with any values the wire can hold."""

from hypothesis import strategies as st

from gateway.smpp.destinations import Destination, DistributionList, Unsuccessful
from gateway.smpp.fields import CString, Field, Integer, Rows, ShortMessage
from gateway.smpp.pdu import LAYOUTS, Pdu, UnknownPdu
from gateway.smpp.spec import RESPONSE_BIT, Tag

octet = st.integers(0, 0xFF)
u32 = st.integers(0, 0xFFFFFFFF)
sequence_numbers = st.integers(1, 0x7FFFFFFF)
_printable = st.characters(min_codepoint=0x20, max_codepoint=0x7E)


def c_strings(limit: int, *, ascii_only: bool = False) -> st.SearchStrategy[str]:
    """Text of at most `limit` characters as a C-octet string can hold it."""
    characters = _printable if ascii_only else st.characters(min_codepoint=0x01, max_codepoint=0xFF)
    return st.text(characters, max_size=limit)


def tlvs(excluded: frozenset[int] = frozenset()) -> st.SearchStrategy[tuple[tuple[int, bytes], ...]]:
    """Known, unknown and repeated TLVs.

    Tag 0 is left out: at the start of the TLVs its first NUL cannot be told from a stray one.
    """
    tags = st.one_of(st.sampled_from([int(tag) for tag in Tag]), st.integers(0x100, 0xFFFF))
    tag = tags.filter(lambda number: number not in excluded)
    return st.lists(st.tuples(tag, st.binary(max_size=40)), max_size=5).map(tuple)


_destination = st.one_of(
    st.builds(Destination, octet, octet, c_strings(20)),
    st.builds(DistributionList, c_strings(20)),
)
_rows: dict[str, st.SearchStrategy[object]] = {
    "dest_address": st.lists(_destination, max_size=5).map(tuple),
    "unsuccess_sme": st.lists(st.builds(Unsuccessful, octet, octet, c_strings(20), u32), max_size=5).map(tuple),
}


def _values(field: Field) -> st.SearchStrategy[object]:
    match field:
        case Integer():
            return octet
        case CString():
            return c_strings(field.limit)
        case ShortMessage():
            return st.binary(max_size=field.limit)
        case Rows():
            return _rows[field.name]
    raise TypeError(f"no values for {field!r}")


def pdus_of(pdu_class: type) -> st.SearchStrategy[Pdu]:
    """PDUs of one class that can be written: message_payload never stands beside a short_message."""
    fields = LAYOUTS[pdu_class].fields
    has_text = any(isinstance(field, ShortMessage) for field in fields)
    excluded = frozenset({int(Tag.MESSAGE_PAYLOAD)}) if has_text else frozenset()
    values = {field.name: _values(field) for field in fields}
    return st.builds(pdu_class, **values, tlvs=tlvs(excluded))


pdus = st.sampled_from(list(LAYOUTS)).flatmap(pdus_of)
"""PDUs of every class."""

requests = st.sampled_from(
    [pdu_class for pdu_class, layout in LAYOUTS.items() if not layout.command_id & RESPONSE_BIT]
).flatmap(pdus_of)
"""PDUs that ask."""

unknown_pdus = st.builds(
    UnknownPdu, u32.filter(lambda number: number not in {layout.command_id for layout in LAYOUTS.values()}), st.binary()
)
