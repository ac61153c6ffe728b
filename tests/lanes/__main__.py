"""`python -m tests.lanes` prints the table of docs/lanes.md; with `--plot FILE` it plays the grid and draws it."""

import argparse
import sys
import time
from pathlib import Path

from tests.lanes import plot, table
from tests.lanes.figures import Figures, measure
from tests.lanes.play import Setup
from tests.lanes.setups import GRID


def draw(path: Path) -> None:
    """Play every setup of the grid and write the picture; how long that took goes to stderr."""
    began = time.process_time()
    measured: dict[Setup, Figures] = {}
    for number, setup in enumerate(GRID, 1):
        measured[setup] = measure(setup)
        print(f"\r{number} of {len(GRID)}", end="", file=sys.stderr, flush=True)
    path.write_text(plot.svg(measured), encoding="utf-8")
    messages = sum(figures.messages for figures in measured.values())
    seconds = time.process_time() - began
    print(f"\n{path}: {messages:,} messages in {seconds:.0f} s of CPU", file=sys.stderr)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.lanes", description=__doc__)
    parser.add_argument("--plot", type=Path, metavar="FILE", help="play the whole grid and write the picture there")
    path = parser.parse_args().plot
    if path is not None:
        draw(path)
        return
    for line in table.lines():
        print(line, flush=True)


if __name__ == "__main__":
    main()
