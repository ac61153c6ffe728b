"""The targets without a fuzzer: what is kept runs through them, and they notice what they are there for."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from gateway.smpp import receipt
from gateway.smpp.framing import Framer
from gateway.smpp.matrix import Role
from gateway.smpp.requests import Requests
from gateway.smpp.session import Session
from gateway.smpp.timers import Watch
from gateway.text.assembly import Assembly
from tests.fuzz import corpus
from tests.fuzz.octets import Octets
from tests.fuzz.targets import TARGETS, codec, decoding, session, times, user_data
from tests.fuzz.targets.traffic import CELLS

LARGEST = 200 * 1024


@pytest.mark.parametrize("name", TARGETS)
def test_target_takes_its_seeds_and_what_is_kept_of_its_runs(name: str) -> None:
    target = TARGETS[name]
    for data in [b"", *target.seeds(), *corpus.read(name)]:
        target.one_input(data)


def test_corpus_holds_something_for_each_target_and_stays_small() -> None:
    files = {path.stem: path.stat().st_size for path in corpus.DIRECTORY.iterdir()}

    assert files.keys() == TARGETS.keys()
    assert sum(files.values()) < LARGEST


def test_session_seeds_begin_in_every_role_and_state() -> None:
    begun = {CELLS[data[0] % len(CELLS)] for data in TARGETS["session"].seeds()}

    assert begun == set(CELLS)
    assert {role for role, _ in begun} == set(Role)


def _fails(*_: object, **__: object) -> Any:
    raise KeyError("a defect")


def _nothing(*_: object, **__: object) -> Any:
    return []


def _forgets_an_octet(framer: Framer, rest: bytes, needed: int) -> None:
    framer._begun += rest[1:]
    framer._needed = needed


def _shows_surrogates(*_: object, **__: object) -> Any:
    return decoding.Decoded("\ud83d", decoding.Encoding.UCS2)


# What is broken, where, how, and the target that has to see it.
DEFECTS: list[tuple[str, Any, str, Callable[..., Any]]] = [
    ("codec", codec, "decode", _fails),
    ("codec", codec, "encode", lambda *_, **__: b"\0" * 16),
    ("framer", Framer, "_keep", _forgets_an_octet),
    ("session_cut", Framer, "_keep", _forgets_an_octet),
    ("session", Session, "_receive_unasked", _fails),
    ("session", Session, "_refuse", _nothing),
    ("session", Requests, "abandon", lambda _: ()),
    ("session", Watch, "rearm", lambda watch: None),
    ("receipt", receipt, "state_of", _fails),
    ("receipt", receipt, "date_of", lambda text: None),
    ("times", times, "parse", _fails),
    ("user_data", user_data, "opened", _fails),
    ("decoding", decoding, "read", _shows_surrogates),
    ("assembly", Assembly, "expire", _nothing),
]


@pytest.mark.parametrize(("name", "place", "attribute", "defect"), DEFECTS)
def test_target_notices_a_defect_by_its_seeds(
    name: str, place: Any, attribute: str, defect: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = list(TARGETS[name].seeds())
    monkeypatch.setattr(place, attribute, defect)

    with pytest.raises(Exception):  # noqa: B017  whatever it is, it is a finding
        for data in seeds:
            TARGETS[name].one_input(data)


def test_session_inputs_take_every_step_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = [*TARGETS["session"].seeds(), *corpus.read("session")]
    taken = dict.fromkeys(session._STEPS, 0)

    def counted(step: Callable[[session.Course], None], course: session.Course) -> None:
        taken[step] += 1
        step(course)

    monkeypatch.setattr(session, "_STEPS", tuple(partial(counted, step) for step in session._STEPS))
    for data in inputs:
        session.session(data)

    assert min(taken.values()) > 0


def test_octets_behind_the_end_are_zero_and_a_taken_octet_is_gone() -> None:
    octets = Octets(b"\x01\x02\x03\x04")

    assert (octets.byte(), octets.short(), len(octets)) == (1, 0x0203, 1)
    assert (octets.take(5), octets.byte(), octets.short(), octets.rest()) == (b"\x04", 0, 0, b"")


def test_octets_are_stretched_only_when_the_input_says_so() -> None:
    assert Octets(b"\x00abc").stretched(7) == b"abc"
    assert Octets(b"\xffabc").stretched(7) == b"abcabca"
    assert Octets(b"\xff").stretched(7) == b""
    assert len(Octets(b"\xff12345678").stretched(65_535)) == 65_535
    assert len(Octets(b"\xff123456789").stretched(65_535)) == 2048
