"""Lookup by HTTP: GET of an address with the number in it, answered by a JSON object.

Written for `{"network": …, "ported": …}`. Services in the field call the same things otherwise, so that the network is
looked for under `mccmnc`, then as a code, then as a name, and `ported` under its other spelling; null is "not known".
"""

from http import HTTPStatus
from typing import Any

import aiohttp
import msgspec

from portability.answer import Answer
from portability.networks import Networks
from portability.source import SourceUnavailable

_LONGEST_ANSWER = 64 * 1024
_KEEP_ALIVE_S = 60.0
# The service lives and has nothing to say of this number.
_NOTHING = {HTTPStatus.NO_CONTENT, HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.GONE, 422}

# Keys as met, folded: without case and underscores.
_CODES = ("operatorcode", "networkcode", "code")
_NAMES = ("network", "networkname", "operator", "operatorname", "carrier")
_PORTED = ("ported", "isported")
_WORDS: dict[object, bool | None] = {
    **dict.fromkeys((True, "true", "yes", "y", "1"), True),
    **dict.fromkeys((False, "false", "no", "n", "0"), False),
    **dict.fromkeys((None, "", "unknown", "null"), None),
}


class HttpLookup:
    """`url` holds `{number}`, which becomes the E.164 digits without "+". One pool of `at_once` connections, kept."""

    name = "http"

    def __init__(self, url: str, networks: Networks, *, at_once: int) -> None:
        self._url = url
        self._networks = networks
        self._at_once = at_once
        self._session: aiohttp.ClientSession | None = None

    async def question(self, number: int) -> Answer | None:
        """Asks once (aiohttp itself repeats a GET whose kept connection was closed). Raises SourceUnavailable."""
        url = self._url.replace("{number}", str(number))
        try:
            async with self._opened().get(url, allow_redirects=False) as response:
                if response.status in _NOTHING:
                    return None
                if response.status != HTTPStatus.OK:
                    raise SourceUnavailable(f"answers {response.status} {response.reason}")
                body = await _body(response)
        except aiohttp.ClientError as error:
            raise SourceUnavailable(str(error) or type(error).__name__) from error
        return read_answer(body, self._networks)

    async def close(self) -> None:
        """Closes the pool."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        """The session; made by the first question, because it belongs to the loop that runs then."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._at_once, keepalive_timeout=_KEEP_ALIVE_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(),  # the deadline stands around the question
                headers={"Accept": "application/json"},
            )
        return self._session


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > _LONGEST_ANSWER:
            raise SourceUnavailable(f"answers more than {_LONGEST_ANSWER} octets")
    return bytes(body)


def read_answer(body: bytes, networks: Networks) -> Answer | None:
    """What an answer says; None when it says nothing of the number. Raises SourceUnavailable when it is none."""
    try:
        found = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceUnavailable(f"answers what is no JSON object: {error}") from error
    said = {key.lower().replace("_", ""): value for key, value in found.items()}
    if said.get("valid") is False:
        return None
    ported = _ported(said)
    key, written = _network(said, networks)
    if key is None and not written and ported is None:
        return None
    detail = f"{written} is no network of the configuration" if written and key is None else ""
    hosts = networks.hosts(key) if key else ()
    return Answer(key, HttpLookup.name, ported, None, None, hosts, detail)


def _ported(said: dict[str, Any]) -> bool | None:
    value = next((said[key] for key in _PORTED if key in said), None)
    word = value.lower() if isinstance(value, str) else value
    if not isinstance(word, str | int | None) or word not in _WORDS:
        raise SourceUnavailable(f"answers ported: {value!r}, expected true, false or null")
    return _WORDS[word]


def _network(said: dict[str, Any], networks: Networks) -> tuple[str | None, str]:
    """Key of the network named, and what was written. MCC-MNC first, then code, then name, which may be either."""
    mccmnc = _text(said, "mccmnc") or _text(said, "mcc") + _text(said, "mnc")
    codes = [text for text in (_text(said, name) for name in _CODES) if text]
    names = [text for text in (_text(said, name) for name in _NAMES) if text]
    found = networks.by_mccmnc(mccmnc) if mccmnc else None
    for text in codes:
        found = found or networks.by_code(text)
    for text in names:
        found = found or networks.find(text)
    return found, ", ".join(repr(text) for text in dict.fromkeys((mccmnc, *codes, *names)) if text)


def _text(said: dict[str, Any], name: str) -> str:
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip()[:64]
