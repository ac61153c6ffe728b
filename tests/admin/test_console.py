"""The console's page: served whole, and allowed to run nothing but itself."""

import base64
import hashlib
import re

from tests.admin.conftest import Caller


async def test_console_is_one_page_that_asks_nothing_of_other_hosts(call: Caller) -> None:
    status, page, headers = await call("GET", "/")

    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert not re.search(r"""(?:src|href)=["'](?!data:)|@import|url\(""", page)
    assert set(re.findall(r"https?://[^\s'\"]+", page)) == {"http://www.w3.org/2000/svg"}


async def test_console_may_run_only_its_own_script_and_style(call: Caller) -> None:
    _, page, headers = await call("GET", "/")

    policy = headers["Content-Security-Policy"]
    for tag in ("script", "style"):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


async def test_console_puts_nothing_it_was_told_into_markup(call: Caller) -> None:
    _, page, _ = await call("GET", "/")

    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", page)
    assert not re.search(r"\son\w+=|style=", page.partition("<script>")[0])
