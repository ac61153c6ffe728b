"""What may go now: over a carrier's lanes, its bucket, and its binds.

`pick` spends what it names, so a caller that gets a Send sends it (or gives it back). Fast comes first. While a fast
message waits for tokens or places, bulk gets none: what it could take is less, and a long OTP would never find its
places together. How much bulk leaves is in the bucket's headroom and in the window's reserved places, of the carrier
and of each bind, as paced at the moment; see `bucket` for the figures.

A message goes whole: its segments are paid for together and need their places together. Where it has more of them than
can ever be free at once (a window of 1, two segments a second), Send says how many go now, and the caller pushes the
rest to the front, with the same `together`, once these have been answered.

Messages go over the bind with most free places, in turn among equals. Those that belong together go over the bind where
the first of them went: if that one may not send now they are set aside with it, and others go on.
"""

from collections import deque
from collections.abc import Iterable
from math import inf
from typing import Final, Generic, NamedTuple, TypeVar, final

from throughput.bucket import TokenBucket
from throughput.entry import Entry, Place
from throughput.gate import Gate
from throughput.lanes import Lane

T = TypeVar("T")

__all__ = ["Gate", "Idle", "Scheduler", "Send", "Wait"]

REMEMBERED = 10_000
"""How many groups that go together have their bind remembered: far more than are under way at once."""


@final
class Send(Generic[T]):
    """The next `segments` segments of an entry go over this bind now; tokens and places are taken. No tuple with names,
    for one is made for every message."""

    __slots__ = ("entry", "gate", "segments", "urgent")

    def __init__(self, entry: Entry[T], gate: Gate, segments: int, urgent: bool) -> None:
        self.entry = entry
        self.gate = gate
        self.segments = segments
        self.urgent = urgent


@final
class Wait(NamedTuple):
    """Nothing before `until`, in monotonic seconds, unless something comes or is answered."""

    until: float


@final
class Idle(NamedTuple):
    """Nothing until something comes, is answered, or a bind comes up."""


_IDLE: Final = Idle()
_WAITS: Final = Place.WAITS


class _Kept(Generic[T]):
    """What waits for one bind, out of its lane's turns."""

    __slots__ = ("entries", "gate")

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.entries: deque[Entry[T]] = deque()


