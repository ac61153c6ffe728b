"""The books of a journey: what was accepted is final once, by the gateway's count and by the SMSCs'."""

from collections import Counter
from collections.abc import Iterable

from tests.journeys.load import FINAL, statuses
from tests.journeys.parties import Smsc
from tests.support.gateway import GatewayProcess, until


async def balanced(gateway: GatewayProcess, ids: Iterable[str], *smscs: Smsc, within_s: float = 15.0) -> None:
    """Wait until all messages are final, then compare: histories, metrics, and what the carriers took.

    For one life of the gateway, with messages of one segment and texts that tell them apart. Copies too many are
    allowed as far as the gateway has counted them.
    """
    ids = set(ids)
    await until(lambda: settled(gateway, len(ids)), within_s, f"{len(ids)} final messages")
    ends = await statuses(gateway, ids)
    assert {message_id: end for message_id, end in ends.items() if len(end) != 1} == {}, "one end for each"
    assert set().union(*ends.values()) <= FINAL
    taken = Counter(text for smsc in smscs for text in smsc.texts)
    delivered = sum(end == ["delivered"] for end in ends.values())
    assert len(taken) >= delivered, "what is called delivered was at a carrier"
    copies = taken.total() - len(taken)
    assert copies <= await gateway.metric("relevo_uncertain_total", outcome="resent"), "each copy is counted"


async def settled(gateway: GatewayProcess, count: int) -> bool:
    """Whether so many messages were accepted, all of them are final and on disk, and the carriers' lanes are empty."""
    status = await gateway.status()
    totals = status["totals"]
    final = sum(totals[each] for each in FINAL)
    waiting = sum(lane["depth"] + lane["on_disk"] for lane in status["lanes"])
    return bool(totals["accepted"] == final == count and not waiting and not status["store"]["backlog"])
