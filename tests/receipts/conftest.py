"""The desk that receipts come to."""

from collections.abc import AsyncIterator

import pytest

from tests.receipts.desk import Desk


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    found = Desk()
    async with found.running():
        yield found
