"""What goes wrong on the day: each thing that carriers were seen to do, at a few per cent of the messages it touches.

A share of submits is that of messages, but for what ends a connection or pauses the bind: with some hundreds of
segments in flight, one such event touches them all, so it is as rare as makes a per cent of messages.
"""

from gateway.sim.faults import Faults
from gateway.smpp.status import CommandStatus as S

# What ends a connection or slows it down: shares of submits, and how often at the least in a run, be it short.
_RARE = {"drop": 0.00002, "cut": 0.00002, "noise": 0.00001, "half_open": 0.00001}
_SLOWING = {S.ESME_RTHROTTLED: 0.00001, S.ESME_RMSGQFUL: 0.00001}
_AT_LEAST = 2

LATE_S = 2.5
"""Later than the response_timeout of 2 s, within the hold of a second: what is settled by a late response."""


def of_the_day(messages: int) -> Faults:
    """All of them, for a run of so many messages."""
    least = _AT_LEAST / messages
    return Faults(
        errors={
            int(S.ESME_RSYSERR): 0.01,
            int(S.ESME_RX_T_APPN): 0.01,
            int(S.ESME_RINVDSTADR): 0.01,
            0x4A1: 0.005,
            **{int(status): max(share, least) for status, share in _SLOWING.items()},
        },
        silent=0.01,
        slow=0.01,
        slow_s=LATE_S,
        garbage=0.02,
        duplicate_response=0.02,
        nack=0.01,
        fail=0.03,
        expire=0.02,
        early_receipt=0.03,
        duplicate_receipt=0.03,
        lost_receipt=0.02,
        intermediate_receipt=0.03,
        stray_receipt=0.02,
        shuffled_inbound=0.5,
        **{name: max(share, least) for name, share in _RARE.items()},
    )
