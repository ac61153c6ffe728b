"""Networks by every way in which data names them, and whose core an MVNO is reached through."""

import pytest

from portability.networks import Network, Networks, Served, folded_words
from tests.support.numbering import networks


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("telcel", "telcel"),
        ("TELCEL", "telcel"),
        ("AT&T", "att"),
        ("at & t", "att"),
        ("188", "telcel"),
        ("0188", "telcel"),
        ("334020", "telcel"),
        ("334-020", "telcel"),
        ("33402", "telcel"),
        ("334 090", "att"),
        ("901", "weex"),
        ("Unefon", None),
        ("999", None),
        ("310410", None),
        ("", None),
    ],
)
def test_networks_are_found_by_what_data_calls_them(text: str, key: str | None) -> None:
    assert networks().find(text) == key


def test_networks_fold_case_accents_and_spaces_of_names() -> None:
    known = Networks([Network("altan", "Red Compartida (Altán)")])

    assert known.by_name("RED COMPARTIDA ALTAN") == "altan"
    assert known.by_name("ALTÁN") == "altan"
    assert folded_words("AT&T Comercialización Móvil, S. de R.L.") == "att comercializacion movil s de rl"


def test_networks_know_a_long_mccmnc_from_a_short_one_where_the_country_has_three_digits() -> None:
    known = Networks([Network("telcel", mccmnc=("33402",)), Network("orange", mccmnc=("21403",))])

    assert known.by_mccmnc("334020") == "telcel"
    assert known.by_mccmnc("21403") == "orange"
    assert known.by_mccmnc("214030") is None


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        (Network("a", codes=("12",)), Network("b", codes=("012",)), "code 012"),
        (Network("a", mccmnc=("334020",)), Network("b", mccmnc=("334-020",)), "MCC-MNC"),
        (Network("a", name="Móvil"), Network("b", name="movil"), "name"),
    ],
)
def test_networks_refuse_one_name_for_two(first: Network, second: Network, what: str) -> None:
    with pytest.raises(ValueError, match=f"{what}.* a and b"):
        Networks([first, second])


def test_networks_follow_the_chain_of_hosts_and_stop_at_a_loop() -> None:
    known = Networks([Network("brand", hosted_by="enabler"), Network("enabler", hosted_by="host"), Network("host")])
    loop = Networks([Network("a", hosted_by="b"), Network("b", hosted_by="a")])

    assert known.hosts("brand") == ("enabler", "host")
    assert known.hosts("host") == ()
    assert known.hosts("nobody") == ()
    assert loop.hosts("a") == ("b",)


@pytest.mark.parametrize(
    ("rida", "rcr", "served"),
    [
        (188, 188, Served("telcel")),
        (188, 0, Served("telcel")),
        (901, 166, Served("weex", ("movistar",))),
        (901, 156, Served("weex", ("att", "movistar"))),
        (901, 901, Served("weex", ("movistar",))),
        (901, 0, Served("weex", ("movistar",))),
        (901, 999, Served("weex", ("movistar",))),
        (999, 156, Served("att")),
        (999, 901, Served("weex", ("movistar",))),
        (999, 998, Served(None)),
    ],
)
def test_switch_code_comes_before_the_configured_host(rida: int, rcr: int, served: Served) -> None:
    assert networks().served_by_codes(rida, rcr) == served


def test_networks_are_iterated_and_taken_by_key() -> None:
    known = networks()

    assert [network.key for network in known] == ["telcel", "att", "movistar", "weex"]
    assert known["weex"].hosted_by == "movistar"
    with pytest.raises(KeyError):
        known["nobody"]
