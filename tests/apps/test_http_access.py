"""Who may ask."""

from base64 import b64encode

import pytest

from tests.apps.http_gateway import BANK, FAR, calling


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Digest {BANK}",
        BANK,
        "Basic !!!",
        "Basic " + b64encode(b"bank").decode(),
        "Basic " + b64encode(f"shop:{BANK}".encode()).decode(),
        "Basic " + b64encode(b"bank:\xff").decode(),
        "Basic " + b64encode(b"bank:").decode(),
    ],
)
async def test_unknown_caller_is_401(authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    async with calling() as app:
        reply = await app.by(None).send(headers=headers)
        assert not app.site.live
    assert (reply.status, reply.codes) == (401, [(None, "unauthorized")])
    assert reply.headers["WWW-Authenticate"].startswith("Bearer realm=")
    assert "Basic realm=" in reply.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "authorization", [f"Bearer {BANK}", f"bearer  {BANK}", "basic " + b64encode(f"bank:{BANK}".encode()).decode()]
)
async def test_app_is_known_by_bearer_and_basic(authorization: str) -> None:
    async with calling() as app:
        reply = await app.by(None).send(headers={"Authorization": authorization})
    assert (reply.status, reply.json["app"]) == (202, "bank")


async def test_app_from_elsewhere_is_403() -> None:
    async with calling() as app:
        reply = await app.by(FAR).send()
    assert (reply.status, reply.codes) == (403, [(None, "not_allowed")])


async def test_changed_keys_count_from_the_next_request_on() -> None:
    class Nobody:
        def by_api_key(self, key: str) -> str | None:
            return None

        def by_basic(self, user: str, key: str) -> str | None:
            return None

        def by_name(self, user: str, secret: str) -> str | None:
            return None

        def allows(self, app: str, address: str) -> bool:
            return True

    async with calling() as app:
        assert (await app.send()).status == 202
        app.site.server.apply(app.site.config, Nobody())
        assert (await app.send()).status == 401