class Scheduler(Generic[T]):
    """One carrier's. `lanes` are `fast` and `bulk`."""

    def __init__(self, bucket: TokenBucket, fast: Lane[T], bulk: Lane[T], gates: Iterable[Gate] = ()) -> None:
        """`bucket` is the whole carrier's; it and the gates know the fast lane's reserve."""
        self.bucket = bucket
        self.lanes: dict[str, Lane[T]] = {"fast": fast, "bulk": bulk}
        self.gates: list[Gate] = list(gates)
        self._fast = fast
        self._bulk = bulk
        self._turn = 0
        self._ways: dict[str, Gate] = {}
        self._kept: dict[tuple[bool, str], _Kept[T]] = {}

    def add(self, gate: Gate) -> None:
        """One more bind."""
        self.gates.append(gate)

    def remove(self, gate: Gate) -> None:
        """A bind that is no more; what was kept for it goes over the others."""
        self.gates.remove(gate)
        gate.up = False

    def pick(self, now: float) -> "Send[T] | Wait | Idle":
        """The next message that goes, with its bind; or when to ask again."""
        until = inf
        if self._kept:
            kept = self._pick_kept(now, urgent=True)
            if type(kept) is Send:
                return kept
            until = kept.until
        found = self._pick_lane(self._fast, now, True)
        if found is None:
            if self._kept:
                kept = self._pick_kept(now, urgent=False)
                if type(kept) is Send:
                    return kept
                until = min(until, kept.until)
            found = self._pick_lane(self._bulk, now, False)
        if type(found) is Send:
            return found
        if found is not None and found.until < until:
            until = found.until
        return Wait(until) if until < inf else _IDLE

    def give_back(self, send: Send[T], segments: int) -> None:
        """So many of what was just picked were not sent after all: their tokens and places are free. Before the next
        `pick`."""
        self.bucket.give_back(segments, send.urgent)
        send.gate.bucket.give_back(segments, send.urgent)
        send.gate.window.give_back(segments)

    # -- lanes ------------------------------------------------------------------------------------------------------

    def _pick_lane(self, lane: Lane[T], now: float, urgent: bool) -> "Send[T] | Wait | None":
        """A lane's next; None where it has nothing to send."""
        while (entry := lane.peek()) is not None:
            gate = self._way(entry) if entry.together else None
            if gate is not None and self._keeps(entry, gate, now, urgent):
                self._keep(lane.set_aside(), gate, urgent)
                continue
            bucket, n = self.bucket, entry.cost
            if n > 1:
                n = min(n, bucket.most(urgent))
                ready_at = bucket.next_send_time(now, n, urgent)
            else:
                ready_at = bucket.urgent_ready_at if urgent else bucket.ready_at
            if ready_at > now:
                return Wait(ready_at)
            chosen = self._choose(n, now, urgent) if gate is None else gate
            if not isinstance(chosen, Gate):
                return Wait(chosen)
            lane.pop()
            return self._send(entry, chosen, now, n, urgent)
        return None

    def _choose(self, n: int, now: float, urgent: bool) -> Gate | float:
        """The bind for `n` segments; or when one may have tokens again, inf where only an answer can help."""
        gates = self.gates
        count = len(gates)
        best: Gate | None = None
        most = 0
        until = inf
        kept = bool(self._kept)
        turn = self._turn
        for offset in range(count):
            gate = gates[(turn + offset) % count]
            if not gate.up or (kept and self._kept_for(gate, urgent)):
                continue
            window = gate.window
            free = window.size - window.used
            if not urgent:
                free -= window.reserved
            if free <= most or (n > 1 and free < _at_once(gate, n, urgent)):
                continue
            ready_at = self._ready_at(gate, n, now, urgent)
            if ready_at <= now:
                best, most = gate, free
            elif ready_at < until:
                until = ready_at
        if best is None:
            return until
        self._turn = (turn + 1) % count
        return best

    def _ready_at(self, gate: Gate, n: int, now: float, urgent: bool) -> float:
        """When a bind's tokens and pace let `n` segments go; `now` or earlier means at once."""
        bucket = gate.bucket
        if n > 1:
            ready_at = bucket.next_send_time(now, _at_once(gate, n, urgent), urgent)
        else:
            ready_at = bucket.urgent_ready_at if urgent else bucket.ready_at
        return ready_at if ready_at > gate.paused_until else gate.paused_until

    def _send(self, entry: Entry[T], gate: Gate, now: float, n: int, urgent: bool) -> Send[T]:
        if n > 1:
            n = _at_once(gate, n, urgent)
        since = (self._fast if urgent else self._bulk).busy_since
        self.bucket.spend(now, since, n, urgent)
        gate.bucket.spend(now, since, n, urgent)
        gate.window.used += n
        if entry.together:
            self._remember(entry, gate)
        return Send(entry, gate, n, urgent)

    # -- what goes together -----------------------------------------------------------------------------------------

    def _way(self, entry: Entry[T]) -> Gate | None:
        """The bind where others of the entry's group went, while it is up."""
        gate = self._ways.get(entry.together)
        return gate if gate is not None and gate.up else None

    def _remember(self, entry: Entry[T], gate: Gate) -> None:
        ways = self._ways
        ways.pop(entry.together, None)  # the one used last stands last
        ways[entry.together] = gate
        if len(ways) > REMEMBERED:
            del ways[next(iter(ways))]

    def _keeps(self, entry: Entry[T], gate: Gate, now: float, urgent: bool) -> bool:
        """Whether the entry must wait for its bind: that may not send, or others wait for it already."""
        n = _at_once(gate, min(entry.cost, self.bucket.most(urgent)), urgent)
        return (
            (urgent, gate.name) in self._kept
            or gate.window.free(urgent) < n
            or self._ready_at(gate, n, now, urgent) > now
        )

    def _kept_for(self, gate: Gate, urgent: bool) -> bool:
        """Whether a message of this lane, or of one before it, waits for the bind: others leave it its places."""
        return (True, gate.name) in self._kept or (not urgent and (False, gate.name) in self._kept)

    def _keep(self, entry: Entry[T], gate: Gate, urgent: bool) -> None:
        self._kept.setdefault((urgent, gate.name), _Kept(gate)).entries.append(entry)

    def _pick_kept(self, now: float, *, urgent: bool) -> "Send[T] | Wait":
        """The first of what waits for its bind that may go now; else when one may."""
        until = inf
        lane = self._fast if urgent else self._bulk
        for key, kept in list(self._kept.items()):
            if key[0] is not urgent:
                continue
            entries, gate = kept.entries, kept.gate
            while entries and entries[0].place is not _WAITS:
                entries.popleft()
            if not gate.up:
                while entries:
                    entry = entries.pop()
                    if entry.place is _WAITS:
                        lane.push_front(entry)
            if not entries:
                del self._kept[key]
                continue
            entry = entries[0]
            n = min(entry.cost, self.bucket.most(urgent))
            if gate.window.free(urgent) < _at_once(gate, n, urgent):
                continue
            ready_at = max(self.bucket.next_send_time(now, n, urgent), self._ready_at(gate, n, now, urgent))
            if ready_at <= now:
                lane.release(entries.popleft())
                return self._send(entry, gate, now, n, urgent)
            until = min(until, ready_at)
        return Wait(until)


def _at_once(gate: Gate, n: int, urgent: bool) -> int:
    """How many of `n` segments a bind can ever take at once."""
    return min(n, gate.window.most(urgent), gate.bucket.most(urgent))
