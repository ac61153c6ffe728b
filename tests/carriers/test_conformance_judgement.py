"""What the check concludes from answers and receipts, and how it writes that down."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.carriers.address import number_as
from gateway.carriers.conformance.answers_file import load_answers
from gateway.carriers.conformance.drafts import (
    LABELS,
    Draft,
    Pair,
    Target,
    long_parts,
    no_such_number,
    shown,
    special,
    targets_for,
    too_long,
    wire,
)
from gateway.carriers.conformance.findings import Findings
from gateway.carriers.conformance.limits import judge_burst
from gateway.carriers.conformance.profile import errors_of, profile_of, yaml_of
from gateway.carriers.conformance.receipts import form_of, judge_ids, matches, parts_of, zone_of
from gateway.carriers.conformance.run import Options
from gateway.carriers.conformance.script import STEPS, cost, plan
from gateway.carriers.conformance.values import Arrival, Reply
from gateway.carriers.message_ids import Form
from gateway.config.carriers import CarrierSenders
from gateway.config.load import parse
from gateway.config.problems import ConfigError
from gateway.smpp.pdu import DeliverSm, SubmitSm
from gateway.smpp.receipt import read
from gateway.smpp.status import CommandStatus
from gateway.text.data_coding import Alphabet
from gateway.text.segments import LongMessages
from tests.carriers.handset import carrier_to

DRAFT = Draft("45555", Pair(3, 0), "525512345678", Target("e164", 1, 1), "52")
SENT_UTC = datetime(2026, 11, 18, 13, 46, 40, tzinfo=UTC).timestamp()


def reply(message_id: str, status: int | None = 0) -> Reply:
    return Reply(SubmitSm(), status, message_id, 10.0, 0.1, SENT_UTC)


def arrival(text_id: str = "", tlv_id: str = "", submitted: str = "2611181346", at: float = 12.0) -> Arrival:
    text = f"id:{text_id} sub:001 dlvrd:001 submit date:{submitted} done date:{submitted} stat:DELIVRD err:000 text:"
    tlvs = ((0x001E, tlv_id.encode() + b"\0"), (0x0427, b"\x02")) if tlv_id else ()
    pdu = DeliverSm(esm_class=4, short_message=text.encode() if text_id else b"", tlvs=tlvs)
    return Arrival(at, pdu, read(pdu))


@pytest.mark.parametrize(
    ("responses", "receipts", "form"),
    [
        (["5F3A09C1"], ["5f3a09c1"], Form.SAME),
        (["39F99DD5", "39F99DD6"], ["0972660181", "0972660182"], Form.HEX_DEC),
        (["972660181"], ["39F99DD5"], Form.DEC_HEX),
        (["0a1b-22"], ["0a1b-22"], Form.SAME),
        (["1"], ["77"], None),
        (["5", "6"], ["5", "6"], None),  # a digit below ten is the same in every base
    ],
)
def test_ids_are_of_the_one_form_that_explains_them(responses: list[str], receipts: list[str], form: Form) -> None:
    found = judge_ids([reply(each) for each in responses], [arrival(each) for each in receipts])
    assert found.form is form


def test_ids_count_receipts_of_nothing_of_ours() -> None:
    assert judge_ids([reply("abc1")], [arrival("abc1"), arrival("zzz")]) == (Form.SAME, 1, 1)
    assert [found[0].message_id for found in matches([reply("abc1")], [arrival("abc1"), arrival("zzz")])] == ["abc1"]


@pytest.mark.parametrize(
    ("submitted", "zone_s"),
    [("2611181346", 0.0), ("2611180746", -21600.0), ("20261118191640", 19800.0), ("0000000000", None)],
)
def test_zone_is_what_the_dates_are_away_from_utc(submitted: str, zone_s: float | None) -> None:
    assert zone_of([(reply("a"), arrival("a", submitted=submitted))]) == zone_s


def test_zone_is_none_where_dates_disagree() -> None:
    pairs = [(reply("a"), arrival("a")), (reply("b"), arrival("b", submitted="2611180746"))]
    assert zone_of(pairs) is None


def test_form_is_where_receipts_say_what_they_say() -> None:
    assert form_of([arrival("a")]) == "text"
    assert form_of([arrival("", "a")]) == "tlv"
    assert form_of([arrival("a", "a")]) == "both"
    assert form_of([arrival("a"), arrival("a", "a")]) == "both and text"


@pytest.mark.parametrize(
    ("told", "parts"), [("abc", "all"), ("a", "first"), ("c", "last"), ("", "none"), ("b", "other"), ("ac", "other")]
)
def test_parts_are_those_that_have_receipts(told: str, parts: str) -> None:
    long = [reply(each) for each in "abc"]
    assert parts_of(long, [(reply(each), arrival(each)) for each in told]) == parts


def test_burst_tells_what_was_taken_and_what_refused() -> None:
    full = CommandStatus.ESME_RMSGQFUL
    assert judge_burst([reply("a"), reply("b")]) == (2, True, ())
    assert judge_burst([reply("a"), reply("", full), reply("", full)]) == (1, False, (full,))
    assert judge_burst([reply("a"), None, None]) == (1, False, (None,))
    assert judge_burst([reply("a"), reply("", full), reply("b"), reply("", full)]) == (1, False, (full,))


def test_burst_takes_one_refusal_for_any_other_trouble() -> None:
    trouble = reply("", CommandStatus.ESME_RSYSERR)
    assert judge_burst([reply("a"), trouble, reply("b"), reply("c")]) == (1, False, ())


def test_errors_are_those_that_the_built_in_policy_gets_wrong() -> None:
    findings = Findings(DRAFT, throttles={0x58, 0x455})
    findings.refusals = {"an invalid number": 0x45, "a sender that is not ours": 0x0A}
    errors, conflicts = errors_of({0x14: "later", 0x0D: "stop"}, findings)
    assert errors == {0x14: "later", 0x0D: "stop", 0x455: "throttle", 0x45: "refuse"}
    assert conflicts == []


def test_errors_cannot_have_one_status_both_ways() -> None:
    findings = Findings(DRAFT, throttles={0x45}, refusals={"an invalid number": 0x45})
    errors, conflicts = errors_of({}, findings)
    assert errors == {0x45: "throttle"}
    assert conflicts == ["ESME_RSUBMITFAIL means an invalid number, and too fast as well: it is taken for too fast"]


def test_profile_can_be_pasted_into_the_configuration(tmp_path: Path) -> None:
    findings = Findings(DRAFT, alphabet=Alphabet.ASCII, ucs2=False, tps=17, window=4, throttles={0x455})
    findings.source, findings.target = {"short": Pair(6, 0)}, Target("national", 2, 1)
    findings.long_messages, findings.message_ids = LongMessages.SAR, Form.HEX_DEC
    carrier = carrier_to(2775)
    lines = yaml_of(profile_of("telcel", carrier, carrier.binds[0], findings))
    bind = "    binds: [{name: b, host: 127.0.0.1, port: 2775, system_id: a, password: p}]"
    text = "\n".join([*lines, bind, "routes: [{via: [telcel]}]", "apps: {bank: {system_id: bank, password: pw}}"])
    text += "\nnetworks: {telcel: {name: Telcel}}\nportability: {sources: [], unknown: telcel}"
    read_back = parse(text, "relevo.yaml", tmp_path, {}).config.carriers["telcel"]
    assert (read_back.tps, read_back.alphabet, read_back.long_messages) == (17, "ascii", "sar")
    assert (read_back.message_ids, read_back.ucs2, read_back.errors) == ("hex-dec", False, {0x455: "throttle"})
    assert (read_back.source.short.ton, read_back.source.short.npi) == (6, 0)
    assert (read_back.destination.format, read_back.destination.ton) == ("national", 2)
    assert "    #   window: 4" in lines


def test_profile_says_what_is_only_as_configured() -> None:
    carrier = carrier_to(2775)
    findings = Findings(DRAFT, unknown={"alphabet": "nobody looked"})
    lines = yaml_of(profile_of("telcel", carrier, carrier.binds[0], findings))
    assert "    alphabet: gsm7  # as configured; nobody looked" in lines
    keys: dict[str, Any] = yaml.safe_load("\n".join(lines))["carriers"]["telcel"]
    assert keys["alphabet"] == "gsm7"


def options(skip: frozenset[str] = frozenset()) -> Options:
    return Options("525512345678", "45555", "52", 1.0, window_tries=20, rate_tries=15, skip=skip)


def test_plan_bounds_what_is_sent() -> None:
    carrier = carrier_to(2775, senders=CarrierSenders(allow=("45555", "BANCO")))
    steps = plan(carrier, options())
    assert tuple(step.name for step in steps) == STEPS
    assert cost(steps) == (56, 95)
    assert all(step.usually <= step.most for step in steps)


def test_plan_leaves_steps_out_but_never_the_first() -> None:
    steps = plan(carrier_to(2775), options(skip=frozenset(STEPS)))
    assert [step.name for step in steps] == ["plain"]


def test_alphabets_show_only_their_own_message_whole() -> None:
    for each in (Alphabet.GSM7, Alphabet.LATIN1, Alphabet.GSM7_PACKED):
        text, made = special(each)
        right = [other for other in LABELS if shown(made.short_message, other) == text]
        assert right == [each]
    text, made = special(Alphabet.ASCII)  # a part of Latin-1
    assert [other for other in LABELS if shown(made.short_message, other) == text] == [Alphabet.LATIN1, Alphabet.ASCII]


def test_long_text_is_of_three_segments_by_each_way() -> None:
    for alphabet in LABELS:
        assert [len(long_parts(way, alphabet, 7)) for way in LongMessages] == [3, 3, 3, 1]
        assert len(wire("Relevo: ritmo 1/2", alphabet).short_message) <= 17
    assert 160 < len(too_long().short_message) <= 254


def test_numbers_are_written_in_each_format() -> None:
    assert [number_as("525512345678", form, "52") for form in ("e164", "plus", "national", "e164-521")] == [
        "525512345678",
        "+525512345678",
        "5512345678",
        "5215512345678",
    ]
    assert no_such_number("525512345678", "52") == "520000000000"


def test_forms_tried_write_each_number_differently() -> None:
    for to, tried in (("525512345678", 8), ("12025550123", 7)):
        written = {(number_as(to, form, to[:2]), ton, npi) for form, ton, npi in targets_for(to)}
        assert len(written) == tried


def test_answers_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text("alphabet: A\nlong: [E, G]\n")
    answers = load_answers(file, {})
    assert [answers.answer(key) for key in ("alphabet", "ucs2", "long")] == ["A", "", "E G"]
    file.write_text("alfabet: A\n")
    with pytest.raises(ConfigError, match=r"answers.yaml:1: alfabet: is not a known key, did you mean alphabet\?"):
        load_answers(file, {})
