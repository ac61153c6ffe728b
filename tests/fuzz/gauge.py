"""What one run of a target is measured by: how fast, how slow at worst, and whether memory grew."""

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_PAGE = 4096
_LOOK_EVERY = 64  # inputs between two looks at the clock and the memory


class Bounds(NamedTuple):
    """What a run may take. `input_cpu_s`: processor time of one input, `rss_mib` and `blocks`: growth after warm-up.

    The resident set holds the fuzzer's own corpus too, so its bound is loose; Python's allocated blocks are ours alone.
    """

    input_cpu_s: float = 0.25
    rss_mib: float = 48.0
    blocks: int = 20_000


class Memory(NamedTuple):
    """After a garbage collection: resident set in MiB, Python's allocated blocks."""

    rss_mib: float
    blocks: int

    @classmethod
    def now(cls) -> "Memory":
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return cls(pages * _PAGE / (1 << 20), sys.getallocatedblocks())


class Figures(NamedTuple):
    """One run. `start`, `warm` and `end`: before the first input, after a fifth of the run, behind the last."""

    target: str
    inputs: int
    seconds: float
    slowest_input_s: float
    start: Memory
    warm: Memory
    end: Memory

    def faults(self, bounds: Bounds) -> list[str]:
        """Where memory grew by more than it may; empty for a good run."""
        grown, blocks = self.end.rss_mib - self.warm.rss_mib, self.end.blocks - self.warm.blocks
        return [
            *([f"the resident set grew by {grown:.1f} MiB after warm-up"] if grown > bounds.rss_mib else []),
            *([f"Python's blocks grew by {blocks} after warm-up"] if blocks > bounds.blocks else []),
        ]


class TooSlow(Exception):
    """An input took more processor time than any may: on an event loop everyone else waits for it."""


class Gauge:
    """Stands in front of a target's function. Ends the run by calling `done` with the figures.

    The run ends at `inputs` inputs or after `seconds`, whichever is given and comes first.
    """

    def __init__(
        self,
        name: str,
        one_input: Callable[[bytes], None],
        done: Callable[[Figures], None],
        *,
        inputs: int | None,
        seconds: float | None,
        bounds: Bounds,
    ) -> None:
        self._name, self._one_input, self._done, self._bounds = name, one_input, done, bounds
        self._most_inputs = inputs or sys.maxsize
        self._most_seconds = seconds or float("inf")
        self._count = 0
        self._slowest = 0.0
        self._begun = time.monotonic()
        self._start = Memory.now()
        self._warm: Memory | None = None

    def __call__(self, data: bytes) -> None:
        before = time.thread_time()
        self._one_input(data)
        took = time.thread_time() - before
        if took > self._slowest:
            self._slowest = took
            if took > self._bounds.input_cpu_s:
                raise TooSlow(f"{took:.3f} s of processor time for one input of {len(data)} octets")
        self._count += 1
        if self._count % _LOOK_EVERY == 0 or self._count >= self._most_inputs:
            self._look()

    def _look(self) -> None:
        seconds = time.monotonic() - self._begun
        part = max(self._count / self._most_inputs, seconds / self._most_seconds)
        if self._warm is None and part >= 0.2:
            self._warm = Memory.now()
        if part >= 1:
            end = Memory.now()
            warm = self._warm or end
            self._done(Figures(self._name, self._count, seconds, self._slowest, self._start, warm, end))
