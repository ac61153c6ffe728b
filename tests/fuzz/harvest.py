"""Of many inputs the few that reach something the others do not: each that takes a step between lines not taken yet.

Coarser than libFuzzer's own merge, which also counts how often a step is taken; in return it needs nothing but Python,
and what it leaves is small enough to be kept in the repository.
"""

import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

_Step = tuple[str, int, int]
_OURS = ("/gateway/smpp/", "/gateway/text/", "<read ", "<write ")  # the last two: what `straight` generates


def essential(one_input: Callable[[bytes], None], inputs: Iterable[bytes]) -> list[bytes]:
    """The inputs worth keeping, shorter ones before longer ones. Raises what an input raises."""
    known: set[_Step] = set()
    kept: list[bytes] = []
    for data in sorted(set(inputs), key=lambda data: (len(data), data)):
        taken = steps(one_input, data)
        if not taken <= known:
            known |= taken
            kept.append(data)
    return kept


def steps(one_input: Callable[[bytes], None], data: bytes) -> set[_Step]:
    """(file, line, next line) for each step the input takes in gateway/smpp and gateway/text."""
    taken: set[_Step] = set()

    def enter(frame: FrameType, event: str, argument: object) -> Callable[..., Any] | None:
        file = frame.f_code.co_filename
        if not any(ours in file for ours in _OURS):
            return None
        before = frame.f_code.co_firstlineno

        def step(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
            nonlocal before
            if event == "line":
                taken.add((file, before, frame.f_lineno))
                before = frame.f_lineno
            return step

        return step

    outer = sys.gettrace()
    sys.settrace(enter)
    try:
        one_input(data)
    finally:
        sys.settrace(outer)
    return taken
