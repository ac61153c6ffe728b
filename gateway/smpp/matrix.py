"""Which side may send what in which state (§2.2, §2.3), and what is taken from a peer that does not keep to it.

SENDS is the specification's table read by sender. RECEIVES is what follows from it for the other side, widened by what
peers are known to do and what costs nothing to allow. A command missing from a cell is answered ESME_RINVBNDSTS.
"""

from enum import Enum

from gateway.smpp.spec import CommandId


class Role(Enum):
    """Which side of a session we are: the ESME connects and binds, the SMSC accepts."""

    ESME = "esme"
    SMSC = "smsc"

    @property
    def peer(self) -> "Role":
        return Role.SMSC if self is Role.ESME else Role.ESME


class State(Enum):
    """§2.2. UNBINDING: an unbind is under way, ours or the peer's. CLOSED: nothing is read or sent any more."""

    OPEN = "open"
    OUTBOUND = "outbound"
    BOUND_TX = "bound_tx"
    BOUND_RX = "bound_rx"
    BOUND_TRX = "bound_trx"
    UNBINDING = "unbinding"
    CLOSED = "closed"


_C = CommandId

BOUND_BY = {
    _C.BIND_RECEIVER.value: State.BOUND_RX,
    _C.BIND_TRANSMITTER.value: State.BOUND_TX,
    _C.BIND_TRANSCEIVER.value: State.BOUND_TRX,
}
"""bind's command_id -> the state its acceptance leads to."""

BINDS = frozenset(BOUND_BY)
BOUND = frozenset(BOUND_BY.values())

_LINK = {_C.ENQUIRE_LINK, _C.UNBIND}
_SUBMITS = {_C.SUBMIT_SM, _C.SUBMIT_MULTI, _C.DATA_SM, _C.QUERY_SM, _C.CANCEL_SM, _C.REPLACE_SM}
_DELIVERS = {_C.DELIVER_SM, _C.DATA_SM, _C.ALERT_NOTIFICATION}

# replace_sm on a transceiver: §2.3 leaves the cell empty, every SMSC allows it.
_SENDS: dict[tuple[Role, State], set[CommandId]] = {
    (Role.ESME, State.OPEN): {_C.BIND_RECEIVER, _C.BIND_TRANSMITTER, _C.BIND_TRANSCEIVER},
    (Role.ESME, State.OUTBOUND): {_C.BIND_RECEIVER},
    (Role.ESME, State.BOUND_TX): _SUBMITS | _LINK,
    (Role.ESME, State.BOUND_RX): {_C.DATA_SM} | _LINK,
    (Role.ESME, State.BOUND_TRX): _SUBMITS | _LINK,
    (Role.ESME, State.UNBINDING): set(),
    (Role.ESME, State.CLOSED): set(),
    (Role.SMSC, State.OPEN): {_C.OUTBIND},
    (Role.SMSC, State.OUTBOUND): set(),
    (Role.SMSC, State.BOUND_TX): {_C.DATA_SM} | _LINK,
    (Role.SMSC, State.BOUND_RX): _DELIVERS | _LINK,
    (Role.SMSC, State.BOUND_TRX): _DELIVERS | _LINK,
    (Role.SMSC, State.UNBINDING): set(),
    (Role.SMSC, State.CLOSED): set(),
}

# enquire_link and unbind are harmless in any state, and SMPP 5.0 (§2.4) allows the first in all of them. An SMSC's
# deliver_sm that crossed our unbind on the way is a receipt worth having. An app's submit that did so is neither taken
# nor answered, see `Session`.
_ALSO: dict[tuple[Role, State], set[CommandId]] = {
    **{(role, state): _LINK for role in Role for state in State if state is not State.CLOSED},
    (Role.SMSC, State.OUTBOUND): {_C.BIND_TRANSMITTER, _C.BIND_TRANSCEIVER} | _LINK,
    (Role.ESME, State.UNBINDING): _DELIVERS | _LINK,
}

SENDS: dict[tuple[Role, State], frozenset[int]] = {
    cell: frozenset(command.value for command in commands) for cell, commands in _SENDS.items()
}
"""(our role, state) -> command_ids of the requests we may send."""

RECEIVES: dict[tuple[Role, State], frozenset[int]] = {
    (role, state): SENDS[role.peer, state] | {command.value for command in _ALSO.get((role, state), ())}
    for role, state in SENDS
}
"""(our role, state) -> command_ids of the requests we take."""
