"""How the table calls a network: two portability codes in one integer, or the id of a name.

A pair is RIDA (whose customer) * 1000 + RCR (whose network switches it): three-digit numbers, so it stays below
1000000. Ids of names, for networks that a file calls by anything else, begin there.
"""

FIRST_NAME_ID = 1_000_000
SCHEMA = 2


def packed(rida: int, rcr: int = 0) -> int:
    """The value for two codes; `rcr` 0 where the file does not say. Raises ValueError out of range."""
    if not (0 < rida < 1000 and 0 <= rcr < 1000):
        raise ValueError(f"RIDA {rida} and RCR {rcr} must be three-digit numbers, and RIDA not 0")
    return rida * 1000 + rcr


def unpacked(value: int) -> tuple[int, int]:
    """RIDA and RCR of a value below FIRST_NAME_ID."""
    return divmod(value, 1000)
