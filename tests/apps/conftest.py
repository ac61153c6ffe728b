"""What several files of this room start from."""

from collections.abc import AsyncIterator

import pytest

from tests.apps.smpp_rig import Rig, running


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    """The SMPP listener with the bank and the shop."""
    async with running() as rig:
        yield rig
