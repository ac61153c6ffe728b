"""Who takes part in a day, all around one gateway: a carrier, two apps, and the books they keep."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.sim.profile import IdForm
from gateway.smpp.pdu import BindTransceiver
from tests.journeys.parties import Smsc
from tests.soak.apps import Bank, Shop, Supply
from tests.soak.carrier import CarrierBooks
from tests.soak.faults import of_the_day
from tests.soak.ledger import Ledger
from tests.soak.traffic import Traffic
from tests.support.gateway import GatewayProcess, app, carrier

BANKS, BANK_WINDOW = 2, 200
SHOP_NUMBER = "46666"


@dataclass(frozen=True)
class Day:
    """What is asked for. `ttl_s`: of each message; with `grace_s`, how long after it a lost receipt is given up."""

    messages: int
    seed: int = 1
    ttl_s: int = 60
    grace_s: int = 5


class Party:
    """Everybody who takes part in a day, and the books they keep."""

    def __init__(self, day: Day, directory: Path) -> None:
        self.day = day
        self.ledger = Ledger(Traffic(day.messages))
        self.supply = Supply(self.ledger)
        self.shop = Shop(self.ledger, self.supply)
        self.banks = [Bank(self.ledger, self.supply, BANK_WINDOW) for _ in range(BANKS)]
        self.smsc = Smsc(
            day.seed, CarrierBooks(self.ledger),
            latency_s=0.005, jitter_s=0.03, receipts_after_s=0.2, receipts_jitter_s=0.8,
            id_form=IdForm.HEXRESP_DECDLR, deliver_window=200, keep=1_000, faults=of_the_day(day.messages),
        )  # fmt: skip
        self.wrote: Counter[str] = Counter()
        """What subscribers wrote, by its words."""
        self.directory = directory
        self.gateway: GatewayProcess

    @asynccontextmanager
    async def present(self) -> AsyncIterator[None]:
        """All of them are there; gone afterwards, in whatever way this is left."""
        await self.smsc.start()
        await self.shop.start()
        self.gateway = gateway_of(self)
        try:
            await self.gateway.start()
            for bank in self.banks:
                await bank.connect(self.gateway.smpp_port, BindTransceiver(system_id="bank", password="s3cret"))
            yield
        finally:
            await self.gateway.close()
            await self.shop.stop()
            await self.smsc.stop()


def gateway_of(party: Party) -> GatewayProcess:
    """The gateway: one carrier with one bind, two apps, all that waits made short."""
    lane = {"ttl": f"{party.day.ttl_s}s", "receipt_grace": f"{party.day.grace_s}s"}
    one = carrier(
        "one", [party.smsc.port], window=400, tps=20_000, burst=200, response_timeout="2s", enquire_link="5s",
        failover={"after_errors": 1_000},
    )  # fmt: skip
    unlimited = {"tps": 100_000, "window": 500}
    return GatewayProcess(
        party.directory,
        log={"level": "warning"},
        lanes={"fast": lane, "bulk": lane},
        carriers={"one": one},
        apps={
            "bank": app(system_id="bank", api_keys=[], **unlimited),
            "shop": app(webhook=party.shop.settings, **unlimited),
        },
        mo_routes=[{"to": SHOP_NUMBER, "app": "shop"}, {"app": "bank"}],
    )
