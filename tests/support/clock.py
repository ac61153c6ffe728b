"""A clock that moves when told, and as much of an event loop as a timer needs, running on it."""

from collections.abc import Callable


class ManualClock:
    """gateway.clock.Clock; both times move together, unless the wall clock is set."""

    def __init__(self, monotonic: float = 1000.0, utc: float = 1_700_000_000.0) -> None:
        self._monotonic = monotonic
        self._utc = utc

    def monotonic(self) -> float:
        return self._monotonic

    def utc(self) -> float:
        return self._utc

    def advance(self, seconds: float) -> float:
        """Move on; returns the monotonic time reached. Raises ValueError for a step back."""
        if seconds < 0:
            raise ValueError(f"a clock does not go back, not even by {-seconds} s")
        self._monotonic += seconds
        self._utc += seconds
        return self._monotonic

    def set_utc(self, ahead_s: float) -> None:
        """Set the wall clock so much forwards, or back where negative; the monotonic one runs on."""
        self._utc += ahead_s

    def advance_to(self, monotonic: float) -> float:
        """Move on to a monotonic time, exactly."""
        self.advance(monotonic - self._monotonic)
        self._monotonic = monotonic
        return monotonic


class ManualTimer:
    """What call_later gives."""

    def __init__(self, at: float, callback: Callable[[], object]) -> None:
        self.at = at
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class ManualLoop:
    """call_soon and call_later on a ManualClock: nothing runs but in `run` and `advance`."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.delays: list[float] = []
        """Every delay a timer was set to, in seconds."""
        self._ready: list[Callable[[], object]] = []
        self._timers: list[ManualTimer] = []

    @property
    def timers(self) -> list[ManualTimer]:
        """Those that will still ring, the next one first."""
        return sorted((timer for timer in self._timers if not timer.cancelled), key=lambda timer: timer.at)

    def call_soon(self, callback: Callable[[], object]) -> None:
        self._ready.append(callback)

    def call_later(self, delay: float, callback: Callable[[], object]) -> ManualTimer:
        self.delays.append(delay)
        timer = ManualTimer(self.clock.monotonic() + delay, callback)
        self._timers.append(timer)
        return timer

    def run(self) -> None:
        """Run what is ready, and what that makes ready."""
        while self._ready:
            ready, self._ready = self._ready, []
            for callback in ready:
                callback()

    def advance(self, seconds: float) -> None:
        """Move the clock on and ring each timer at its time."""
        until = self.clock.monotonic() + seconds
        self.run()
        while self.timers and self.timers[0].at <= until:
            timer = self.timers[0]
            self._timers.remove(timer)
            self.clock.advance_to(max(timer.at, self.clock.monotonic()))
            timer.callback()
            self.run()
        self.clock.advance_to(until)

    def stall(self, seconds: float) -> None:
        """Move the clock on while nothing runs; then ring once what is overdue."""
        self.clock.advance(seconds)
        for timer in [timer for timer in self.timers if timer.at <= self.clock.monotonic()]:
            self._timers.remove(timer)
            timer.callback()
        self.run()
