"""Who may ask the admin listener. With a token: whoever has it. Without one: whoever is on this machine.

Without a token the listener is on loopback, where two strangers still reach it: a page in the browser of somebody on
this machine, which may send forms across sites (CSRF), and one whose own name was made to resolve to 127.0.0.1 (DNS
rebinding), which may read answers besides. The first cannot set a header or send JSON without asking beforehand, which
nobody here grants; the second cannot leave its name out of Host.
"""

import hmac
from ipaddress import ip_address

from aiohttp import web
from multidict import CIMultiDictProxy

from gateway.admin.problem import problem
from gateway.config import Secret

INTENT_HEADER = "X-Relevo"
_SAFE = frozenset({"GET", "HEAD"})
_OWN_SITE = frozenset({"same-origin", "none"})


class Access:
    """Judges requests. `token` None: only names of this machine may be asked for, and changes must be meant."""

    def __init__(self, token: Secret | None) -> None:
        self._token = None if token is None else token.reveal().encode()

    def refused(self, request: web.BaseRequest) -> web.Response | None:
        """The answer to who may not ask this; None when they may."""
        if self._token is not None:
            return None if _holds(request.headers, self._token) else _unauthorized()
        if not is_this_machine(request.host):
            detail = f"{request.host!r} is not a name of this machine; set admin.token to be reached by another."
            return _forbidden(detail)
        if request.method not in _SAFE and not _meant(request):
            return _forbidden(f"A change needs the header {INTENT_HEADER}: 1, or a body of type application/json.")
        return None


def is_this_machine(host: str) -> bool:
    """Whether a Host header names this machine alone: localhost or a loopback address, with a port or without."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    name = name.removeprefix("[").removesuffix("]").lower()
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _holds(headers: CIMultiDictProxy[str], token: bytes) -> bool:
    scheme, _, given = headers.get("Authorization", "").partition(" ")
    sent = given.strip().encode("utf-8", "surrogateescape")
    return hmac.compare_digest(sent, token) and scheme.lower() == "bearer"


def _meant(request: web.BaseRequest) -> bool:
    if request.headers.get("Sec-Fetch-Site", "none") not in _OWN_SITE:
        return False
    return INTENT_HEADER in request.headers or request.content_type == "application/json"


def _unauthorized() -> web.Response:
    detail = "Send the configuration's admin.token as Authorization: Bearer TOKEN."
    return problem(401, "Unauthorized", detail, headers={"WWW-Authenticate": 'Bearer realm="relevo"'})


def _forbidden(detail: str) -> web.Response:
    return problem(403, "Forbidden", detail)
