"""What the simulated SMSCs took, put together again: segments into the texts a phone would show."""

from typing import NamedTuple

from gateway.sim.records import Record
from gateway.smpp.spec import MessageState
from gateway.text.data_coding import Alphabet


class Arrival(NamedTuple):
    """A whole text at a carrier. `number` is national (ten digits), `at` (epoch seconds) when its last part was there.

    `records` are its parts in order: how each ends stands in them.
    """

    carrier: str
    number: str
    sender: str
    text: str
    at: float
    records: tuple[Record, ...]

    @property
    def ends(self) -> tuple[MessageState, ...]:
        """How each part ends at the carrier."""
        return tuple(record.end for record in self.records)


class _Key(NamedTuple):
    carrier: str
    number: str
    sender: str
    reference: int
    total: int


class Arrivals:
    """Joins parts as they come. `repeated` are parts that came twice while their text was incomplete."""

    def __init__(self) -> None:
        self.segments: dict[str, int] = {}
        self.repeated: list[Record] = []
        self._open: dict[_Key, dict[int, Record]] = {}

    @property
    def unfinished(self) -> int:
        """Texts that lack a part."""
        return len(self._open)

    def take(self, carrier: str, record: Record, alphabet: Alphabet) -> Arrival | None:
        """One more submit_sm; the text that it completes, if it does."""
        self.segments[carrier] = self.segments.get(carrier, 0) + 1
        concat = record.opened(alphabet).concat
        number = record.to[-10:]
        if concat is None or concat.total == 1:
            return _joined(carrier, number, (record,), alphabet)
        key = _Key(carrier, number, record.sender, concat.reference, concat.total)
        parts = self._open.setdefault(key, {})
        if concat.number in parts:
            self.repeated.append(record)
            return None
        parts[concat.number] = record
        if len(parts) < concat.total:
            return None
        del self._open[key]
        return _joined(carrier, number, tuple(parts[place] for place in sorted(parts)), alphabet)


def _joined(carrier: str, number: str, records: tuple[Record, ...], alphabet: Alphabet) -> Arrival:
    text = "".join(record.text(alphabet) for record in records)
    return Arrival(carrier, number, records[0].sender, text, max(record.at for record in records), records)
