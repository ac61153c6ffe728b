"""When API keys were last used: noted where a key was right, kept over restarts."""

import hashlib

from gateway.apps.auth import AppCredentials
from gateway.apps.key_uses import KeyUses, name_of
from gateway.config.apps import App

OLD, NEW, SHOP = (f"sha256:{hashlib.sha256(key).hexdigest()}" for key in (b"old", b"new", b"shop"))
APPS = {"bank": App(api_keys=(OLD, NEW)), "shop": App(api_keys=(SHOP,))}
NOW = 1_700_000_000.25


def test_key_is_used_when_it_is_right_and_the_app_is_its_own() -> None:
    uses = KeyUses(lambda: NOW)
    credentials = AppCredentials(APPS, uses.used)
    assert credentials.by_api_key("old") == "bank"
    assert credentials.by_api_key("none") is None
    assert credentials.by_basic("bank", "shop") is None
    assert credentials.by_name("shop", "new") is None
    assert [uses.last(key) for key in (OLD, NEW, SHOP)] == [NOW, None, None]
    assert credentials.by_basic("bank", "new") == "bank"
    assert credentials.by_name("shop", "shop") == "shop"
    assert [uses.last(key) for key in (OLD, NEW, SHOP)] == [NOW, NOW, NOW]


def test_uses_are_written_once_and_read_back() -> None:
    uses = KeyUses(lambda: NOW)
    uses.used(NEW.removeprefix("sha256:"))
    kept: dict[str, str] = {}
    uses.write(kept.__setitem__)
    assert list(kept.values()) == ["1700000000"]
    again = kept.copy()
    uses.write(again.clear)  # type: ignore[arg-type]  # not called: nothing was used since
    assert again == kept

    restarted = KeyUses(lambda: NOW + 100)
    restarted.used(SHOP.removeprefix("sha256:"))
    restarted.restore(kept | {"key_used." + SHOP[7:19]: "5"}, [OLD, NEW, SHOP])
    assert [restarted.last(key) for key in (OLD, NEW, SHOP)] == [None, 1_700_000_000.0, NOW + 100]


def test_name_of_a_key_is_the_beginning_of_its_hash() -> None:
    assert name_of(OLD) == OLD[:19]
