"""Bounds among ids that sort by time."""

import uuid

import pytest
import uuid_utils

from gateway.store.ids import first_id, made_at


def test_first_id_of_a_moment_is_a_uuid_of_version_7() -> None:
    made = uuid.UUID(first_id(1_700_000_000.123))
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == 1_700_000_000_123


def test_first_id_divides_what_was_made_before_from_what_comes_after() -> None:
    made = str(uuid_utils.uuid7())
    at = made_at(made)
    assert first_id(at) <= made < first_id(at + 0.0011)


def test_first_id_of_a_moment_before_the_epoch_is_the_smallest() -> None:
    assert first_id(-5.0) == first_id(0.0) == "00000000-0000-7000-8000-000000000000"


@pytest.mark.parametrize("text", ["", "x" * 36, str(uuid.uuid4())])
def test_made_at_refuses_what_is_no_uuid_of_version_7(text: str) -> None:
    with pytest.raises(ValueError, match="not a UUIDv7"):
        made_at(text)
