"""Lives that end with kill -9: a load through them, and what must hold when the last one has caught up.

The journeys go through a few, `bin/soak kills` through hundreds.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from random import Random
from typing import Any, NamedTuple

from gateway.message import FINAL as FINALS
from gateway.store.reader import StoreReader
from tests.journeys.load import Load, doubled, missing
from tests.journeys.parties import Hook, Smsc
from tests.support.gateway import GatewayProcess, app, carrier, until

WINDOW = 20
BINDS = 2
TPS = 600
# What a carrier took and answered may not be on disk yet: a commit and what gathers for the next, on a busy machine.
COMMIT_S = 0.1
TWICE_AT_MOST = BINDS * WINDOW + int(TPS * COMMIT_S)
"""So many copies may come of one kill: what was in the windows, and what was answered within a commit."""

LATE: dict[str, Any] = {"latency_s": 0.02, "jitter_s": 0.02, "receipts_after_s": 0.1, "receipts_jitter_s": 0.9}
"""A carrier whose answers take their time, and whose receipts up to a second: much is always under way."""


class Toll(NamedTuple):
    """What kills have cost: `copies` too many at the carrier, and `faults`, which are promises that did not hold."""

    accepted: int
    copies: int
    faults: list[str]


def sections(smsc: Smsc, hook: Hook) -> dict[str, Any]:
    """The gateway that is killed: a carrier with two binds, an app over SMPP and one with a webhook."""
    return {
        "carriers": {"one": carrier("one", [smsc.port] * BINDS, window=WINDOW, tps=TPS, burst=20)},
        "apps": {"bank": app(system_id="bank", api_keys=[]), "shop": app(webhook=hook.settings)},
    }


async def live(
    gateway: GatewayProcess,
    random: Random,
    kills: int,
    words: str = "",
    on_start: Callable[[float], object] = lambda _: None,
) -> Load:
    """A load over HTTP and SMPP through so many kills at random moments; ends when it has been answered.

    `on_start` is told how many seconds each start took.
    """
    load = Load(gateway, words=f"{words}smpp", http_words=f"{words}http")
    async with asyncio.TaskGroup() as group:
        group.create_task(load.smpp())
        group.create_task(load.http())
        for _ in range(kills):
            await asyncio.sleep(0.3 + random.random())
            await gateway.kill()
            on_start(await gateway.start())
        accepted = len(load.accepted)
        await until(lambda: len(load.accepted) > accepted, 15, "the load after the last start")
        load.stop()
    return load


async def settle(gateway: GatewayProcess, load: Load, smsc: Smsc, hook: Hook, within_s: float = 15.0) -> Toll:
    """Wait for what is under way, then look: nothing missing, one end each, and every app told of it.

    Raises TimeoutError where something accepted never comes to the carrier, or no app hears of it.
    """
    await until(lambda: not missing(load, smsc), within_s, "all that was answered yes, at the carrier")
    await until(lambda: set(load.accepted.values()) <= told(load, hook), within_s, "a receipt for each")
    faults = [f"{count} refused with {status}" for status, count in load.refused.items()]
    ends = await asyncio.to_thread(ends_on_disk, gateway, load.accepted.values())
    faults += [
        f"{key} ended as {ends.get(key, [])}" for key in load.accepted.values() if ends.get(key) != ["delivered"]
    ]
    webhooks: dict[str, set[str]] = defaultdict(set)
    for event in hook.events:
        webhooks[event["data"]["id"]].add(event["type"])
    receipts = load.receipts
    for text, message_id in load.accepted.items():
        told_as = {receipt.stat for receipt in receipts.get(message_id, [])} | webhooks[message_id]
        if told_as != ({"DELIVRD"} if text in load.over_smpp else {"message.delivered"}):
            faults.append(f"the app of {message_id} was told {told_as}")
    return Toll(len(load.accepted), doubled(smsc), faults)


def told(load: Load, hook: Hook) -> set[str]:
    """The ids that an app has heard of, over SMPP or by its webhook."""
    return {event["data"]["id"] for event in hook.events} | set(load.receipts)


def ends_on_disk(gateway: GatewayProcess, ids: Iterable[str]) -> dict[str, list[str]]:
    """By id, the final statuses in a message's history, as the store has them; of no id that is not there."""
    wanted = set(ids)
    if not wanted:
        return {}
    with StoreReader(gateway.store) as store:
        return {
            message.id: [event.status.word for event in message.events if event.status in FINALS]
            for message in store.messages(min(wanted))
            if message.id in wanted
        }


def strangers(smsc: Smsc, words: str) -> Counter[str]:
    """What came to the carrier and is of another load than that with these words."""
    return Counter(text for text in smsc.texts if not text.startswith(words))
