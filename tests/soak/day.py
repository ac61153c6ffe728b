"""A day at a carrier that does everything wrong, on one bind, in minutes; the books must balance from each side."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.books.audit import Limits, audited
from gateway.sim.profile import IdForm
from gateway.smpp.pdu import BindTransceiver
from gateway.smpp.status import status_name
from gateway.store.reader import StoreReader
from tests.journeys.parties import Smsc
from tests.soak.apps import SENDER, Bank, Shop, Supply
from tests.soak.balance import Balance
from tests.soak.carrier import CarrierBooks
from tests.soak.faults import of_the_day
from tests.soak.ledger import Ledger
from tests.soak.traffic import FIRST_NUMBER, Traffic
from tests.support.gateway import GatewayProcess, app, carrier

BANKS, BANK_WINDOW = 2, 200
POSTS_AT_ONCE = 8
INBOUND_EVERY = 100
SAY_EVERY_S = 15.0
SWEEP_S = 60.0
"""So often the gateway looks for receipts that never came."""
SETTLED_S = 30.0
SHOP_NUMBER = "46666"
_LONG_INBOUND = "and a long story it is, told in three parts that may come in any order " * 5


Say = Callable[[str], None]


@dataclass(frozen=True)
class Day:
    """What is asked for. `ttl_s`: of each message; with `grace_s`, how long after it a lost receipt is given up."""

    messages: int
    seed: int = 1
    ttl_s: int = 60
    grace_s: int = 5


@dataclass(frozen=True)
class Outcome:
    """What the day came to."""

    balance: Balance
    took_s: float
    struck: dict[str, int]
    """By fault: how often."""
    sums: dict[str, float]


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
        self._directory = directory
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

    @property
    def directory(self) -> Path:
        """Where the gateway has its store and log."""
        return self._directory


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


async def run(day: Day, directory: Path, say: Say) -> Outcome:
    """Live through the day and settle its books."""
    party = Party(day, directory)
    async with party.present():
        began = time.monotonic()
        await _submit_all(party, say)
        took_s = time.monotonic() - began
        await _until_told(party, say)
        uncertain = {
            outcome: await party.gateway.metric("relevo_uncertain_total", outcome=outcome)
            for outcome in ("resent", "settled", "failed")
        }
        unmatched = await party.gateway.metric("relevo_receipts_unmatched_total")
        if await party.gateway.stop():
            raise RuntimeError(f"the gateway did not stop in order:\n{party.gateway.last_words()}")
        return _settle(party, took_s, uncertain, unmatched)


async def _submit_all(party: Party, say: Say) -> None:
    """All messages in, and subscribers write meanwhile."""
    ledger, count = party.ledger, party.day.messages
    said_at = began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for _ in range(POSTS_AT_ONCE):
            group.create_task(party.shop.submit(party.gateway))
        while ledger.answered < count:
            for bank in party.banks:
                if bank.closed.is_set():
                    raise RuntimeError(f"the gateway let go of an app:\n{party.gateway.last_words()}")
                bank.fill()
            while len(party.wrote) < ledger.answered // INBOUND_EVERY:
                _write_in(party, len(party.wrote))
            await asyncio.sleep(0.01)
            now = time.monotonic()
            if now - said_at >= SAY_EVERY_S:
                said_at = now
                say(f"{ledger.answered:,} answered, {ledger.answered / (now - began):,.0f}/s")


def _write_in(party: Party, number: int) -> None:
    """A subscriber writes: short to the bank, long to the shop."""
    to, story = (SHOP_NUMBER, _LONG_INBOUND) if number % 2 else (SENDER, "")
    words = f"MO {number} {story}"
    try:
        party.smsc.there.mo(str(FIRST_NUMBER + number), to, words, system_id="relevo")
    except LookupError:  # nobody has bound yet
        return
    party.wrote[words] += 1


async def _until_told(party: Party, say: Say) -> None:
    """Wait until each app has been told of all its messages, or nothing more can come."""
    ledger, day = party.ledger, party.day
    deadline = time.monotonic() + day.ttl_s + day.grace_s + 2 * SWEEP_S + SETTLED_S
    said_at = 0.0
    while (missing := ledger.told.count(0)) or _heard(party) < party.wrote.total():
        now = time.monotonic()
        if now > deadline:
            return  # the books will say what is missing
        if now - said_at >= SAY_EVERY_S:
            said_at = now
            say(f"waiting for {missing:,} ends (a lost receipt is given up {day.ttl_s + day.grace_s} s after)")
        await asyncio.sleep(0.2)
    await asyncio.sleep(1.0)  # whatever would come once too often


def _heard(party: Party) -> int:
    return len(party.shop.said) + len({words for bank in party.banks for words in bank.said})


def _settle(party: Party, took_s: float, uncertain: dict[str, float], unmatched: float) -> Outcome:
    balance = Balance(party.ledger)
    day = party.day
    with StoreReader(party.gateway.store) as store:
        balance.add(store.messages())
    limits = Limits(time.time(), {"fast": 0.0, "bulk": 1.0}, 30 * 86_400.0)
    with StoreReader(party.gateway.store, snapshot=True) as store:
        for wrong in audited(store, limits).wrong:
            balance.faults[f"relevo audit: {wrong}"] += 1
    taken, segments = party.ledger.copies()
    balance.bound("copies of segments", taken - segments, uncertain["resent"])
    balance.bound("messages given up", balance.given_up, uncertain["failed"] + uncertain["resent"])
    stats = party.smsc.there.stats
    _settle_inbound(party, balance, stats.redelivered)
    struck = dict(stats.deeds) | dict(stats.mishaps)
    struck |= {status_name(status): count for status, count in stats.refused.items()}
    sums = {
        "messages": day.messages,
        "messages a second": day.messages / took_s,
        "segments taken by the carrier": segments,
        "copies of them": taken - segments,
        "resent by the gateway's count": uncertain["resent"],
        "settled by a late answer": uncertain["settled"],
        "given up as unknown": uncertain["failed"],
        "receipts for nobody": unmatched,
        "binds made": stats.binds,
        "inbound messages": party.wrote.total(),
        "deliver_sm sent again by the carrier": stats.redelivered,
    }
    return Outcome(balance, took_s, struck, sums)


def _settle_inbound(party: Party, balance: Balance, redelivered: int) -> None:
    """Each inbound message came once, but for what the carrier had to send again."""
    heard = Counter(party.shop.said)
    for bank in party.banks:
        heard.update(bank.said)
    missing, strange = party.wrote - heard, set(heard) - set(party.wrote)
    if missing:
        balance.faults["inbound messages that never came"] = missing.total()
        balance.named["inbound messages that never came"] = [words[:20] for words in list(missing)[:5]]
    if strange:
        balance.faults["inbound messages that nobody wrote"] = len(strange)
        balance.named["inbound messages that nobody wrote"] = [words[:20] for words in list(strange)[:5]]
    balance.bound("inbound messages too many", (heard - party.wrote).total(), redelivered)
