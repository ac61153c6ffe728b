"""Every command in every state and role, sent and received, against a table written out by hand (§2.2, §2.3)."""

import pytest

from gateway.smpp.codec import Frame, decode, encode
from gateway.smpp.destinations import Destination
from gateway.smpp.events import Oddity, OddityKind, Received
from gateway.smpp.matrix import RECEIVES, SENDS, Role, State
from gateway.smpp.pdu import PDU_CLASSES, GenericNack, Request, SubmitMulti
from gateway.smpp.session import WrongState
from gateway.smpp.spec import RESPONSE_BIT, CommandId, command_name
from gateway.smpp.status import CommandStatus
from tests.support.pair import session_in

STATES = (State.OPEN, State.OUTBOUND, State.BOUND_TX, State.BOUND_RX, State.BOUND_TRX, State.UNBINDING)

# r: goes to the owner, a: answered ESME_ROK at once, b: ESME_RINVBNDSTS, y: ESME_RALYBND, i: ESME_RINVCMDID.
# A capital: by generic_nack. n: neither taken nor answered.
RECEIVED = """
                       ESME                 SMSC
                       OP OU TX RX TR UN    OP OU TX RX TR UN
bind_receiver          b  b  b  b  b  b     r  r  y  y  y  b
bind_transmitter       b  b  b  b  b  b     r  r  y  y  y  b
bind_transceiver       b  b  b  b  b  b     r  r  y  y  y  b
outbind                r  B  B  B  B  B     B  B  B  B  B  B
unbind                 a  a  a  a  a  a     a  a  a  a  a  a
enquire_link           a  a  a  a  a  a     a  a  a  a  a  a
submit_sm              b  b  b  b  b  b     b  b  r  b  r  n
submit_multi           b  b  b  b  b  b     b  b  r  b  r  n
data_sm                b  b  r  r  r  r     b  b  r  r  r  n
query_sm               b  b  b  b  b  b     b  b  r  b  r  n
cancel_sm              b  b  b  b  b  b     b  b  r  b  r  n
replace_sm             b  b  b  b  b  b     b  b  r  b  r  n
deliver_sm             b  b  b  r  r  r     b  b  b  b  b  n
alert_notification     B  B  B  r  r  r     B  B  B  B  B  B
broadcast_sm           I  I  I  I  I  I     I  I  I  I  I  I
query_broadcast_sm     I  I  I  I  I  I     I  I  I  I  I  I
cancel_broadcast_sm    I  I  I  I  I  I     I  I  I  I  I  I
"""

# +: may be sent.
SENT = """
                       ESME                 SMSC
                       OP OU TX RX TR UN    OP OU TX RX TR UN
bind_receiver          +  +  -  -  -  -     -  -  -  -  -  -
bind_transmitter       +  -  -  -  -  -     -  -  -  -  -  -
bind_transceiver       +  -  -  -  -  -     -  -  -  -  -  -
outbind                -  -  -  -  -  -     +  -  -  -  -  -
unbind                 -  -  +  +  +  -     -  -  +  +  +  -
enquire_link           -  -  +  +  +  -     -  -  +  +  +  -
submit_sm              -  -  +  -  +  -     -  -  -  -  -  -
submit_multi           -  -  +  -  +  -     -  -  -  -  -  -
data_sm                -  -  +  +  +  -     -  -  +  +  +  -
query_sm               -  -  +  -  +  -     -  -  -  -  -  -
cancel_sm              -  -  +  -  +  -     -  -  -  -  -  -
replace_sm             -  -  +  -  +  -     -  -  -  -  -  -
deliver_sm             -  -  -  -  -  -     -  -  -  +  +  -
alert_notification     -  -  -  -  -  -     -  -  -  +  +  -
"""

STATUS = {
    "a": CommandStatus.ESME_ROK,
    "b": CommandStatus.ESME_RINVBNDSTS,
    "y": CommandStatus.ESME_RALYBND,
    "i": CommandStatus.ESME_RINVCMDID,
}

Cell = tuple[Role, State, CommandId, str]


def cells(table: str) -> list[Cell]:
    columns = [(role, state) for role in (Role.ESME, Role.SMSC) for state in STATES]
    rows = [line.split() for line in table.strip().splitlines()[2:]]
    return [
        (role, state, CommandId[row[0].upper()], mark)
        for row in rows
        for (role, state), mark in zip(columns, row[1:], strict=True)
    ]


