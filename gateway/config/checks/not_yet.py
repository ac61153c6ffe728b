"""Keys that the configuration knows and this version does not act on: using one is an error, never a silence.

A row goes when its feature lands. `*` stands for any name, `[*]` for any position; after `=` stands how the value
must begin for the row to count, without it any value other than nothing counts.
"""

from typing import Any

from gateway.config.checks.findings import Findings
from gateway.config.problems import KeyPath
from gateway.config.schema import Config
from gateway.config.walk import leaves

NOT_YET: dict[str, str] = {
    "store.url=postgresql:": "sqlite: is the store of this version",
    "quiet_hours": "use send_at or pause the batch",
    "frequency": "the app has to count",
    "blocklists": "leave such numbers out before submitting",
}


def check_not_yet(config: Config, findings: Findings) -> None:
    """Notes a problem for each use of a key of NOT_YET, once however much stands inside it."""
    found: dict[KeyPath, str] = {}
    for path, value in leaves(config):
        for row, instead in NOT_YET.items():
            place = _match(row, path, value)
            if place is not None:
                found.setdefault(place, instead)
    for place, instead in found.items():
        findings.wrong(place, f"is not supported yet, expected to be left out: {instead}")


def _match(row: str, path: KeyPath, value: Any) -> KeyPath | None:
    """The part of `path` that the row means, if it means it and something is there."""
    pattern, equals, beginning = row.partition("=")
    parts = pattern.replace("[*]", ".*").split(".")
    if len(path) < len(parts) or any(part not in {"*", str(key)} for part, key in zip(parts, path, strict=False)):
        return None
    if equals:
        return path[: len(parts)] if str(value).startswith(beginning) else None
    return None if value is None or value in ((), {}) else path[: len(parts)]
