"""A gateway with a carrier, and the app `bank` that others' programs log in as."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.journeys.parties import Smsc
from tests.support.gateway import GatewayProcess, app, carrier


@pytest.fixture
async def smsc() -> AsyncIterator[Smsc]:
    """A carrier that answers at once and sends receipts after 50 ms."""
    smsc = Smsc()
    await smsc.start()
    yield smsc
    await smsc.stop()


@pytest.fixture
async def gateway(tmp_path: Path, smsc: Smsc) -> AsyncIterator[GatewayProcess]:
    """A gateway that is ready; inbound messages go to `bank`."""
    gateway = GatewayProcess(
        tmp_path, carriers={"one": carrier("one", [smsc.port])}, apps={"bank": app(system_id="bank")}
    )
    try:
        await gateway.start()
        yield gateway
    finally:
        await gateway.close()
