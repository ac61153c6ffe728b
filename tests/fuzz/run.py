"""Runs the fuzz targets: `python -m tests.fuzz.run --seconds N | --inputs N [TARGET…]`; see README.md beside it."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz import corpus
from tests.fuzz.gauge import Bounds, Figures, Memory
from tests.fuzz.harvest import essential
from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS

_ROOT = Path(__file__).resolve().parent.parent.parent
_COLUMNS = ("target", "inputs", "inputs/s", "slowest ms", "RSS MiB: start", "warm", "end", "blocks", "found")

_NOISE = (
    "    #",
    "INFO:",
    "WARNING:",
    "#",
    "0x",
    "\\",
    "MS: ",
)  # libFuzzer's own stack, and the input in three spellings


class FuzzError(Exception):
    """The run itself failed, which says nothing about the targets."""


def run_target(target: Target, work: Path, arguments: argparse.Namespace) -> tuple[Figures | None, list[str]]:
    """Fuzz one target in a process of its own. The figures, None where it ended early; and what it found wrong."""
    seeds, artifacts = work / "seeds" / target.name, work / "findings"
    found = work / "corpus" / target.name
    figures = work / f"{target.name}.json"
    for directory in (seeds, artifacts, found):
        directory.mkdir(parents=True, exist_ok=True)
    _lay_out([*target.seeds(), *corpus.read(target.name)], seeds)
    figures.unlink(missing_ok=True)
    job = {
        "target": target.name,
        "figures": str(figures),
        "corpus": str(found),
        "seeds": str(seeds),
        "artifacts": str(artifacts / target.name),
        "inputs": arguments.inputs,
        "seconds": arguments.seconds,
        "seed": arguments.seed,
        "bounds": Bounds(),
    }
    (artifacts / target.name).mkdir(exist_ok=True)
    log = work / f"{target.name}.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "tests.fuzz.child", json.dumps(job)]
        status = subprocess.run(command, cwd=_ROOT, stdout=output, stderr=output, check=False).returncode
    if status or not figures.exists():
        return None, [_last_words(log, status)]
    measured = read_figures(figures)
    return measured, measured.faults(Bounds())


def _lay_out(inputs: Iterable[bytes], directory: Path) -> None:
    """libFuzzer reads a file for each input."""
    for number, data in enumerate(inputs):
        (directory / f"{number:04d}").write_bytes(data)


def _last_words(log: Path, status: int) -> str:
    """The traceback and where the input is, without libFuzzer's own stack."""
    lines = log.read_text(errors="replace").splitlines()
    told = [line for line in lines if not line.startswith(_NOISE)]
    return f"ended with status {status}; {log} ends in\n  " + "\n  ".join(told[-40:])


def read_figures(path: Path) -> Figures:
    name, inputs, seconds, slowest, *memories = json.loads(path.read_text())
    return Figures(name, inputs, seconds, slowest, *(Memory(*memory) for memory in memories))


def row(name: str, figures: Figures | None, faults: Sequence[str]) -> list[str]:
    """A target's line in the table."""
    if figures is None:
        return [name, *["-"] * (len(_COLUMNS) - 2), "yes"]
    return [
        name,
        f"{figures.inputs:,}",
        f"{figures.inputs / figures.seconds:,.0f}",
        f"{figures.slowest_input_s * 1000:.1f}",
        f"{figures.start.rss_mib:.1f}",
        f"{figures.warm.rss_mib:.1f}",
        f"{figures.end.rss_mib:.1f}",
        f"{figures.end.blocks - figures.warm.blocks:+d}",
        "yes" if faults else "no",
    ]


def table(rows: Sequence[Sequence[str]]) -> str:
    """The first column to the left, figures to the right."""
    widths = [max(len(line[column]) for line in rows) for column in range(len(rows[0]))]
    lines = []
    for line in rows:
        cells = [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)),
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def harvest(targets: Sequence[Target], work: Path) -> None:
    """Write the repository's corpus anew: of seeds, what is kept and what `work` holds, the inputs that count."""
    for target in targets:
        files = (work / "corpus" / target.name).glob("*")
        inputs = [*target.seeds(), *corpus.read(target.name), *(file.read_bytes() for file in files)]
        corpus.write(target.name, essential(target.one_input, inputs))
        print(f"{target.name}: {len(corpus.read(target.name))} of {len(set(inputs))} inputs kept")


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    how_long = parser.add_mutually_exclusive_group(required=True)
    how_long.add_argument("--seconds", type=float, metavar="N", help="fuzz each target so long")
    how_long.add_argument("--inputs", type=int, metavar="N", help="give each target so many inputs")
    how_long.add_argument("--harvest", action="store_true", help="run nothing; keep in the repository what WORK found")
    how_long.add_argument("--list", action="store_true", help="the targets' names")
    parser.add_argument("--work", type=Path, help="keep corpora, findings and logs here (default: a temporary place)")
    parser.add_argument("--seed", type=int, default=0, help="of libFuzzer's random choices; 0: any (default)")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="default: all")
    arguments = parser.parse_args(words)
    unknown = [name for name in arguments.targets if name not in TARGETS]
    if unknown:
        parser.error(f"no such target: {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    if arguments.harvest and arguments.work is None:
        parser.error("--harvest needs --work, where runs have left their corpora")
    return arguments


def _run_all(targets: Sequence[Target], work: Path, arguments: argparse.Namespace) -> int:
    if find_spec("atheris") is None:
        raise FuzzError("atheris is not installed; tests/fuzz/check installs the group `fuzz` and runs this")
    rows, bad = [list(_COLUMNS)], False
    for target in targets:
        figures, faults = run_target(target, work, arguments)
        rows.append(row(target.name, figures, faults))
        bad = bad or bool(faults)
        print(f"{target.name}: {'; '.join(faults) or 'nothing found'}", flush=True)
    print(table(rows))
    return 1 if bad else 0


def main(words: Sequence[str] | None = None) -> int:
    """0: nothing found. 1: an input raised or was too slow, or memory grew. 2: the run itself failed."""
    arguments = _arguments(words)
    targets = [TARGETS[name] for name in arguments.targets or TARGETS]
    if arguments.list:
        print("\n".join(TARGETS))
        return 0
    if arguments.harvest:
        harvest(targets, arguments.work)
        return 0
    try:
        if arguments.work is not None:
            return _run_all(targets, arguments.work.resolve(), arguments)
        with tempfile.TemporaryDirectory(prefix="relevo-fuzz-") as work:
            return _run_all(targets, Path(work), arguments)
    except FuzzError as error:
        print(f"tests.fuzz.run: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
