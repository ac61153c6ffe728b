"""The inputs kept in the repository: a file for each target, a line for each input, in hex.

Text, so that a change of it can be read; `python -m tests.fuzz.run --harvest` writes it anew from what runs have found.
"""

from collections.abc import Iterable
from pathlib import Path

DIRECTORY = Path(__file__).parent / "corpus"


def read(name: str, directory: Path | None = None) -> list[bytes]:
    """A target's inputs in the file's order; none where there is no file."""
    path = (directory or DIRECTORY) / f"{name}.txt"
    if not path.exists():
        return []
    lines = path.read_text(encoding="ascii").splitlines()
    return [bytes.fromhex(line) for line in lines if not line.startswith("#")]


def write(name: str, inputs: Iterable[bytes], directory: Path | None = None) -> None:
    """Replaces a target's inputs; shortest first, so that the same inputs always give the same file."""
    directory = directory or DIRECTORY
    directory.mkdir(parents=True, exist_ok=True)
    lines = [data.hex() for data in sorted(set(inputs), key=lambda data: (len(data), data)) if data]
    text = f"# Inputs of the target {name}; see tests/fuzz/README.md.\n" + "".join(f"{line}\n" for line in lines)
    (directory / f"{name}.txt").write_text(text, encoding="ascii")
