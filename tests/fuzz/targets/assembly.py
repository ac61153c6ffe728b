"""`Assembly` under any parts at any times: each part comes out once, and what is over is forgotten."""

from collections import Counter
from collections.abc import Callable, Iterator

from gateway.smpp.codec import decode
from gateway.smpp.pdu import DeliverSm, SubmitSm
from gateway.text.assembly import Assembly, Ending, Limits, Piece, Sender, Whole
from gateway.text.udh import Concat
from gateway.text.user_data import opened
from tests.fuzz.octets import Octets
from tests.fuzz.target import Target
from tests.fuzz.targets.decoding import check_words
from tests.smpp.vectors import VECTORS

_SENDERS = tuple(Sender(carrier, source, "45555") for carrier in ("a", "b") for source in ("5255", "5256"))
_LIMITS = Limits(silence_s=10.0, age_s=30.0, repeats_s=5.0, groups_per_source=3, groups=6)
_STEPS = (0.0, 0.5, 4.0, 9.0, 10.0, 31.0)
_MOST_STEPS = 32


class Course:
    """One assembly and what has been put into it; each method reads from the input what it does."""

    def __init__(self, choices: Octets) -> None:
        self.choices = choices
        self.assembly = Assembly(_LIMITS)
        self.now = 0.0
        self.inside: set[str] = set()
        self.ids = 0

    def run(self) -> None:
        steps: tuple[Callable[[], None], ...] = (self.add, self.add_opened, self.wait, self.add_numbers)
        for _ in range(_MOST_STEPS):
            if not self.choices:
                break
            self.choices.one_of(steps)()
            assert len(self.assembly) <= _LIMITS.groups
        self.take(self.assembly.expire(self.now + 1000.0))
        assert not self.inside, f"parts that never came out: {self.inside}"
        assert self.assembly.next_expiry() is None
        left = [name for name, value in vars(self.assembly).items() if isinstance(value, dict) and value]
        assert not left, f"kept for groups that are gone: {left}"

    def add(self) -> None:
        """A part whose numbers fit."""
        shape = self.choices.byte()
        total = 1 + (shape & 3)
        number = 1 + (shape >> 2 & 3) % total
        concat = Concat(shape >> 4 & 3, 16 if shape & 0x40 else 8, total, number)
        self.put(concat, number, self.choices.take(self.choices.byte() & 7), 8 * (shape >> 7))

    def add_numbers(self) -> None:
        """A part with any numbers: those that do not fit are a ValueError, and change nothing."""
        concat = Concat(self.choices.short(), 16, self.choices.byte(), self.choices.byte())
        number = self.choices.byte()
        if 1 <= number <= concat.total:
            self.put(concat, number, b"x", self.choices.byte())
            return
        before = len(self.assembly)
        try:
            self.assembly.add(_SENDERS[0], concat, Piece(number, b"x"), self.now)
        except ValueError:
            assert len(self.assembly) == before
            return
        raise AssertionError(f"part {number} of {concat.total} was taken")

    def add_opened(self) -> None:
        """A short_message with UDHI, as it comes from a carrier."""
        found = opened(self.choices.take(self.choices.byte()), udhi=True)
        if found.concat is not None:
            self.put(found.concat, found.concat.number, found.octets, 0)

    def wait(self) -> None:
        self.now += self.choices.one_of(_STEPS)
        self.take(self.assembly.expire(self.now))
        at = self.assembly.next_expiry()
        assert at is None or at > self.now, "asks for a time that has been given"

    def put(self, concat: Concat, number: int, octets: bytes, data_coding: int) -> None:
        self.ids += 1
        piece = Piece(number, octets, data_coding, id=str(self.ids))
        taken = self.assembly.add(self.choices.one_of(_SENDERS), concat, piece, self.now)
        if not taken.duplicate:
            self.inside.add(piece.id)
        self.take(list(taken.closed))

    def take(self, closed: list[Whole]) -> None:
        """Each group that came out names each of its parts once, and none that was not inside."""
        for whole in closed:
            ids = Counter(piece.id for piece in whole.pieces)
            assert max(ids.values()) == 1
            assert ids.keys() <= self.inside, f"{whole} came out twice"
            self.inside -= ids.keys()
            numbers = [piece.number for piece in whole.pieces]
            assert sorted([*numbers, *whole.missing]) == list(range(1, whole.key.total + 1))
            assert (whole.ending is Ending.COMPLETE) == (not whole.missing)
            check_words(whole.read(), sum(len(piece.octets) + 1 for piece in whole.pieces))


def assembly(data: bytes) -> None:
    Course(Octets(data)).run()


def _seeds() -> Iterator[bytes]:
    parts = []
    for octets in VECTORS.values():
        pdu = decode(octets).pdu
        if isinstance(pdu, SubmitSm | DeliverSm) and pdu.esm_class & 0x40:
            parts.append(bytes((1, len(pdu.short_message))) + pdu.short_message + b"\0")
    yield from parts
    yield b"".join(parts)
    yield b"\x01\x07\x05\x00\x03\xa7\x02\x02x\x00" + b"".join(parts)
    yield bytes((0, 0x01, 2, 65, 66, 0, 2, 1, 0, 0x05, 1, 67, 0))
    yield bytes((0, 0x03, 0, 1)) * 8 + bytes((2, 5))
    yield bytes((3, 0, 1, 255, 0, 255, 8, 0, 3, 0, 1, 255, 0, 0))


TARGET = Target("assembly", assembly, _seeds, 256, (b"\x05\x00\x03", b"\x06\x08\x04"))
