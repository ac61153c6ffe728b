"""The table of ported numbers that the gateway of a measurement asks for each message."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from tests.bench.scenarios import FIRST_NUMBER, NUMBERS, TABLE

ROWS = 1_000_000
EVERY = 4
_ELSEWHERE = 523310000000


def fill(configuration: Path) -> None:
    """Load ROWS numbers into the table beside a configuration, unless it is there. Raises CalledProcessError.

    Every fourth of the load's destinations is among them, and others elsewhere in the country in the same density.
    """
    if (configuration.parent / TABLE).exists():
        return
    file = configuration.parent / "ported.csv"
    with file.open("w") as lines:
        lines.write("number,network\n")
        lines.writelines(f"{number},moved\n" for number in _numbers())
    command = [sys.executable, "-P", "-m", "gateway.cli.main", "-c", configuration, "portability", "load", file]
    subprocess.run(command, check=True, capture_output=True)
    file.unlink()


def _numbers() -> Iterator[int]:
    elsewhere = ROWS - NUMBERS // EVERY
    return chain(
        range(_ELSEWHERE, _ELSEWHERE + elsewhere * EVERY, EVERY), range(FIRST_NUMBER, FIRST_NUMBER + NUMBERS, EVERY)
    )
