import pytest

from routes.facts import MoFacts
from routes.keyword import keyword_of
from routes.mo import MoRoutes, MoRule

CONTRACT = MoRoutes(
    [
        MoRule(to=["45555"], keyword=["BAJA", "STOP"], opt_out=True, reply="No recibiras mas mensajes."),
        MoRule(to=["45555"], keyword=["ACEPTO"], app="bank"),
        MoRule(to=["45555"], app="desk"),
        MoRule(app="rest"),
    ]
)


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("BAJA", "BAJA"),
        ("  baja\n", "BAJA"),
        ("Bája, por favor", "BAJA"),
        ("¡BAJA!", "BAJA"),
        ("STOP.Gracias", "STOP"),
        ("«stop»", "STOP"),
        ("s-t-o-p now", "STOP"),
        ("\u200bStop", "STOP"),
        ("\N{NO-BREAK SPACE}STOP\N{NO-BREAK SPACE}ya", "STOP"),
        ("BAJÁ", "BAJA"),
        ("cancelación", "CANCELACION"),
        ("año 2026", "ANO"),
        ("straße", "STRASSE"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER S}top", "STOP"),
        ("... 1", "1"),
        ("", ""),
        ("   ", ""),
        ("\N{THUMBS UP SIGN}", ""),
        ("СТОП", "СТОП"),
    ],
)
def test_keyword_is_the_first_word_without_case_accents_and_punctuation(text: str, keyword: str) -> None:
    assert keyword_of(text) == keyword


def test_keyword_of_a_keyword_is_itself() -> None:
    for text in ("Bája!", "straße", "I\N{COMBINING DOT ABOVE}ptal", "ﬁn"):
        assert keyword_of(keyword_of(text)) == keyword_of(text)


@pytest.mark.parametrize(
    ("to", "text", "rule", "app"),
    [
        ("45555", "baja", 0, None),
        ("+45555", "Stop!", 0, None),
        ("45555", "acepto", 1, "bank"),
        ("45555", "hola", 2, "desk"),
        ("70000", "baja", 3, "rest"),
        ("70000", "", 3, "rest"),
    ],
)
def test_inbound_goes_to_the_first_rule_that_holds(to: str, text: str, rule: int, app: str | None) -> None:
    choice = CONTRACT.choose(MoFacts(to, text))
    assert (choice.rule, choice.app) == (rule, app)


def test_inbound_choice_carries_opt_out_reply_and_keyword() -> None:
    choice = CONTRACT.choose(MoFacts("45555", "Baja ya", "telcel", "525512345678"))
    assert choice.opt_out
    assert choice.reply == "No recibiras mas mensajes."
    assert choice.keyword == "BAJA"


def test_inbound_that_no_rule_wants_belongs_to_nobody_and_says_why() -> None:
    choice = MoRoutes([MoRule(to=["45555"], keyword=["BAJA"], app="bank")]).choose(MoFacts("70000", "hola"))
    assert choice[:5] == (None, False, None, "HOLA", None)
    assert choice.tried[0].why_not == "to: 70000 is not 45555; keyword: HOLA is not BAJA"


def test_inbound_without_a_word_says_that_there_is_none() -> None:
    choice = MoRoutes([MoRule(keyword=["BAJA"], opt_out=True)]).choose(MoFacts("45555", "!"))
    assert choice.tried[0].why_not == "keyword: none is not BAJA"
