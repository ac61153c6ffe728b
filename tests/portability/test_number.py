"""Every written form of a Mexican number, what is none, and numbers from abroad."""

import pytest

from portability.number import InvalidNumber, Kind, Number, country_code, normalise

WRITTEN = [
    "5512345678",
    "525512345678",
    "+525512345678",
    "00525512345678",
    "011525512345678",
    "5215512345678",
    "+5215512345678",
    "005215512345678",
    "0115215512345678",
    "0445512345678",
    "0455512345678",
    "015512345678",
    "+52 55 1234 5678",
    "+52 1 (55) 1234-5678",
    "55.1234.5678",
    "\u202a+52\u00a055\u00a01234\u00a05678\u202c",
    " 5512345678\n",
    "(55) 1234\u20115678",
]

NONE = [
    "",
    "+",
    "   ",
    "12",
    "1234567",
    "12345678",
    "0512345678",
    "1512345678",
    "52551234567",
    "5225512345678",
    "521551234567",
    "+520445512345678",
    "+521551234567",
    "044551234567",
    "5512345678 ext 9",
    "55l2345678",
    "++525512345678",
    "+52+5512345678",
    "٥٥١٢٣٤٥٦٧٨",
    "５５１２３４５６７８",
    "5_512345678",
    "5" * 65,
    "5" * 1_000_000,
]


@pytest.mark.parametrize("text", WRITTEN)
def test_normalise_finds_the_one_form_of_a_mexican_number(text: str) -> None:
    assert normalise(text) == Number("525512345678", "MX", Kind.MOBILE_OR_FIXED)


@pytest.mark.parametrize("text", NONE)
def test_normalise_refuses_what_is_no_whole_number(text: str) -> None:
    with pytest.raises(InvalidNumber) as refused:
        normalise(text)
    assert refused.value.reason


@pytest.mark.parametrize("text", ["5255123456", "525 512 3456", "015255123456"])
def test_normalise_takes_ten_digits_that_begin_like_the_country_code_for_a_national_number(text: str) -> None:
    assert normalise(text).digits == "525255123456"


@pytest.mark.parametrize("series", ["200", "300", "500", "800", "900"])
def test_normalise_knows_mexican_numbers_without_a_place(series: str) -> None:
    for text in (f"{series}1234567", f"52{series}1234567"):
        assert normalise(text).kind is Kind.NON_GEOGRAPHIC


@pytest.mark.parametrize("text", ["051", "4555", "45555", "999999", "45-555"])
def test_normalise_leaves_short_codes_as_they_are(text: str) -> None:
    number = normalise(text)

    assert number == Number(text.replace("-", ""), "MX", Kind.SHORT_CODE)
    assert number.e164 == number.digits


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("+12025550123", "MX", Number("12025550123", "US", Kind.MOBILE_OR_FIXED)),
        ("0012025550123", "MX", Number("12025550123", "US", Kind.MOBILE_OR_FIXED)),
        ("01112025550123", "MX", Number("12025550123", "US", Kind.MOBILE_OR_FIXED)),
        ("12025550123", "MX", Number("12025550123", "US", Kind.MOBILE_OR_FIXED)),
        ("34612345678", "MX", Number("34612345678", "ES", Kind.MOBILE)),
        ("+34 612 34 56 78", "MX", Number("34612345678", "ES", Kind.MOBILE)),
        ("+34 912 34 56 78", "MX", Number("34912345678", "ES", Kind.FIXED)),
        ("+5491123456789", "MX", Number("5491123456789", "AR", Kind.MOBILE)),
        ("+18005550123", "MX", Number("18005550123", "US", Kind.NON_GEOGRAPHIC)),
        ("+80012345678", "MX", Number("80012345678", "", Kind.NON_GEOGRAPHIC)),
        ("612345678", "ES", Number("34612345678", "ES", Kind.MOBILE)),
        ("2025550123", "US", Number("12025550123", "US", Kind.MOBILE_OR_FIXED)),
        ("+5215512345678", "US", Number("525512345678", "MX", Kind.MOBILE_OR_FIXED)),
        ("0115215512345678", "US", Number("525512345678", "MX", Kind.MOBILE_OR_FIXED)),
        ("00521 55 1234 5678", "ES", Number("525512345678", "MX", Kind.MOBILE_OR_FIXED)),
        ("525512345678", "ES", Number("525512345678", "MX", Kind.MOBILE_OR_FIXED)),
    ],
)
def test_normalise_reads_numbers_abroad_and_from_abroad(text: str, region: str, number: Number) -> None:
    assert normalise(text, region) == number


def test_normalise_takes_a_range_newer_than_the_public_patterns_when_the_country_is_written() -> None:
    assert normalise("+15551234567") == Number("15551234567", "US", Kind.UNKNOWN)
    with pytest.raises(InvalidNumber):
        normalise("15551234567")


@pytest.mark.parametrize("text", ["+34 612 34", "+1202555012", "+9991234567890", "00", "011 1 202", "+0123456789"])
def test_normalise_refuses_numbers_abroad_of_no_country_or_length(text: str) -> None:
    with pytest.raises(InvalidNumber):
        normalise(text)


@pytest.mark.parametrize(
    ("kind", "mobile", "told"),
    [
        (Kind.MOBILE_OR_FIXED, None, Kind.MOBILE_OR_FIXED),
        (Kind.MOBILE_OR_FIXED, True, Kind.MOBILE),
        (Kind.MOBILE_OR_FIXED, False, Kind.FIXED),
        (Kind.SHORT_CODE, True, Kind.SHORT_CODE),
        (Kind.NON_GEOGRAPHIC, True, Kind.NON_GEOGRAPHIC),
    ],
)
def test_number_takes_its_kind_from_the_plan_where_digits_do_not_tell(
    kind: Kind, mobile: bool | None, told: Kind
) -> None:
    assert Number("525512345678", "MX", kind).kind_given(mobile) is told


def test_kind_says_where_no_message_can_arrive() -> None:
    never = {kind for kind in Kind if not kind.may_be_mobile}

    assert never == {Kind.FIXED, Kind.NON_GEOGRAPHIC, Kind.SHORT_CODE}


def test_number_is_written_with_a_plus_for_apps() -> None:
    assert normalise("5512345678").e164 == "+525512345678"


def test_country_code_belongs_to_a_region() -> None:
    assert country_code("MX") == "52"
    assert country_code("US") == "1"
    with pytest.raises(ValueError, match="'XX' is not a region"):
        country_code("XX")
