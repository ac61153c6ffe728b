"""The demo's books: the ledger, the arrivals, and the checks that look for what is wrong in them."""

import pytest

from gateway.cli.demo.arrivals import Arrivals
from gateway.cli.demo.campaign import COPIES, Flyer, Form, submits
from gateway.cli.demo.checks import Answered, CarrierFacts, Check, Evidence, Farewell, check_all
from gateway.cli.demo.ledger import Ledger, Letter
from gateway.smpp.spec import MessageState
from gateway.text.data_coding import Alphabet
from gateway.text.encoding import choose
from gateway.text.segments import LongMessages, split
from tests.cli.demo_letters import ANA, BETO, arrival, record, sent, whole

LONG = "Una piñata de Navidad, con dulces y tejocotes. " * 5


@pytest.mark.parametrize("copy", COPIES)
def test_arrivals_give_back_every_text_of_the_campaign(copy):
    flyer = Flyer(ANA, copy.form, copy.text.format(name="Citlali"))
    pdus = submits(flyer, 7)
    arrivals = Arrivals()
    came = [arrivals.take("telcel", record(pdu), Alphabet.GSM7) for pdu in pdus]
    assert len(pdus) == (flyer.segments if copy.form is Form.PARTS else 1)
    assert came[-1] is not None
    assert came[-1].text == flyer.text
    assert came[:-1] == [None] * (len(pdus) - 1)
    assert (came[-1].number, came[-1].sender, arrivals.unfinished) == ("5512345678", "28888", 0)


def test_arrivals_join_parts_in_any_order_and_name_one_that_comes_again():
    first, second = submits(Flyer(ANA, Form.PARTS, LONG), 9)
    arrivals, again = Arrivals(), record(second)
    assert arrivals.take("telcel", record(second, at=1.0), Alphabet.GSM7) is None
    assert arrivals.take("telcel", again, Alphabet.GSM7) is None
    came = arrivals.take("telcel", record(first, at=3.0), Alphabet.GSM7)
    assert came is not None
    assert (came.text, came.at, arrivals.repeated) == (LONG, 3.0, [again])


def test_arrivals_keep_the_parts_of_two_texts_apart():
    one, other = (submits(Flyer(ANA, Form.PARTS, LONG), reference) for reference in (1, 2))
    arrivals = Arrivals()
    came = [arrivals.take("telcel", record(pdu), Alphabet.GSM7) for pdu in (one[0], other[1], other[0], one[1])]
    assert [found.text for found in came if found] == [LONG, LONG]


def test_campaign_cuts_what_the_shop_cuts_and_leaves_the_rest_to_the_gateway():
    assert len(submits(Flyer(ANA, Form.PARTS, LONG), 1)) == len(split(choose(LONG), LongMessages.UDH, 1)) == 2
    assert len(submits(Flyer(ANA, Form.PAYLOAD, LONG), 1)) == 1


def test_ledger_takes_a_receipt_that_is_faster_than_the_answer():
    ledger = Ledger()
    letter = ledger.write(Letter("banco", "fast", "45555", ANA, "Clave 1"))
    ledger.receipt("id-1", "delivered")
    assert ledger.stray_receipts == {"id-1": ["delivered"]}
    ledger.accepted(letter, "id-1")
    assert (letter.status, ledger.stray_receipts) == ("delivered", {})


def test_letter_in_parts_is_delivered_when_each_part_is():
    ledger = Ledger()
    letter = sent(ledger, ANA, LONG, submits=2)
    ledger.receipt(letter.ids[2], "delivered")
    assert letter.status == ""
    ledger.receipt(letter.ids[1], "undelivered")
    assert letter.status == "undelivered"


def test_ledger_gives_equal_texts_to_one_person_to_a_letter_each():
    ledger = Ledger()
    letters = [sent(ledger, ANA), sent(ledger, ANA)]
    for letter in letters:
        ledger.arrived(arrival(letter))
    assert [len(letter.arrivals) for letter in letters] == [1, 1]
    ledger.arrived(arrival(letters[0]))
    assert [len(letter.arrivals) for letter in letters] == [2, 1]


