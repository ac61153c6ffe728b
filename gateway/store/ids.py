"""Ids that sort by time: the bound that a moment sets among UUIDv7 ids (RFC 9562 §5.7)."""


def first_id(at: float) -> str:
    """The smallest id that could have been made in the millisecond of `at` (seconds since the epoch).

    Ids made before that millisecond sort below it, all others do not. Moments before the epoch count as the epoch.
    """
    milliseconds = max(0, int(at * 1000))
    return f"{milliseconds >> 16:08x}-{milliseconds & 0xFFFF:04x}-7000-8000-000000000000"


def made_at(message_id: str) -> float:
    """When an id was made, in seconds since the epoch, to the millisecond. Raises ValueError for what is no UUIDv7."""
    if len(message_id) != 36 or message_id[14] != "7":
        raise ValueError(f"not a UUIDv7: {message_id!r}")
    return int(message_id[:8] + message_id[9:13], 16) / 1000
