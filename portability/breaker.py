"""When a source outside may be asked: always while it answers, now and then while it does not.

A question that fails opens it only if nothing else was answered since that question went out, so that one lost
datagram among thousands of answers costs itself and no more. While it is open nobody waits for the source; when the
pause is over a single question goes out as a probe, and the pause doubles until one is answered.
"""

from enum import Enum, auto


class Standing(Enum):
    """What a question may do now."""

    CLOSED = auto()  # go out
    OPEN = auto()  # not go out
    PROBING = auto()  # not go out: one is out to try


class Breaker:
    """Times are monotonic seconds; pauses grow from `first_s` to `longest_s`."""

    def __init__(self, first_s: float = 1.0, longest_s: float = 30.0) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._pause_s = 0.0  # 0: closed
        self._until = float("-inf")
        self._probing = False
        self._answered_at = float("-inf")

    def standing(self, now: float) -> Standing:
        """Reads only; CLOSED also where the next question would be the probe."""
        if not self._pause_s:
            return Standing.CLOSED
        if self._probing:
            return Standing.PROBING
        return Standing.CLOSED if now >= self._until else Standing.OPEN

    def take(self, now: float) -> bool:
        """Whether a question may go out. After a yes comes one of `answered`, `failed` or `given_back`."""
        if self.standing(now) is not Standing.CLOSED:
            return False
        self._probing = self._pause_s > 0
        return True

    def withdrawn(self, asked_at: float) -> bool:
        """Whether a question that `take` let out at `asked_at` is not to go after all, if it has not gone yet."""
        return self._pause_s > 0 and asked_at < self._until

    def answered(self, now: float) -> None:
        """The source answered, whatever it said."""
        self._answered_at = now
        self._pause_s = 0.0
        self._probing = False

    def failed(self, asked_at: float, now: float) -> None:
        """A question that went out at `asked_at` came to nothing."""
        if self._answered_at >= asked_at:
            return
        if not self._pause_s:
            self._open(self._first_s, now)
        elif self._probing and asked_at >= self._until:
            self._open(min(self._pause_s * 2, self._longest_s), now)

    def given_back(self, asked_at: float) -> None:
        """A question was withdrawn before its end; the next one may be the probe."""
        if asked_at >= self._until:
            self._probing = False

    def _open(self, pause_s: float, now: float) -> None:
        self._pause_s = pause_s
        self._until = now + pause_s
        self._probing = False