def test_ledger_enters_nothing_once_it_is_closed():
    ledger = Ledger()
    letter = sent(ledger, ANA)
    ledger.close()
    ledger.receipt(letter.ids[1], "delivered")
    ledger.accepted(letter, "other")
    assert (letter.status, ledger.messages, ledger.stray_receipts) == ("", 1, {})


def right() -> Evidence:
    """A run in which all is as it should be."""
    ledger = Ledger()
    whole(ledger, ANA)
    whole(ledger, BETO)
    reply = ledger.write(Letter("tienda", "reply", "28888", ANA, "Listo", submits=0))
    ledger.arrived(arrival(reply))
    otp = whole(ledger, ANA, "Clave 2")
    refused = [ledger.write(Letter("tienda", "bulk", "28888", ANA, "Vuelve")) for _ in range(2)]
    for letter, code in zip(refused, ("opted_out", "ESME_RSUBMITFAIL"), strict=True):
        ledger.refused(letter, code)
    return Evidence(
        ledger, Arrivals(), [CarrierFacts("telcel", 100, 80, 3), CarrierFacts("movistar", 50, 50, 1)],
        {"accepted": 4, "delivered": 4, "undelivered": 0}, verified=2,
        farewell=Farewell(reply, 200, "opted_out", "ESME_RSUBMITFAIL", otp),
        answered=Answered(otp, "Sí", {"from": "+525512345678", "text": "Sí", "in_reply_to": otp.ids[1]}),
        to_refuse=refused, exit_status=0,
    )  # fmt: skip


def failed(evidence: Evidence) -> set[str]:
    """The checks that are not passed."""
    return {check.name for check in check_all(evidence, stopped=True) if not check.ok}


def test_checks_are_all_passed_when_all_is_right():
    assert failed(right()) == set()


def refuse_one(evidence: Evidence) -> None:
    letter = evidence.ledger.write(Letter("banco", "fast", "45555", ANA, "Clave 3"))
    evidence.ledger.refused(letter, "over_tps")


def lose_one(evidence: Evidence) -> None:
    evidence.ledger.letters[0].arrivals.clear()
    evidence.carriers = [CarrierFacts("telcel", 100, 80, 2), CarrierFacts("movistar", 50, 50, 1)]


def garble_one(evidence: Evidence) -> None:
    evidence.ledger.strangers.append(arrival(evidence.ledger.letters[0])._replace(text="Hol@"))


def double_one(evidence: Evidence) -> None:
    evidence.ledger.arrived(arrival(evidence.ledger.letters[0]))


def send_an_unrecorded_one(evidence: Evidence) -> None:
    evidence.carriers = [CarrierFacts("telcel", 100, 80, 4), CarrierFacts("movistar", 50, 50, 1)]


def send_to_the_ranges_holder(evidence: Evidence) -> None:
    letter = evidence.ledger.letters[1]
    letter.arrivals[:] = [arrival(letter, "telcel")]


def send_to_both(evidence: Evidence) -> None:
    letter = evidence.ledger.letters[1]
    letter.arrivals.append(arrival(letter, "telcel"))


def send_astray(evidence: Evidence) -> None:
    letter = evidence.ledger.letters[0]
    letter.arrivals[:] = [arrival(letter, "att")]


def lose_a_receipt(evidence: Evidence) -> None:
    evidence.ledger.letters[0].receipts.clear()


def double_a_receipt(evidence: Evidence) -> None:
    evidence.ledger.receipt(evidence.ledger.letters[0].ids[1], "delivered")


def invent_a_receipt(evidence: Evidence) -> None:
    evidence.ledger.receipt("nobody's", "delivered")


def lie_in_a_receipt(evidence: Evidence) -> None:
    evidence.ledger.letters[0].arrivals[0].records[0].end = MessageState.UNDELIVERABLE


