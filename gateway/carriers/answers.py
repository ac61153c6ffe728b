"""What a carrier's command_status asks of us: one table (SMPP 3.4 §5.1.3 and what carriers mean by it), and the
carrier's own `errors:` over it.

`later` the same message again after a pause, by the next carrier after its second failure; `throttle` pause the bind,
the message stays at the head and nothing is counted against it; `next` another carrier now, refused where there is
none, and `wrong_network` is that with a reason; `refuse` the message has ended; `stop` the bind is of no use until
somebody looks at it; `rebind` the session is of no use, a new one may be; `without_time` and `without_tlvs` the same
segment once more with less in it, and refused where there is nothing to leave out.
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
    WITHOUT_TIME = "without_time"
    WITHOUT_TLVS = "without_tlvs"


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
    # Answers to other operations than submit_sm: whoever sends them does not want this one.
    S.ESME_RCANCELFAIL: _A.REFUSE,
    S.ESME_RREPLACEFAIL: _A.REFUSE,
    S.ESME_RQUERYFAIL: _A.REFUSE,
    S.ESME_RINVNUMDESTS: _A.REFUSE,
    S.ESME_RINVDLNAME: _A.REFUSE,
    S.ESME_RINVDESTFLAG: _A.REFUSE,
    S.ESME_RCNTSUBDL: _A.REFUSE,
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
    S.ESME_RINVSCHED: _A.WITHOUT_TIME,  # some SMSCs say so of any time at all, whatever its form
    S.ESME_RINVEXPIRY: _A.WITHOUT_TIME,
    S.ESME_RINVDFTMSGID: _A.REFUSE,
    S.ESME_RX_T_APPN: _A.LATER,
    S.ESME_RX_P_APPN: _A.REFUSE,
    S.ESME_RX_R_APPN: _A.REFUSE,
    S.ESME_RINVTLVSTREAM: _A.REFUSE,
    S.ESME_RTLVNOTALLWD: _A.WITHOUT_TLVS,  # its kin blame a value or the PDU: left out, it would be hidden
    S.ESME_RINVTLVLEN: _A.REFUSE,
    S.ESME_RMISSINGTLV: _A.REFUSE,
    S.ESME_RINVTLVVAL: _A.REFUSE,
    S.ESME_RDELIVERYFAILURE: _A.REFUSE,
    S.ESME_RUNKNOWNERR: _A.LATER,
    S.ESME_RSERTYPUNAUTH: _A.STOP,  # from here on: SMPP 5.0 §4.7.6
    S.ESME_RPROHIBITED: _A.STOP,
    S.ESME_RSERTYPUNAVAIL: _A.LATER,
    S.ESME_RSERTYPDENIED: _A.REFUSE,
    S.ESME_RINVDCS: _A.REFUSE,
    **dict.fromkeys(range(S.ESME_RINVSRCADDRSUBUNIT, S.ESME_RINVBCASTCHANIND + 1), _A.REFUSE),
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


LONGEST_SLOW_PAUSE_S = 900.0
_LONGEST_SLOW_PAUSES_S: dict[int, float] = {
    S.ESME_RALYBND: 300.0
}  # a session of ours that died there is forgotten soon


def longest_slow_pause(command_status: int) -> float:
    """How far the pauses of SLOW may grow, in seconds: RBINDFAIL may be anything, up to a provisioning not yet done."""
    return _LONGEST_SLOW_PAUSES_S.get(command_status, LONGEST_SLOW_PAUSE_S)
