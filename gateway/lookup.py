"""What is known of a number, as `GET /v1/lookup/{number}` and `relevo lookup` answer it."""

from gateway.message_json import JsonObject
from portability.number import InvalidNumber, normalise
from portability.source import Resolver
from portability.zones import timezones


async def look_up(text: str, region: str, resolver: Resolver) -> JsonObject:
    """The answer of a lookup (contract §3), of any text. Asks sources outside where need be."""
    try:
        number = normalise(text, region)
    except InvalidNumber:
        nothing: JsonObject = dict.fromkeys(("region", "type", "network", "source", "ported"))
        return {"number": text, "valid": False, **nothing, "timezones": []}
    answer = await resolver.resolve(int(number.digits))
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
