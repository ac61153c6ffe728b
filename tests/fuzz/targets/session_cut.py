"""`Session.receive`: the same events and the same answers wherever the network cuts the stream."""

from collections.abc import Callable, Iterator
from itertools import pairwise

from gateway.smpp.events import Closing, Event
from gateway.smpp.pdu import DataSm
from gateway.smpp.session import Session, WrongState
from tests.fuzz.octets import Octets
from tests.fuzz.target import Target
from tests.fuzz.targets.traffic import CELLS, VECTOR_OCTETS, framed, raw, vector
from tests.support.pair import session_in

_NOW = 1000.0
_KINDS: tuple[Callable[[Octets], bytes], ...] = (framed, vector, framed, raw)
_MOST_PDUS = 8


def session_cut(data: bytes) -> None:
    choices = Octets(data)
    cell = choices.one_of(CELLS)
    requests = choices.byte() & 3
    cuts = [choices.short() for _ in range(choices.byte() & 7)]
    pieces = [choices.one_of(_KINDS)(choices) for _ in range(_MOST_PDUS) if choices]
    stream = b"".join(pieces)
    places = sorted({cut % (len(stream) + 1) for cut in cuts}) if cuts else list(range(1, len(stream)))
    at_once, in_pieces = session_in(*cell), session_in(*cell)
    for session in (at_once, in_pieces):
        _ask(session, requests)
    whole = at_once.receive(stream, _NOW)
    cut = [
        event
        for start, end in pairwise([0, *places, len(stream)])
        for event in in_pieces.receive(stream[start:end], _NOW)
    ]
    assert _comparable(whole) == _comparable(cut), f"cut at {places}"
    assert at_once.state is in_pieces.state
    assert at_once.unanswered == in_pieces.unanswered
    assert at_once.data_to_send() == in_pieces.data_to_send()


def _ask(session: Session, requests: int) -> None:
    for number in range(requests):
        try:
            session.request(DataSm(), _NOW, number)
        except WrongState:
            return


def _comparable(events: list[Event]) -> list[Event]:
    """Why a stream is garbage may read differently when less of it was seen."""
    return [event._replace(detail="") if isinstance(event, Closing) else event for event in events]


def _seeds() -> Iterator[bytes]:
    for cell in range(len(CELLS)):
        for index in range(len(VECTOR_OCTETS)):
            yield bytes((cell, 1, 1, 0, 7, 1, index, 0))
        yield bytes((cell, 2, 0)) + b"".join(bytes((1, index, 0)) for index in range(0, len(VECTOR_OCTETS), 3))


TARGET = Target("session_cut", session_cut, _seeds, 512)
