"""All written forms of a number are one number, and writing that one changes nothing."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from portability.number import InvalidNumber, Kind, normalise, plain_number

NATIONAL = st.from_regex("[2-9][0-9]{9}", fullmatch=True)
PREFIXES = ("", "52", "+52", "0052", "01152", "521", "+521", "00521", "011521", "044", "045", "01")
DRESS = st.text(" -().\u00a0\u202a\u202c\t", max_size=3)


@given(NATIONAL, st.sampled_from(PREFIXES), st.lists(DRESS, min_size=32, max_size=32))
def test_normalise_maps_every_written_form_to_one(national: str, prefix: str, dress: list[str]) -> None:
    plain = prefix + national
    dressed = "".join(gap + digit for gap, digit in zip(dress, plain, strict=False))[:60]

    assert normalise(plain).digits == "52" + national
    if dressed.endswith(plain[-1]) and sum(map(dressed.count, "0123456789")) == sum(map(plain.count, "0123456789")):
        assert normalise(dressed) == normalise(plain)


@given(st.text("+0123456789 -", max_size=20), st.sampled_from(["MX", "US", "ES", "BR", "AR"]))
def test_normalise_is_idempotent_and_raises_nothing_else(text: str, region: str) -> None:
    with contextlib.suppress(InvalidNumber):
        number = normalise(text, region)
        assert normalise(number.e164, region) == number
        assert number.digits.isdigit()
        assert (len(number.digits) <= 6) == (number.kind is Kind.SHORT_CODE)
        assert len(number.digits) <= 15


@given(st.text(max_size=80))
def test_normalise_answers_any_text_with_a_number_or_a_reason(text: str) -> None:
    try:
        number = normalise(text)
    except InvalidNumber as refused:
        assert refused.reason
    else:
        assert number.digits.isascii()
        assert number.digits.isdigit()


@given(NATIONAL, st.sampled_from(("", "52", "+52")))
def test_number_written_plainly_is_what_normalise_makes_of_it(national: str, prefix: str) -> None:
    assert plain_number(prefix + national) == int(normalise(prefix + national).digits)


@given(st.text(max_size=20), st.sampled_from(["MX", "US"]))
def test_plain_number_answers_any_text(text: str, region: str) -> None:
    number = plain_number(text, region)
    assert number is None or 10**9 <= number < 10**15 or text.lstrip("+").startswith("0")
