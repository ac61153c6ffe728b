"""How receipts name messages: three forms, learnt without guessing."""

from collections.abc import Callable

import pytest

from gateway.carriers.message_ids import LEARNT_AFTER, Form, IdsFrom, MessageIds, canonical, response_key


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0123456789", "123456789"),
        ("5F3A09C1", "5f3a09c1"),
        (" 42\0", "42"),
        ('"77"', "77"),
        ("0", "0"),
        ("000", "0"),
        ("018bcfe5-6800-7000-8000-000000000000", "018bcfe5-6800-7000-8000-000000000000"),
        ("99999999999999999999999999", "99999999999999999999999999"),
    ],
)
def test_id_has_one_canonical_text(written: str, meant: str) -> None:
    assert canonical(written) == meant


@pytest.mark.parametrize(
    ("form", "response", "receipt"),
    [
        (Form.SAME, "5F3A09C1", "5f3a09c1"),
        (Form.HEX_DEC, "5F3A09C1", "1597639105"),
        (Form.HEX_DEC, "39f99dd5", "0972660181"),
        (Form.DEC_HEX, "1597639105", "5F3A09C1"),
        (Form.HEX_DEC, "FFFFFFFFFFFFFFFFFF", "4722366482869645213695"),  # beyond 64 bits
    ],
)
def test_receipts_id_leads_to_the_responses(form: Form, response: str, receipt: str) -> None:
    assert response_key(form, receipt) == MessageIds(str(form)).key(response)


@pytest.mark.parametrize("receipt", ["", "12ab", "x" * 50, "9" * 41])
def test_id_that_cannot_be_decimal_has_no_key_as_such(receipt: str) -> None:
    assert response_key(Form.HEX_DEC, receipt) is None


def known(*keys: str) -> Callable[[str], bool]:
    return set(keys).__contains__


def test_fixed_form_tries_nothing_else() -> None:
    ids = MessageIds("same")
    assert ids.match(("1597639105",), known("5f3a09c1")) is None
    assert MessageIds("hex-dec").match(("1597639105",), known("5f3a09c1")) is not None


@pytest.mark.parametrize("form", list(Form))
def test_auto_learns_a_form_from_ids_that_match_one_way(form: Form) -> None:
    ids = MessageIds("auto")
    for n in range(LEARNT_AFTER):
        assert ids.form is None
        number = 0xA000_0000 + n  # in decimal it has a digit more than its hexadecimal text
        texts = {Form.SAME: (f"{number:x}",) * 2, Form.HEX_DEC: (f"{number:x}", f"{number}")}
        response, receipt = texts.get(form, (f"{number}", f"{number:x}"))
        match = ids.match((receipt,), known(ids.key(response)))
        assert match is not None
        assert (match.key, match.form) == (ids.key(response), form)
    assert ids.form is form


def test_auto_matches_and_learns_nothing_from_an_id_of_two_meanings() -> None:
    ids = MessageIds("auto")
    both = known("16", "10")  # the receipt's 16 is one message as it stands, another in hexadecimal
    for _ in range(2 * LEARNT_AFTER):
        assert ids.match(("16",), both) is None
    assert (ids.form, ids.ambiguous, set(ids.matches.values())) == (None, 2 * LEARNT_AFTER, {0})


def from_number(ids: MessageIds, number: str, **sent_to: str) -> IdsFrom:
    return IdsFrom(ids, (number, "45555"), lambda key: sent_to.get(f"k{key}", ""))


def test_subscribers_number_decides_between_two_messages() -> None:
    ids = MessageIds("auto")
    asked = from_number(ids, "5512345678", k16="5215599999999", k10="525512345678")
    match = asked.match(("16",), known("16", "10"))
    assert match is not None
    assert (match.key, match.form) == ("10", Form.HEX_DEC)
    assert ids.matches[Form.HEX_DEC] == 1


def test_number_of_another_subscriber_is_no_match_while_the_form_is_unknown() -> None:
    ids = MessageIds("auto")
    assert from_number(ids, "525512345678", k16="525599999999").match(("16",), known("16")) is None
    assert ids.matches[Form.SAME] == 0


@pytest.mark.parametrize("number", ["", "52155****5678", "45555"])
def test_number_that_says_nothing_leaves_the_id_to_speak(number: str) -> None:
    ids = MessageIds("auto")
    assert from_number(ids, number, k16="525599999999").match(("16",), known("16")) is not None


def test_learnt_form_is_asked_first_and_others_still_match() -> None:
    ids = MessageIds("auto", "hex-dec")
    match = ids.match(("16",), known("16", "10"))
    assert match is not None
    assert match.key == "10"
    other = ids.match(("77",), known("77"))
    assert other is not None
    assert (other.form, ids.form) == (Form.SAME, Form.HEX_DEC)


def test_tlvs_id_counts_before_the_texts() -> None:
    ids = MessageIds("same")
    match = ids.match(("a1", "b2"), known("a1", "b2"))
    assert match is not None
    assert match.key == "a1"
    fallback = ids.match(("", "b2"), known("b2"))
    assert fallback is not None
    assert fallback.key == "b2"


# -- cases seen in the field, by their numbers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "receipt"),
    [("39f99dd5", "0972660181"), ("5F3A09C1", "1597639105"), ("0000001F", "31"), ("1f", "0000000031")],
)
def test_case_12_decimal_receipt_with_zeros_in_front_finds_the_hexadecimal_response(
    response: str, receipt: str
) -> None:
    ids = MessageIds("hex-dec")
    match = ids.match((receipt,), known(ids.key(response)))
    assert match is not None
    assert match.key == ids.key(response)


@pytest.mark.parametrize("form", [Form.SAME, Form.DEC_HEX])
def test_case_13_receipts_id_is_found_in_upper_and_lower_case(form: Form) -> None:
    ids = MessageIds(form)
    response = "5f3A09c1" if form is Form.SAME else str(0x5F3A09C1)
    for receipt in ("5F3A09C1", "5f3a09c1", "5f3A09c1"):
        match = ids.match((receipt,), known(ids.key(response)))
        assert match is not None, receipt


def test_case_14_uuid_keeps_its_leading_zero() -> None:
    response = "018bcfe5-6800-7000-8000-000000000000"
    ids = MessageIds("auto")
    assert ids.key(response) == response
    match = ids.match((response.upper(),), known(response))
    assert match is not None
    assert ids.match((response[1:],), known(response)) is None


def test_case_15_ids_beyond_64_bits_stay_apart() -> None:
    ids = MessageIds("dec-hex")
    numbers = [2**63, 2**63 + 1, 2**64 - 1, 2**64, 2**80]
    keys = [ids.key(str(number)) for number in numbers]
    found = [ids.match((f"{number:X}",), known(*keys)) for number in numbers]
    assert [match.key for match in found if match is not None] == keys


def test_case_15_texts_id_is_taken_where_the_tlv_lost_its_dashes() -> None:
    response = "a18bcfe5-6800-7000-8000-00000000000f"
    match = MessageIds("auto").match((response.replace("-", ""), response), known(response))
    assert match is not None
    assert match.key == response
