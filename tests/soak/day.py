"""A day at a carrier that does everything wrong, on one bind, in minutes; the books must balance from each side."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.books.audit import Limits, audited
from gateway.smpp.status import status_name
from gateway.store.reader import StoreReader
from tests.soak.apps import SENDER
from tests.soak.balance import Balance
from tests.soak.party import SHOP_NUMBER, Day, Party
from tests.soak.traffic import FIRST_NUMBER

POSTS_AT_ONCE = 8
INBOUND_EVERY = 100
SAY_EVERY_S = 15.0
SWEEP_S = 60.0
"""So often the gateway looks for receipts that never came."""
SETTLED_S = 30.0
_LONG_INBOUND = "and a long story it is, told in three parts that may come in any order " * 5


Say = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What the day came to."""

    balance: Balance
    took_s: float
    struck: dict[str, int]
    """By fault: how often."""
    sums: dict[str, float]


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
    party.smsc.there.mo(str(FIRST_NUMBER + number), to, words, system_id="relevo")
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
