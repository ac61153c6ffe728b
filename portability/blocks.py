"""A file of ported numbers, some hundred thousand rows at a time.

A block whose rows all have the plain form (home country's digits, nothing quoted, known networks) is taken apart by a
few calls that run in C over the whole block: 0.3 µs a row. A block with anything else in it is judged row by row, 2 µs,
so that every bad row is named; from the first quoted field on everything is, because quotes may hold line ends.
"""

import io
from collections.abc import Callable, Iterator
from operator import lt
from typing import Any, BinaryIO, NamedTuple

from portability.network_values import FieldError
from portability.networks import Networks
from portability.rows import BadRow, Change, HeaderError, PortedRows

BLOCK = 1 << 22  # octets; about 260,000 rows, 60 MB while they are taken apart
_SLOW_ROWS = 200_000
_LONGEST_HEADER = 4096
_NOT_SHAPE = bytes(octet for octet in range(256) if octet not in b",\n+")
# The plain form: twelve digits beginning with 52, then 2-9 (E.164 of Mexico).
_LOWEST, _HIGHEST = 522_000_000_000, 529_999_999_999


class Block(NamedTuple):
    """Rows in their order: `values[i]` is the network value of `numbers[i]`, None to take it out. `bad`: the others."""

    numbers: list[int]
    values: list[int | None]
    bad: list[BadRow]


class PortedBlocks:
    """Iterates over the blocks of `source`, from its start. Raises HeaderError, also while iterating.

    `name_id` as in PortedRows; `octets`, of which a test may want fewer, is the size of a block.
    """

    def __init__(
        self,
        source: BinaryIO,
        networks: Networks,
        *,
        region: str,
        name_id: Callable[[str], int],
        octets: int = BLOCK,
    ) -> None:
        source.seek(0)
        header = source.readline(_LONGEST_HEADER)
        if header and not header.endswith(b"\n") and len(header) == _LONGEST_HEADER:
            raise HeaderError("line 1 has no end, expected a header: number,network or number,rida,rcr")
        lines = [header.decode("utf-8-sig", errors="replace")] if header else []
        self.rows = PortedRows(lines, networks, region=region, name_id=name_id)
        self._source = source
        self._octets = octets
        self._line = 2
        self._mexican = region == "MX"
        columns = len(self.rows.header)
        self._shapes = {plus + b"," * (columns - 1) + b"\n": bool(plus) for plus in (b"", b"+")}
        if self.rows.number_at:
            self._shapes = {shape: plus for shape, plus in self._shapes.items() if not plus}
        self._known: dict[bytes | tuple[bytes, ...], int | None] = {}

    def __iter__(self) -> Iterator[Block]:
        while text := self._source.read(self._octets):
            text += self._source.readline()
            if b'"' in text:
                yield from self._rest(text)
                return
            yield self._plain(text) or self._judged(io.StringIO(_decoded(text), newline=""), self._line)
            self._line += text.count(b"\n")

    def _plain(self, text: bytes) -> Block | None:
        """The block, if all of it has the plain form."""
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n")
            if b"\r" in text:
                return None
        if not text.endswith(b"\n"):
            text += b"\n"
        rows = text.count(b"\n")
        shape = text.translate(None, _NOT_SHAPE)
        for row, plus in self._shapes.items():
            if len(shape) == rows * len(row) and shape == row * rows:
                return self._apart(text.replace(b"+", b"") if plus else text, rows)
        return None

    def _apart(self, text: bytes, rows: int) -> Block | None:
        fields = text.replace(b"\n", b",").split(b",")
        columns = len(self.rows.header)
        digits = fields[self.rows.number_at : -1 : columns]
        # int() takes more than digits, and the length of the whole is that of the rows only if all have twelve.
        together = b"".join(digits)
        if not (self._mexican and len(together) == 12 * rows and together.isdigit()):
            return None
        numbers = list(map(int, digits))
        if min(numbers) < _LOWEST or max(numbers) > _HIGHEST:
            return None
        written = [fields[at:-1:columns] for at in self.rows.network_at]
        spellings: list[Any] = written[0] if len(written) == 1 else list(zip(*written, strict=True))
        try:
            for spelling in set(spellings).difference(self._known):
                parts = (spelling,) if isinstance(spelling, bytes) else spelling
                self._known[spelling] = self.rows.values.of(tuple([part.decode() for part in parts]))
        except (FieldError, UnicodeDecodeError):
            return None
        return Block(numbers, list(map(self._known.__getitem__, spellings)), [])

    def _judged(self, lines: io.StringIO, first_line: int) -> Block:
        block = Block([], [], [])
        for row in self.rows.judged(lines, first_line):
            _put(block, row)
        return block

    def _rest(self, text: bytes) -> Iterator[Block]:
        """All that is left, row by row."""
        self._source.seek(-len(text), io.SEEK_CUR)
        lines = io.TextIOWrapper(self._source, "utf-8", errors="replace", newline="")
        try:
            block = Block([], [], [])
            for row in self.rows.judged(lines, self._line):
                _put(block, row)
                if len(block.numbers) + len(block.bad) >= _SLOW_ROWS:
                    yield block
                    block = Block([], [], [])
            yield block
        finally:
            lines.detach()


def ascending(numbers: list[int]) -> bool:
    """Whether each is greater than the one before it."""
    return all(map(lt, numbers, numbers[1:]))


def _put(block: Block, row: Change | BadRow) -> None:
    if isinstance(row, BadRow):
        block.bad.append(row)
    else:
        block.numbers.append(row.number)
        block.values.append(row.value)


def _decoded(text: bytes) -> str:
    # An octet that is no UTF-8 must not end the reading: it makes its own row bad, as an unknown network or number.
    return text.decode("utf-8", errors="replace")
