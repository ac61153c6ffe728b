"""Two subscribers write back: one wants no more of the shop, one answers his OTP."""

from collections.abc import Callable
from random import Random

from gateway.cli.demo import bank
from gateway.cli.demo.bank import HttpApp
from gateway.cli.demo.campaign import SENDER, Flyer, Form, submits
from gateway.cli.demo.checks import Answered, Farewell
from gateway.cli.demo.errors import StoryError
from gateway.cli.demo.ledger import Letter
from gateway.cli.demo.people import NAMES
from gateway.cli.demo.stage import Stage

TITLE = "subscribers write back"
ANSWER_S = 10.0
_GOODBYE = "Baja, por favor"
_AGAIN = "Tienda: te extrañamos. Vuelve hoy y llévate un regalo."
_YES = "Sí, autorizo la compra"


async def say_goodbye(stage: Stage, reply: str, random: Random) -> tuple[Farewell, list[Letter]]:
    """BAJA: the gateway answers `reply`, refuses the shop's next text, and still takes the bank's.

    What came of it, and the letters that were to be refused. Raises StoryError.
    """
    facts, ledger = Farewell(), stage.ledger
    person = _somebody(stage, "bulk", "telcel").person
    stage.say(f'{person.national} ({NAMES[person.network]}) writes [bold]"{_GOODBYE}"[/] to {SENDER}, the shop')
    facts.reply = ledger.write(Letter("tienda", "reply", SENDER, person, reply, submits=0))
    stage.smscs[person.carrier].simulator.mo(person.number, SENDER, _GOODBYE)
    if await stage.until(_there(facts.reply), TITLE, patience_s=ANSWER_S):
        stage.note(f'opted out of tienda; the reply: [bold]"{reply}"[/]')
    facts.optout_status = (await stage.shop_by_http.call("GET", f"/v1/optouts/+{person.number}")).status
    refused = await _try_again(stage, stage.shop_by_http, Letter("tienda", "bulk", SENDER, person, _AGAIN))
    facts.http_code, facts.smpp_code = refused[0].refused, refused[1].refused
    stage.note(f"tienda tries again: [bold]{facts.http_code}[/] over HTTP, [bold]{facts.smpp_code}[/] over SMPP")
    facts.other_app = ledger.write(bank.otp(person, random))
    await stage.bank.submit(ledger, facts.other_app, stage.clock)
    if await stage.until(lambda: facts.other_app is not None and facts.other_app.settled, TITLE, patience_s=ANSWER_S):
        stage.note("banco's next OTP still comes through: it was the shop that was left")
    return facts, refused


async def answer_otp(stage: Stage) -> Answered:
    """A subscriber answers: the inbound message comes to the bank, joined to the OTP it answers. Raises StoryError."""
    letter, known = _somebody(stage, "fast", "att"), len(stage.hook.inbound)
    person = letter.person
    stage.say(f'{person.national} ({NAMES[person.network]}) answers the OTP: [bold]"{_YES}"[/]')
    stage.smscs[person.carrier].simulator.mo(person.number, bank.SENDER, _YES)
    inbound = await stage.hook.next_inbound(known, ANSWER_S)
    if inbound is not None:
        stage.note(f"banco's webhook gets it, in reply to its OTP {str(inbound.get('in_reply_to'))[:8]}…")
    return Answered(letter, _YES, inbound)


async def _try_again(stage: Stage, http: HttpApp, letter: Letter) -> list[Letter]:
    """Once over HTTP, once over SMPP."""
    ledger = stage.ledger
    by_http = ledger.write(letter)
    await http.submit(ledger, by_http, stage.clock)
    by_smpp = ledger.write(Letter(letter.app, letter.lane, letter.sender, letter.person, letter.text))
    stage.shop.submit(by_smpp, submits(Flyer(letter.person, Form.WHOLE, letter.text), 0))
    await stage.until(lambda: bool(by_smpp.refused) or by_smpp.accepted, TITLE, patience_s=ANSWER_S)
    return [by_http, by_smpp]


def _somebody(stage: Stage, lane: str, carrier: str) -> Letter:
    """Somebody who got a text of this lane through this carrier, a person who had kept the number if there is one."""
    got = [
        letter
        for letter in stage.ledger.of_lane(lane)
        if letter.person.carrier == carrier and letter.status == "delivered" and letter.submits == 1
    ]
    if not got:
        raise StoryError(f"nobody got a message of the {lane} lane through {carrier}")
    return min(got, key=lambda letter: letter.person.ported)


def _there(letter: Letter) -> Callable[[], bool]:
    return lambda: bool(letter.arrivals)
