"""What is known of a number, as `GET /v1/lookup/{number}` and `relevo lookup` answer it (contract §3)."""

from portability.answer import Answer
from portability.number import InvalidNumber, Number, normalise
from portability.source import Resolver
from portability.zones import timezones

Known = dict[str, object]


async def look_up(text: str, region: str, resolver: Resolver) -> Known:
    """The answer of a lookup, of any text. Asks sources outside where need be."""
    try:
        number = normalise(text, region)
    except InvalidNumber:
        return no_number(text)
    return known(number, await resolver.resolve(int(number.digits)))


def known(number: Number, answer: Answer) -> Known:
    """What the digits tell of a number, and what a resolver has answered."""
    return {
        "number": number.e164,
        "valid": True,
        "region": number.region or None,
        "type": str(number.kind_given(answer.mobile)),
        "network": answer.network,
        "source": answer.source,
        "ported": answer.ported,
        "timezones": list(timezones(number)),
    }


def no_number(text: str) -> Known:
    """The answer for a text that is no number."""
    nothing: Known = dict.fromkeys(("region", "type", "network", "source", "ported"))
    return {"number": text, "valid": False, **nothing, "timezones": []}