def name(value: object) -> str:
    return value.name.lower() if isinstance(value, Role | State | CommandId) else str(value)


def pdu_of(command_id: CommandId) -> Request:
    if command_id is CommandId.SUBMIT_MULTI:
        return SubmitMulti(dest_address=(Destination(1, 1, "525512345678"),))
    pdu: Request = PDU_CLASSES[command_id]()
    return pdu


def octets_of(command_id: CommandId) -> bytes:
    if command_id in PDU_CLASSES:
        return encode(pdu_of(command_id), 77)
    return (16).to_bytes(4, "big") + command_id.to_bytes(4, "big") + bytes(4) + (77).to_bytes(4, "big")


def test_tables_of_the_test_name_every_request() -> None:
    requests = {command for command in CommandId if not command & RESPONSE_BIT}

    assert {command for _, _, command, _ in cells(RECEIVED)} == requests
    assert {command for _, _, command, _ in cells(SENT)} == {command for command in requests if command in PDU_CLASSES}


def test_matrix_has_a_cell_for_every_role_and_state() -> None:
    every = {(role, state) for role in Role for state in State}

    assert set(SENDS) == set(RECEIVES) == every


@pytest.mark.parametrize(("role", "state", "command_id", "mark"), cells(RECEIVED), ids=name)
def test_session_takes_or_refuses_a_request_by_the_table(
    role: Role, state: State, command_id: CommandId, mark: str
) -> None:
    session = session_in(role, state)

    events = session.receive(octets_of(command_id), 1000.0)
    sent = session.data_to_send()

    if mark == "r":
        assert [(type(event), event.sequence_number) for event in events if isinstance(event, Received)] == [
            (Received, 77)
        ]
        assert sent == b""
        return
    if mark == "n":
        assert (sent, events) == (b"", [Oddity(OddityKind.WRONG_STATE, f"{command_name(command_id)} while unbinding")])
        return
    answer = decode(sent)
    assert (answer.sequence_number, answer.command_status) == (77, STATUS[mark.lower()])
    assert answer.command_id == (CommandId.GENERIC_NACK if mark.isupper() else command_id | RESPONSE_BIT)
    assert not [event for event in events if isinstance(event, Received)]
    if mark != "a":
        kind = OddityKind.UNKNOWN_REQUEST if mark == "I" else OddityKind.WRONG_STATE
        assert events == [Oddity(kind, f"{command_name(command_id)} while {state.value}")]


@pytest.mark.parametrize("role", Role, ids=name)
@pytest.mark.parametrize("state", STATES, ids=name)
def test_session_refuses_command_id_zero_as_unknown(role: Role, state: State) -> None:
    """Found by fuzzing: with the response bit it is generic_nack's, and so passed for a command of the wrong state."""
    session = session_in(role, state)

    events = session.receive(bytes.fromhex("00000011 00000000 00000000 0000004d 00"), 1000.0)

    assert decode(session.data_to_send()) == Frame(
        CommandId.GENERIC_NACK, CommandStatus.ESME_RINVCMDID, 77, GenericNack()
    )
    assert events == [Oddity(OddityKind.UNKNOWN_REQUEST, f"0x00000000 while {state.value}")]


@pytest.mark.parametrize(("role", "state", "command_id", "mark"), cells(SENT), ids=name)
def test_session_sends_or_forbids_a_request_by_the_table(
    role: Role, state: State, command_id: CommandId, mark: str
) -> None:
    session = session_in(role, state)

    if mark == "+":
        sequence_number = session.request(pdu_of(command_id), 1000.0)
        frame = decode(session.data_to_send())
        assert (frame.command_id, frame.sequence_number) == (command_id, sequence_number)
    else:
        with pytest.raises(WrongState, match=f"{command_name(command_id)} by the {role.value}"):
            session.request(pdu_of(command_id), 1000.0)
        assert session.data_to_send() == b""


@pytest.mark.parametrize("role", Role, ids=name)
@pytest.mark.parametrize("command_id", [command for command in CommandId if command in PDU_CLASSES], ids=name)
def test_session_neither_reads_nor_sends_when_closed(role: Role, command_id: CommandId) -> None:
    session = session_in(role, State.CLOSED)

    assert session.receive(octets_of(command_id), 1000.0) == []
    assert session.data_to_send() == b""
    if not command_id & RESPONSE_BIT:
        with pytest.raises(WrongState):
            session.request(pdu_of(command_id), 1000.0)
