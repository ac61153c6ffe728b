"""The PDUs of tests/vectors/pdus.txt by name."""

from pathlib import Path

_FILE = Path(__file__).parent.parent / "vectors" / "pdus.txt"


def read_vectors() -> dict[str, bytes]:
    """Name -> octets, in the file's order."""
    lines = [line for line in _FILE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return {name: bytes.fromhex(octets) for name, _, octets in (line.partition(":") for line in lines)}


VECTORS = read_vectors()
