"""Transliteration: what is written, what is left alone, and when nothing is touched."""

import pytest

from gateway.text import gsm7
from gateway.text.transliterate import Target, transliterate


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Adiós, ¿qué tal, Señor Núñez? ¡Así!", "Adios, ¿qué tal, Señor Nuñez? ¡Asi!"),
        ("áíóúÁÍÓÚ", "aiouAIOU"),
        ("éÉñÑüÜàèìòùäöÇ¿¡", "éÉñÑüÜàèìòùäöÇ¿¡"),
        ("não, você, coração, à três, õôãâê", "nao, voce, coracao, à tres, ooaae"),
        ("“a” «b» ‘c’ ´d`", "\"a\" \"b\" 'c' 'd'"),
        ("1ª y 2º – 20° — fin…", "1a y 2o - 20o - fin..."),
        ("a\xa0b\tc\u2009d", "a b c d"),
        ("• uno", "* uno"),
        ("zero\u200bwidth\ufeff\u200e", "zerowidth"),
        ("cafe\u0301 man\u0303ana a\u0301", "café mañana a"),
        ("Łódź, Škoda, ﬁn, Ａｂ, ½, x², ₡5", "Lodz, Skoda, fin, Ab, 1/2, x2, C5"),
        ("{€}[~]|^\\", "{€}[~]|^\\"),
    ],
)
def test_transliterate_keeps_what_the_alphabet_has_and_replaces_the_rest(text, written):
    assert transliterate(text) == written
    assert gsm7.septets(written) is not None


@pytest.mark.parametrize("text", ["Adiós 👍", "Привет, adiós", "中文", "adiós \x01", "á\ud83d"])
def test_transliterate_touches_nothing_when_a_character_would_stay_outside(text):
    assert transliterate(text) is None


@pytest.mark.parametrize(
    ("text", "written"), [("Привет", "Privet"), ("Adiós 👍", "Adios :thumbsup:"), ("Ω中", "ΩZhong")]
)
def test_transliterate_writes_other_scripts_as_the_last_resort(text, written):
    assert transliterate(text, last_resort=True) == written


def test_transliterate_stays_within_the_carriers_own_alphabet():
    text = "¿Señor, 5€ á Ω?"
    assert transliterate(text, Target.LATIN1, last_resort=True) == "¿Señor, 5EUR a O?"
    assert transliterate(text, Target.ASCII, last_resort=True) == "?Senor, 5EUR a O?"
