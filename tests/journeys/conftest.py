"""What every journey needs: carriers, an app's webhook and a gateway, all ended with the test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.parties import Hook, Smsc
from tests.support.gateway import GatewayProcess, app, carrier

MakeGateway = Callable[..., GatewayProcess]
MakeSmsc = Callable[..., Awaitable[Smsc]]


@pytest.fixture
async def make_smsc() -> AsyncIterator[MakeSmsc]:
    """Makes carriers that are there; each gets its profile as arguments."""
    made: list[Smsc] = []

    async def make(**profile: Any) -> Smsc:
        made.append(Smsc(seed=len(made) + 1, **profile))
        await made[-1].start()
        return made[-1]

    yield make
    for smsc in made:
        await smsc.stop()


@pytest.fixture
async def smsc(make_smsc: MakeSmsc) -> Smsc:
    """A carrier that answers at once and sends receipts after 50 ms."""
    return await make_smsc()


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    """The webhook of an app."""
    hook = Hook()
    await hook.start()
    yield hook
    await hook.stop()


@pytest.fixture
async def make_gateway(tmp_path: Path) -> AsyncIterator[MakeGateway]:
    """Makes gateways that are not started yet; each gets its sections as arguments."""
    made: list[GatewayProcess] = []

    def make(**sections: Any) -> GatewayProcess:
        directory = tmp_path / f"gateway-{len(made)}"
        directory.mkdir()
        made.append(GatewayProcess(directory, **sections))
        return made[-1]

    yield make
    for gateway in made:
        await gateway.close()


@pytest.fixture
async def gateway(make_gateway: MakeGateway, smsc: Smsc, hook: Hook) -> GatewayProcess:
    """A gateway that is ready: a carrier, `bank` over SMPP, `shop` over HTTP with its webhook; replies and opt-outs."""
    gateway = make_gateway(
        carriers={"one": carrier("one", [smsc.port, smsc.port], senders={"allow": ["45555", "46666"]})},
        apps={
            "bank": app(system_id="bank", api_keys=[]),
            "shop": app(webhook=hook.settings, senders=["46666", "45555"]),
        },
        mo_routes=[
            {"to": "46666", "keyword": ["BAJA"], "app": "shop", "opt_out": True, "reply": "Ya no recibes mensajes."},
            {"to": "46666", "app": "shop"},
            {"app": "bank"},
        ],
    )
    await gateway.start()
    return gateway
