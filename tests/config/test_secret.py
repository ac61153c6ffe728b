"""Secrets do not show, however they are printed."""

import json

import pytest

from gateway.config import Secret


@pytest.mark.parametrize(
    "show", [repr, str, "{}".format, "{!r}".format, "{:>20}".format, "%s".__mod__, lambda s: f"{[s]}"]
)
def test_secret_is_masked_however_it_is_printed(show) -> None:  # type: ignore[no-untyped-def]
    shown = show(Secret("hunter2"))
    assert "hunter2" not in shown
    assert "***" in shown


def test_secret_is_no_text_by_accident() -> None:
    with pytest.raises(TypeError):
        json.dumps(Secret("hunter2"))
    with pytest.raises(TypeError):
        "".join([Secret("hunter2")])  # type: ignore[list-item]


def test_secret_is_revealed_when_asked() -> None:
    assert Secret("hunter2").reveal() == "hunter2"


def test_secrets_compare_and_hash_by_what_they_hold() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert not Secret("")
