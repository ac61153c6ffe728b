"""Records compare, show and replace what a NamedTuple would, whether they have their attributes or inherit them."""

import pytest

from gateway.smpp.events import Received
from gateway.smpp.pdu import DeliverSm, Request, SubmitSm, Unbind
from gateway.smpp.record import Record
from gateway.smpp.requests import Pending

SUBMIT = SubmitSm(source_addr="28282", destination_addr="525512345678", short_message=b"Hola", tlvs=((5, b"1"),))


@pytest.mark.parametrize(
    ("record", "changes"),
    [
        (SUBMIT, {"destination_addr": "525512345679"}),
        (SUBMIT, {"tlvs": ()}),
        (Received(7, Unbind(), 0), {"sequence_number": 8}),
        (Pending("context", 4, 1.5), {"context": None}),
    ],
)
def test_replace_changes_what_it_is_told_and_nothing_else(record: Record, changes: dict[str, object]) -> None:
    other = record._replace(**changes)
    assert other != record
    assert {name: getattr(other, name) for name in changes} == changes
    assert other._replace(**{name: getattr(record, name) for name in changes}) == record


@pytest.mark.parametrize("request_", [DeliverSm(), Unbind()])
def test_records_of_two_classes_are_never_the_same(request_: Request) -> None:
    assert SubmitSm() != request_


def test_record_shows_all_its_values() -> None:
    shown = repr(Received(7, Unbind(), 0))
    assert shown.startswith("Received(")
    assert all(each in shown for each in ("sequence_number=7", "pdu=Unbind(tlvs=())", "command_status=0"))
    assert "short_message=b'Hola'" in repr(SUBMIT)
