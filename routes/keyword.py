"""The keyword of an inbound message: its first word, as subscribers write it and as rules name it.

"baja", "¡BAJA!", "Bája, por favor" are all BAJA. Signs that end a clause end the word; others within it do not count.
"""

from unicodedata import combining, normalize

_BREAKS = str.maketrans(dict.fromkeys(',.;:!?¡¿…()[]{}"«»“”/|\N{ZERO WIDTH SPACE}', " "))


def keyword_of(text: str) -> str:
    """The first word in capitals, without accents and punctuation; "" where the text has no letter or digit."""
    plain = "".join(sign for sign in normalize("NFKD", text.casefold()) if not combining(sign))
    for word in plain.translate(_BREAKS).split():
        letters = "".join(sign for sign in word if sign.isalnum())
        if letters:
            return letters.upper()
    return ""