def exceed_tps(evidence: Evidence) -> None:
    evidence.carriers = [CarrierFacts("telcel", 100, 101, 3), CarrierFacts("movistar", 50, 50, 1)]


def forge_a_webhook(evidence: Evidence) -> None:
    evidence.forged = 1


def send_after_baja(evidence: Evidence) -> None:
    evidence.farewell.smpp_code = ""


def keep_the_reply(evidence: Evidence) -> None:
    assert evidence.farewell.reply is not None
    evidence.farewell.reply.arrivals.clear()
    evidence.carriers = [CarrierFacts("telcel", 100, 80, 2), CarrierFacts("movistar", 50, 50, 1)]


def answer_to_another(evidence: Evidence) -> None:
    evidence.answered.inbound = {"from": "+525512345678", "text": "Sí", "in_reply_to": None}


def drop_the_answer(evidence: Evidence) -> None:
    evidence.answered.inbound = None


def miscount(evidence: Evidence) -> None:
    evidence.totals = {"accepted": 5, "delivered": 4, "undelivered": 0}


def be_killed(evidence: Evidence) -> None:
    evidence.exit_status = -9


def leave_a_bind(evidence: Evidence) -> None:
    evidence.still_bound = 1


ACCEPTED = "accepted by the gateway"
ARRIVED = "at a carrier, word for word"
TWICE = "nothing missing, nothing twice"
PORTED = "ported numbers: new network only"
OTHERS = "other numbers: network of their range"
RECEIPTS = "one final receipt each, at the app"
TRUE = "receipts say what became of it"
TPS = "never above a carrier's tps"
SIGNED = "webhooks signed (Standard Webhooks)"
BAJA = "BAJA: replied, out of the shop only"
ANSWER = "answer to an OTP: at the bank"
TOTALS = "the gateway's own counts agree"
ENDED = "drained, unbound, ended"


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (refuse_one, {ACCEPTED}),
        (lose_one, {ARRIVED, OTHERS}),
        (garble_one, {ARRIVED}),
        (double_one, {TWICE}),
        (send_an_unrecorded_one, {TWICE}),
        (send_to_the_ranges_holder, {PORTED}),
        (send_to_both, {PORTED, TWICE}),
        (send_astray, {OTHERS}),
        (lose_a_receipt, {RECEIPTS, TRUE}),
        (double_a_receipt, {RECEIPTS}),
        (invent_a_receipt, {RECEIPTS}),
        (lie_in_a_receipt, {TRUE}),
        (exceed_tps, {TPS}),
        (forge_a_webhook, {SIGNED}),
        (send_after_baja, {BAJA}),
        (keep_the_reply, {ARRIVED, OTHERS, BAJA}),
        (answer_to_another, {ANSWER}),
        (drop_the_answer, {ANSWER}),
        (miscount, {TOTALS}),
        (be_killed, {ENDED}),
        (leave_a_bind, {ENDED}),
    ],
)
def test_checks_find_what_is_wrong_and_nothing_else(spoil, expected):
    evidence = right()
    spoil(evidence)
    assert failed(evidence) == expected


def test_checks_leave_the_end_out_while_the_gateway_runs():
    evidence = right()
    evidence.exit_status = None
    assert all(check.ok for check in check_all(evidence, stopped=False))
    assert not Check(*check_all(evidence, stopped=True)[-1]).ok


def test_checks_want_a_receipt_for_each_part_that_the_app_cut():
    evidence = right()
    letter = sent(evidence.ledger, ANA, LONG, submits=2)
    evidence.ledger.arrived(arrival(letter, ends=(MessageState.DELIVERED, MessageState.UNDELIVERABLE)))
    for part, status in ((1, "delivered"), (2, "undelivered")):
        evidence.ledger.receipt(letter.ids[part], status)
    evidence.carriers = [CarrierFacts("telcel", 100, 80, 6)]
    evidence.totals = {"accepted": 6, "delivered": 5, "undelivered": 1}
    assert failed(evidence) == set()
