"""The console's page: one file, allowed to run what is in it and to ask this listener, and nothing else."""

import base64
import hashlib
from importlib.resources import files

from aiohttp import web


class Console:
    """GET /, the live console. The page holds no figure: its script asks /v1/status, with the reader's token."""

    def __init__(self) -> None:
        page = files("gateway.admin").joinpath("console.html").read_text("utf-8")
        self._page = page.encode()
        self._headers = {
            "Content-Security-Policy": _policy(page),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache",
        }

    def routes(self) -> list[web.RouteDef]:
        """What it answers."""
        return [web.get("/", self.page)]

    async def page(self, _request: web.Request) -> web.Response:
        """The page as it is in the package."""
        return web.Response(body=self._page, content_type="text/html", charset="utf-8", headers=self._headers)


def _policy(page: str) -> str:
    """A Content-Security-Policy that lets in the page's own style and script by their hashes: nothing injected runs."""
    style, script = (_hash(_between(page, f"<{tag}>", f"</{tag}>")) for tag in ("style", "script"))
    return (
        f"default-src 'none'; style-src {style}; script-src {script}; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _between(text: str, start: str, end: str) -> str:
    return text.partition(start)[2].partition(end)[0]


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
