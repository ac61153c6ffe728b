"""The clocks of a session: session_init, enquire_link, inactivity, response (§7.2), unbind and the unfinished PDU.

`Watch` keeps one time to be asked at. It may come early: what happens on the hot way never moves it back, it is
computed anew when it has come. So a PDU costs a few assignments and no timer.
"""

import math
from dataclasses import dataclass
from enum import Enum, auto


@dataclass(frozen=True, slots=True)
class Timers:
    """How long a session waits, in seconds; None is never.

    session_init_s: from the connection (or our bind) until bound. enquire_link_s: idle in either direction until we
    ask. enquire_response_s: for its answer; two are missed before the session ends. response_s: for the answer to a
    message. inactivity_s: without anything at all from a bound peer. unbind_response_s: for unbind_resp, and for what
    is still owed when the peer unbinds. unfinished_pdu_s: from a PDU's first octet to its last.
    """

    session_init_s: float = 10.0
    enquire_link_s: float | None = 30.0
    enquire_response_s: float = 15.0
    response_s: float = 30.0
    inactivity_s: float | None = None
    unbind_response_s: float = 5.0
    unfinished_pdu_s: float = 10.0


class Due(Enum):
    """What a session has to see to now."""

    SESSION_INIT = auto()
    UNFINISHED_PDU = auto()
    RESPONSES = auto()
    ENQUIRE_LINK = auto()
    ENQUIRE_RESPONSE = auto()
    INACTIVITY = auto()
    UNBIND_RESPONSE = auto()


class _Phase(Enum):
    OPENING = auto()
    BOUND = auto()
    ENDING = auto()


class Watch:
    """The small state behind the timers. All times are monotonic seconds; `now` never goes back."""

    def __init__(self, timers: Timers, now: float) -> None:
        self.timers = timers
        self.wake_at = math.inf
        self.missed = 0
        self._phase = _Phase.OPENING
        self._phase_since = now
        self._last_received = now
        self._last_sent = now
        self._enquired_at: float | None = None
        self._unfinished_since: float | None = None
        self._waiting_since: float | None = None
        self.rearm()

    def opening(self, now: float) -> None:
        """session_init runs anew: a bind of ours or an outbind has gone out."""
        self._enter(_Phase.OPENING, now)

    def bound(self, now: float) -> None:
        """From here on the link is checked."""
        self._enter(_Phase.BOUND, now)

    def ending(self, now: float) -> None:
        """An unbind is under way."""
        self._enter(_Phase.ENDING, now)

    def received(self, now: float) -> None:
        """A whole PDU came, whichever: the peer lives, and has not missed an enquire_link."""
        self._last_received = now
        if self._enquired_at is not None:
            self._enquired_at = None
            self.missed = 0
            self.rearm()  # the next one may be due before this one's answer would have been overdue

    def sent(self, now: float) -> None:
        """Octets went out."""
        self._last_sent = now

    def enquired(self, now: float) -> None:
        """An enquire_link of ours went out."""
        self._enquired_at = now
        self.rearm()

    def unfinished(self, now: float, began: bool) -> None:
        """Part of a PDU came; `began`: it is another one than before."""
        if began or self._unfinished_since is None:
            self._unfinished_since = now
            self.wake_at = min(self.wake_at, now + self.timers.unfinished_pdu_s)

    def finished(self) -> None:
        """No part of a PDU is waiting for its rest."""
        self._unfinished_since = None

    def waiting(self, since: float | None) -> None:
        """An answer is awaited, the oldest since then; None: no longer any. Earlier than true does no harm."""
        self._waiting_since = since
        if since is not None:
            self.wake_at = min(self.wake_at, since + self.timers.response_s)

    def request_sent(self, now: float) -> None:
        """A request that fills the window went out."""
        if self._waiting_since is None:
            self.waiting(now)

    def due(self, now: float) -> list[Due]:
        """What has come due, the longest overdue first. The caller sees to all of it, then calls `rearm`."""
        if now < self.wake_at:
            return []
        overdue = sorted(((at, due.value, due) for at, due in self._deadlines() if at <= now))
        return [due for _, _, due in overdue]

    def rearm(self) -> None:
        """Compute anew when to be asked."""
        self.wake_at = min((at for at, _ in self._deadlines()), default=math.inf)

    def ring(self, now: float) -> None:
        """Ask at once: something has come to its end outside of a call that could have said so."""
        self.wake_at = min(self.wake_at, now)

    def stop(self) -> None:
        """The session is over: never ask again."""
        self.wake_at = math.inf

    def _enter(self, phase: _Phase, now: float) -> None:
        self._phase, self._phase_since = phase, now
        self.rearm()

    def _deadlines(self) -> list[tuple[float, Due]]:
        timers = self.timers
        deadlines: list[tuple[float, Due]] = []
        if self._waiting_since is not None:
            deadlines.append((self._waiting_since + timers.response_s, Due.RESPONSES))
        if self._unfinished_since is not None:
            deadlines.append((self._unfinished_since + timers.unfinished_pdu_s, Due.UNFINISHED_PDU))
        match self._phase:
            case _Phase.OPENING:
                deadlines.append((self._phase_since + timers.session_init_s, Due.SESSION_INIT))
            case _Phase.ENDING:
                deadlines.append((self._phase_since + timers.unbind_response_s, Due.UNBIND_RESPONSE))
            case _Phase.BOUND:
                deadlines.extend(self._link_deadlines())
        return deadlines

    def _link_deadlines(self) -> list[tuple[float, Due]]:
        timers = self.timers
        deadlines: list[tuple[float, Due]] = []
        if self._enquired_at is not None:
            deadlines.append((self._enquired_at + timers.enquire_response_s, Due.ENQUIRE_RESPONSE))
        elif timers.enquire_link_s is not None:
            quiet_since = min(self._last_received, self._last_sent)
            deadlines.append((quiet_since + timers.enquire_link_s, Due.ENQUIRE_LINK))
        if timers.inactivity_s is not None:
            deadlines.append((self._last_received + timers.inactivity_s, Due.INACTIVITY))
        return deadlines
