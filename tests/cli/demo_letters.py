"""Letters, records and arrivals of the demo, made by hand."""

from gateway.cli.demo.arrivals import Arrival
from gateway.cli.demo.ledger import Ledger, Letter
from gateway.cli.demo.people import Person
from gateway.sim.records import Record
from gateway.smpp.pdu import SubmitSm
from gateway.smpp.spec import MessageState

ANA = Person("525512345678", "telcel", "telcel")
BETO = Person("525587654321", "telcel", "weex")


def record(pdu: SubmitSm, *, at: float = 10.0, end: MessageState = MessageState.DELIVERED) -> Record:
    """What a simulated SMSC remembers of a submit_sm."""
    made = Record(at, "relevo", pdu, pdu.destination_addr, ("1", "1"))
    made.end = end
    return made


def arrival(
    letter: Letter, carrier: str = "", *, ends: tuple[MessageState, ...] = (MessageState.DELIVERED,)
) -> Arrival:
    """A letter as it arrives at its carrier, or at another."""
    pdu = SubmitSm(source_addr=letter.sender, destination_addr=letter.person.number)
    records = tuple(record(pdu, end=end) for end in ends)
    number = letter.person.number[-10:]
    return Arrival(carrier or letter.person.carrier, number, letter.sender, letter.text, 10.0, records)


def sent(ledger: Ledger, person: Person, text: str = "Hola", *, submits: int = 1, app: str = "tienda") -> Letter:
    """A letter written and accepted, its ids made of its text, its person and the part."""
    letter = ledger.write(Letter(app, "bulk", "28888", person, text, submits=submits, sent_at=9.0))
    for part in range(1, submits + 1):
        ledger.accepted(letter, f"{person.number}-{text}-{part}", part)
    return letter


def whole(ledger: Ledger, person: Person, text: str = "Hola") -> Letter:
    """A letter for which all went well."""
    letter = sent(ledger, person, text)
    ledger.arrived(arrival(letter))
    ledger.receipt(letter.ids[1], "delivered")
    return letter
