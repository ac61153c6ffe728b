"""The desk that submissions come to."""

from collections.abc import AsyncIterator

import pytest

from tests.intake.desk import Desk


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    found = Desk()
    async with found.running():
        yield found
