"""What a target is: a function any input may be given to, and what a fuzzer needs to begin well."""

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Target(NamedTuple):
    """`one_input` returns for every input, or raises: whatever it raises is a finding.

    `seeds` are inputs made of tests/vectors/pdus.txt; `words` are octets worth putting in; `max_length` is the longest
    input worth making, in octets.
    """

    name: str
    one_input: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    max_length: int = 1024
    words: tuple[bytes, ...] = ()
