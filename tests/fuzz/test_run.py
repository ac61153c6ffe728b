"""The runner itself: what it measures, calls a fault and keeps; and, marked `fuzz`, a short run of each target."""

import time
from pathlib import Path

import pytest

from tests.fuzz import corpus, run
from tests.fuzz.gauge import Bounds, Figures, Gauge, Memory, TooSlow
from tests.fuzz.harvest import essential, steps
from tests.fuzz.run import main, read_figures, row, table
from tests.fuzz.targets import TARGETS

BEFORE = Memory(20.0, 100_000)
FIGURES = Figures("codec", 1000, 2.0, 0.004, BEFORE, Memory(40.0, 110_000), Memory(41.0, 110_010))
BOUNDS = Bounds(input_cpu_s=10.0)


def test_gauge_ends_the_run_at_the_last_input_with_its_figures() -> None:
    taken: list[bytes] = []
    done: list[Figures] = []
    gauge = Gauge("some", taken.append, done.append, inputs=130, seconds=None, bounds=BOUNDS)

    for _ in range(130):
        gauge(b"x")

    [figures] = done
    assert (figures.target, figures.inputs, len(taken)) == ("some", 130, 130)
    assert figures.start.rss_mib > 0
    assert figures.end.blocks > 0
    assert figures.faults(BOUNDS) == []


def test_gauge_ends_the_run_when_its_time_is_over() -> None:
    done: list[Figures] = []
    gauge = Gauge("some", lambda data: None, done.append, inputs=None, seconds=1e-9, bounds=BOUNDS)

    while not done:
        gauge(b"x")

    assert done[0].inputs > 0


def test_gauge_sees_what_a_target_keeps_after_warm_up() -> None:
    kept: list[object] = []
    done: list[Figures] = []
    gauge = Gauge("some", lambda data: kept.append([data]), done.append, inputs=64_000, seconds=None, bounds=BOUNDS)

    for number in range(64_000):
        gauge(number.to_bytes(4, "big"))

    assert done[0].end.blocks - done[0].warm.blocks > 64_000
    assert any("blocks grew" in fault for fault in done[0].faults(BOUNDS))


def test_gauge_raises_for_an_input_that_takes_too_long() -> None:
    def busy(data: bytes) -> None:
        until = time.thread_time() + 0.02
        while time.thread_time() < until:
            pass

    gauge = Gauge("some", busy, lambda figures: None, inputs=9, seconds=None, bounds=Bounds(input_cpu_s=0.01))
    with pytest.raises(TooSlow, match="for one input of 3 octets"):
        gauge(b"abc")


def test_gauge_lets_what_a_target_raises_through() -> None:
    gauge = Gauge("some", lambda data: {}[data], lambda figures: None, inputs=9, seconds=None, bounds=BOUNDS)
    with pytest.raises(KeyError):
        gauge(b"abc")


def test_figures_name_memory_that_grew_by_more_than_its_bound() -> None:
    assert FIGURES.faults(Bounds()) == []
    assert FIGURES.faults(Bounds(rss_mib=0.5)) == ["the resident set grew by 1.0 MiB after warm-up"]
    assert FIGURES.faults(Bounds(blocks=9)) == ["Python's blocks grew by 10 after warm-up"]


def test_figures_come_back_from_the_process_that_measured_them(tmp_path: Path) -> None:
    path = tmp_path / "codec.json"
    path.write_text(run.json.dumps(FIGURES))

    assert read_figures(path) == FIGURES


def test_table_shows_figures_and_what_has_none() -> None:
    lines = table([list(run._COLUMNS), row("codec", FIGURES, []), row("udh", None, ["ended"])]).splitlines()

    assert lines[1].split() == ["codec", "1,000", "500", "4.0", "20.0", "40.0", "41.0", "+10", "no"]
    assert lines[2].split() == ["udh", *"-------", "yes"]


def test_steps_are_those_in_the_rooms_that_are_fuzzed() -> None:
    taken = steps(TARGETS["times"].one_input, b"\x00261122151200+")

    assert {Path(file).name for file, _, _ in taken} == {"times.py"}
    assert all("/gateway/smpp/" in file for file, _, _ in taken)


def test_harvest_keeps_the_shortest_inputs_that_take_every_step() -> None:
    target = TARGETS["times"]
    inputs = list(target.seeds())
    kept = essential(target.one_input, [*inputs, *(data + b"x" for data in inputs)])

    assert len(kept) < 2 * len(inputs)
    reached = set().union(*(steps(target.one_input, data) for data in kept))
    assert reached >= set().union(*(steps(target.one_input, data) for data in inputs))


def test_corpus_is_written_as_it_is_read_and_in_one_order(tmp_path: Path) -> None:
    corpus.write("some", [b"bb", b"a", b"", b"a"], tmp_path)
    first = (tmp_path / "some.txt").read_text()
    corpus.write("some", reversed(corpus.read("some", tmp_path)), tmp_path)

    assert corpus.read("some", tmp_path) == [b"a", b"bb"]
    assert (tmp_path / "some.txt").read_text() == first
    assert corpus.read("another", tmp_path) == []


def test_runner_lists_its_targets_and_refuses_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    assert capsys.readouterr().out.split() == list(TARGETS)
    with pytest.raises(SystemExit):
        main(["--inputs", "1", "nonsense"])
    assert "no such target: nonsense" in capsys.readouterr().err


def test_runner_without_atheris_fails_and_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "find_spec", lambda name: None)

    assert main(["--inputs", "1"]) == 2
    assert "tests/fuzz/check" in capsys.readouterr().err


def test_runner_harvests_what_a_run_has_left(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(corpus, "DIRECTORY", tmp_path / "kept")
    found = tmp_path / "work" / "corpus" / "times"
    found.mkdir(parents=True)
    (found / "1").write_bytes(b"\x00261322151200+")

    assert main(["--harvest", "--work", str(tmp_path / "work"), "times"]) == 0

    assert b"\x00261322151200+" in corpus.read("times")


@pytest.mark.fuzz
@pytest.mark.parametrize("name", TARGETS)
def test_target_holds_for_a_short_run(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = main(["--inputs", "20000", "--work", str(tmp_path), name])

    assert outcome == 0, "".join(capsys.readouterr())


@pytest.mark.fuzz
def test_run_of_a_broken_target_shows_the_traceback_and_keeps_the_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one bound that is no input's fault: nothing can be read in no time at all."""
    monkeypatch.setattr(run, "Bounds", lambda: Bounds(input_cpu_s=0.0))

    assert main(["--inputs", "1000", "--work", str(tmp_path), "times"]) == 1

    told = capsys.readouterr().out
    assert "TooSlow" in told
    assert list((tmp_path / "findings" / "times").iterdir())
