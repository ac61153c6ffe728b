"""Keys that are known and not acted on are refused, never ignored."""

from pathlib import Path
from typing import Any

import pytest

from gateway.config.checks.not_yet import NOT_YET
from tests.config.documents import FULL, SMALL, changed, lines
from tests.config.keys import schema_keys

USES: dict[str, tuple[str, Any]] = {
    "store.url=postgresql:": ("store.url", "postgresql://relevo:hunter2@db/relevo"),
    "quiet_hours": ("quiet_hours", FULL["quiet_hours"]),
    "frequency": ("frequency", FULL["frequency"]),
    "blocklists": ("blocklists", FULL["blocklists"]),
}


@pytest.mark.parametrize("row", NOT_YET)
def test_key_that_is_not_supported_yet_is_refused_once(row: str, tmp_path: Path) -> None:
    (tmp_path / "a.pem").touch()
    [found] = lines(changed(SMALL, USES[row]), tmp_path)
    assert f": is not supported yet, expected to be left out: {NOT_YET[row]}" in found
    assert "hunter2" not in found


@pytest.mark.parametrize("row", NOT_YET)
def test_row_names_a_key_of_the_schema(row: str) -> None:
    assert row.partition("=")[0] in schema_keys()


def test_keys_left_at_nothing_are_not_refused() -> None:
    empty: list[tuple[str, Any]] = [
        ("smpp.tls_listen", None),
        ("http.tls", None),
        ("quiet_hours", []),
    ]
    assert lines(changed(SMALL, *empty)) == []
