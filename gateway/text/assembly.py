"""Parts of inbound messages -> whole ones: which parts belong together, and when to stop waiting for the rest.

Parts come in any order, on several binds, twice, or never. Everything here is values and times passed in; who stores
parts durably adds them again after a restart, in the order they came, and deletes them when a `Whole` names them.
"""

from enum import StrEnum
from itertools import islice, pairwise
from typing import NamedTuple

from gateway.text.data_coding import Alphabet
from gateway.text.decoding import Decoded, read
from gateway.text.encoding import Encoding
from gateway.text.oddity import Oddity
from gateway.text.udh import NO_SHIFT, Concat, Shift


class Sender(NamedTuple):
    """Whose parts they are: the carrier, the subscriber, and the number of ours written to."""

    carrier: str
    source: str
    destination: str


class Key(NamedTuple):
    """What parts of one message have in common; the width of the reference is part of it."""

    sender: Sender
    reference: int
    bits: int
    total: int


class Piece(NamedTuple):
    """One part's text, header off. `id` is the caller's name for it (a row of the store)."""

    number: int
    octets: bytes
    data_coding: int = 0
    shift: Shift = NO_SHIFT
    id: str = ""

    def says_the_same(self, other: "Piece") -> bool:
        """Whether a carrier sent the same part twice: equal but for our own id."""
        return self[:4] == other[:4]


class Ending(StrEnum):
    """Why a group was closed."""

    COMPLETE = "complete"
    TIMEOUT = "timeout"  # the rest did not come
    REUSED = "reused"  # the reference came back with another text
    CROWDED = "crowded"  # the cap on open groups


class Whole(NamedTuple):
    """A closed group: its parts by number, the numbers that are missing, and why it was closed."""

    key: Key
    pieces: tuple[Piece, ...]
    missing: tuple[int, ...]
    ending: Ending

    def read(self, alphabet: Alphabet = Alphabet.GSM7) -> Decoded:
        """The words. Neighbouring parts are joined first and read after, for a character may be cut in two; across a
        missing part, or between parts of different data_coding, nothing is joined."""
        runs = [read(data_coding, octets, alphabet, shift) for data_coding, shift, octets in self._runs()]
        oddities: dict[Oddity, None] = dict.fromkeys(oddity for run in runs for oddity in run.oddities)
        encodings = {run.encoding for run in runs}
        encoding = encodings.pop() if len(encodings) == 1 else Encoding.UCS2
        return Decoded("".join(run.text for run in runs), encoding, tuple(oddities))

    def _runs(self) -> list[tuple[int, Shift, bytes]]:
        first = self.pieces[0]
        runs = [(first.data_coding, first.shift, first.octets)]
        for before, piece in pairwise(self.pieces):
            coded = (piece.data_coding, piece.shift)
            if piece.number == before.number + 1 and coded == (before.data_coding, before.shift):
                runs[-1] = (*coded, runs[-1][2] + piece.octets)
            else:
                runs.append((*coded, piece.octets))
        return runs


class Taken(NamedTuple):
    """What became of a part: `duplicate` parts change nothing; `closed` are the groups it ended, its own or others."""

    duplicate: bool
    closed: tuple[Whole, ...] = ()


class _Group:
    """Parts of one key so far. Kept for a while after completion, to know the carrier's repetitions."""

    __slots__ = ("complete", "first_at", "last_at", "pieces")

    def __init__(self, now: float) -> None:
        self.pieces: dict[int, Piece] = {}
        self.first_at = self.last_at = now
        self.complete = False


class Limits(NamedTuple):
    """When to stop waiting (seconds) and how many groups are remembered, complete ones included."""

    silence_s: float = 600.0  # since the last part
    age_s: float = 1800.0  # since the first part
    repeats_s: float = 120.0  # how long a complete group is remembered
    groups_per_source: int = 20
    groups: int = 50_000


