"""What a carrier's command_status asks of us: one table (SMPP 3.4 §5.1.3 and what carriers mean by it), and the
carrier's own `errors:` over it.

`later` the same message again after a pause, by the next carrier after its second failure; `throttle` pause the bind,
the message stays at the head and nothing is counted against it; `next` another carrier now, refused where there is
none, and `wrong_network` is that with a reason; `refuse` the message has ended; `stop` the bind is of no use until somebody looks at it.
"""

from collections.abc import Mapping
from enum import StrEnum

from gateway.smpp.status import CommandStatus as S


class Action(StrEnum):
    """What to do about an answer. The words are those of `errors:` in the configuration."""

    DONE = "done"
    LATER = "later"
    THROTTLE = "throttle"
    NEXT = "next"
    REFUSE = "refuse"
    STOP = "stop"
    REBIND = "rebind"
    WRONG_NETWORK = "wrong_network"


_A = Action
ACTIONS: dict[int, Action] = {
    S.ESME_ROK: _A.DONE,
    S.ESME_RINVMSGLEN: _A.REFUSE,
    S.ESME_RINVCMDLEN: _A.REFUSE,
    S.ESME_RINVCMDID: _A.STOP,  # submit_sm not known: an account without the right to send
    S.ESME_RINVBNDSTS: _A.REBIND,  # the peer thinks we are not bound: bind anew, send this one again
    S.ESME_RALYBND: _A.REBIND,
    S.ESME_RINVPRTFLG: _A.REFUSE,
    S.ESME_RINVREGDLVFLG: _A.REFUSE,
    S.ESME_RSYSERR: _A.LATER,
    S.ESME_RINVSRCADR: _A.REFUSE,
    S.ESME_RINVDSTADR: _A.REFUSE,
    S.ESME_RINVMSGID: _A.REFUSE,
    S.ESME_RBINDFAIL: _A.REBIND,
    S.ESME_RINVPASWD: _A.STOP,
    S.ESME_RINVSYSID: _A.STOP,
    S.ESME_RINVSYSTYP: _A.STOP,
    S.ESME_RMSGQFUL: _A.THROTTLE,
    S.ESME_RINVSERTYP: _A.STOP,
    S.ESME_RINVSUBREP: _A.REFUSE,
    S.ESME_RINVESMCLASS: _A.REFUSE,
    S.ESME_RSUBMITFAIL: _A.LATER,
    S.ESME_RINVSRCTON: _A.REFUSE,
    S.ESME_RINVSRCNPI: _A.REFUSE,
    S.ESME_RINVDSTTON: _A.REFUSE,
    S.ESME_RINVDSTNPI: _A.REFUSE,
    S.ESME_RINVREPFLAG: _A.REFUSE,
    S.ESME_RINVNUMMSGS: _A.REFUSE,
    S.ESME_RTHROTTLED: _A.THROTTLE,
    S.ESME_RINVSCHED: _A.REFUSE,
    S.ESME_RINVEXPIRY: _A.REFUSE,
    S.ESME_RINVDFTMSGID: _A.REFUSE,
    S.ESME_RX_T_APPN: _A.LATER,
    S.ESME_RX_P_APPN: _A.REFUSE,
    S.ESME_RX_R_APPN: _A.REFUSE,
    0xC0: _A.REFUSE,
    0xC1: _A.REFUSE,
    0xC2: _A.REFUSE,
    0xC3: _A.REFUSE,
    0xC4: _A.REFUSE,
    S.ESME_RDELIVERYFAILURE: _A.REFUSE,
    S.ESME_RUNKNOWNERR: _A.LATER,
    0x100: _A.STOP,  # ESME_RSERTYPUNAUTH (5.0)
    0x101: _A.REFUSE,  # ESME_RPROHIBITED (5.0)
    0x102: _A.LATER,  # ESME_RSERTYPUNAVAIL (5.0)
    0x103: _A.REFUSE,  # ESME_RSERTYPDENIED (5.0)
    0x104: _A.REFUSE,  # ESME_RINVDCS (5.0)
}
VENDOR = range(0x400, 0x500)


def decide(command_status: int, errors: Mapping[int, str]) -> Action:
    """What this answer to a submit_sm asks for: the carrier's own word first, then the table.

    Vendor codes (0x400-0x4FF) go by the next carrier; other unknown codes are tried again like ESME_RSUBMITFAIL.
    """
    if not command_status:
        return _A.DONE
    own = errors.get(command_status)
    if own is not None:
        return Action(own)
    return ACTIONS.get(command_status) or (_A.NEXT if command_status in VENDOR else _A.LATER)


class BindAction(StrEnum):
    """What to do about a refused bind."""

    RETRY = "retry"
    SLOW = "slow"
    STOP = "stop"


BIND_ACTIONS: dict[int, BindAction] = {
    S.ESME_RALYBND: BindAction.SLOW,
    S.ESME_RBINDFAIL: BindAction.SLOW,
    S.ESME_RINVPASWD: BindAction.STOP,
    S.ESME_RINVSYSID: BindAction.STOP,
    S.ESME_RINVSYSTYP: BindAction.STOP,
}


def decide_bind(command_status: int) -> BindAction:
    """What a refused bind asks for: RALYBND and RBINDFAIL slow retries, wrong credentials none (the account locks)."""
    return BIND_ACTIONS.get(command_status, BindAction.RETRY)