class Assembly:
    """All open groups. One owner; `now` is any clock in seconds that never goes back.

    Three queues stay in order by themselves, because each limit is the same for all: so the next to expire is always
    at the head of one of them, and nothing is kept for a group that is gone.
    """

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 (an immutable value)
        self._limits = limits
        self._groups: dict[Key, _Group] = {}
        self._by_source: dict[tuple[str, str], dict[Key, None]] = {}  # each oldest first
        self._by_age: dict[Key, None] = {}  # open groups, oldest first
        self._by_silence: dict[Key, None] = {}  # open groups, longest silent first
        self._complete: dict[Key, None] = {}  # remembered ones, first completed first

    def __len__(self) -> int:
        """Groups remembered, complete ones included."""
        return len(self._groups)

    def add(self, sender: Sender, concat: Concat, piece: Piece, now: float) -> Taken:
        """Takes one part of a message of `concat.total` parts, and closes what has expired by `now`.

        Raises ValueError when `piece.number` is not 1 to `concat.total`.
        """
        if not 1 <= piece.number <= concat.total:
            raise ValueError(f"part {piece.number} of {concat.total}")
        key = Key(sender, concat.reference, concat.bits, concat.total)
        closed = self.expire(now)
        group = self._groups.get(key)
        known = None if group is None else group.pieces.get(piece.number)
        if known is not None and known.says_the_same(piece):
            return Taken(True, tuple(closed))
        if known is not None:
            closed += self._close(key, Ending.REUSED)
            group = None
        if group is None:
            closed += self._make_room(sender)
            group = self._open(key, now)
        closed += self._put(key, group, piece, now)
        return Taken(False, tuple(closed))

    def next_expiry(self) -> float | None:
        """When `expire` has something to do, or None while no group is remembered."""
        return min((when for _, when in self._heads()), default=None)

    def expire(self, now: float) -> list[Whole]:
        """Closes what has waited long enough, and forgets complete groups whose time is over."""
        closed: list[Whole] = []
        while due := [key for key, when in self._heads() if when <= now]:
            closed += self._close(due[0], Ending.TIMEOUT)
        return closed

    def _heads(self) -> list[tuple[Key, float]]:
        """The first of each queue, and when its time is over."""
        groups, limits = self._groups, self._limits
        heads = [(key, groups[key].last_at + limits.silence_s) for key in islice(self._by_silence, 1)]
        heads += [(key, groups[key].first_at + limits.age_s) for key in islice(self._by_age, 1)]
        heads += [(key, groups[key].last_at + limits.repeats_s) for key in islice(self._complete, 1)]
        return heads

    def _open(self, key: Key, now: float) -> _Group:
        group = self._groups[key] = _Group(now)
        self._by_source.setdefault(_source(key.sender), {})[key] = None
        self._by_age[key] = None
        return group

    def _put(self, key: Key, group: _Group, piece: Piece, now: float) -> list[Whole]:
        group.pieces[piece.number] = piece
        group.last_at = now
        self._by_silence.pop(key, None)
        if len(group.pieces) < key.total:
            self._by_silence[key] = None
            return []
        group.complete = True
        del self._by_age[key]
        self._complete[key] = None
        return [_whole(key, group, Ending.COMPLETE)]

    def _close(self, key: Key, ending: Ending) -> list[Whole]:
        """Forgets the group; a group that was not complete comes out as it is."""
        group = self._groups.pop(key)
        for queue in (self._by_age, self._by_silence, self._complete):
            queue.pop(key, None)
        keys = self._by_source[_source(key.sender)]
        del keys[key]
        if not keys:
            del self._by_source[_source(key.sender)]
        return [] if group.complete else [_whole(key, group, ending)]

    def _make_room(self, sender: Sender) -> list[Whole]:
        """Closes one group of a source that is at its cap, and one of all at the cap of all: a complete one if there
        is one, else the oldest."""
        closed: list[Whole] = []
        keys = self._by_source.get(_source(sender), {})
        if len(keys) >= self._limits.groups_per_source:
            victim = next((key for key in keys if key in self._complete), next(iter(keys)))
            closed += self._close(victim, Ending.CROWDED)
        if len(self._groups) >= self._limits.groups:
            closed += self._close(next(iter(self._complete or self._by_age)), Ending.CROWDED)
        return closed


def _source(sender: Sender) -> tuple[str, str]:
    return sender.carrier, sender.source


def _whole(key: Key, group: _Group, ending: Ending) -> Whole:
    pieces = tuple(group.pieces[number] for number in sorted(group.pieces))
    missing = tuple(number for number in range(1, key.total + 1) if number not in group.pieces)
    return Whole(key, pieces, missing, ending)
