"""Who an app is, and who is told to wait."""

import hashlib
import hmac
from ipaddress import ip_network

import pytest

from gateway.apps.auth import AppCredentials, read_address
from gateway.apps.lockout import (
    FORGOTTEN_S,
    MOST_ANY_NAME,
    MOST_FAILURES,
    MOST_REMEMBERED,
    REFUSED_S,
    WITHIN_S,
    Lockout,
)
from gateway.apps.origin import origin
from gateway.config.apps import App
from gateway.config.secret import Secret


def key_hash(key: str) -> str:
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


APPS = {
    "bank": App(
        api_keys=(key_hash("clave-ñ"), key_hash("second")),
        system_id="bank1",
        password=Secret("s3cret"),
        allow_from=(ip_network("127.0.0.0/8"), ip_network("2001:db8::/32")),
    ),
    "shop": App(api_keys=(key_hash("shop-key"),), system_id="shop1", password=Secret("other")),
    "web": App(api_keys=(key_hash("web-key"),)),
    "mute": App(system_id="mute1"),
}


@pytest.fixture
def credentials() -> AppCredentials:
    return AppCredentials(APPS)


@pytest.mark.parametrize(
    ("key", "app"),
    [("clave-ñ", "bank"), ("second", "bank"), ("shop-key", "shop"), ("", None), ("sha256:", None), ("\udce9", None)],
)
def test_api_key_names_its_app(credentials: AppCredentials, key: str, app: str | None) -> None:
    assert credentials.by_api_key(key) == app


def test_api_key_is_not_its_own_hash(credentials: AppCredentials) -> None:
    assert credentials.by_api_key(key_hash("second")) is None


def test_basic_wants_the_key_of_the_app_named(credentials: AppCredentials) -> None:
    assert credentials.by_basic("bank", "second") == "bank"
    assert credentials.by_basic("shop", "second") is None
    assert credentials.by_basic("", "nothing") is None


@pytest.mark.parametrize(
    ("system_id", "password", "app"),
    [
        ("bank1", "s3cret", "bank"),
        ("bank1", "S3cret", None),
        ("bank1", "", None),
        ("bank", "s3cret", None),  # the app's name is not its system_id
        ("shop1", "s3cret", None),
        ("nobody", "s3cret", None),
        ("mute1", "", None),  # without a password nobody gets in
        ("", "", None),
    ],
)
def test_system_id_wants_its_password(
    credentials: AppCredentials, system_id: str, password: str, app: str | None
) -> None:
    assert credentials.by_system_id(system_id, password) == app


def test_unknown_system_id_and_wrong_password_cost_the_same_comparison(
    credentials: AppCredentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def watched(given: bytes, expected: bytes) -> bool:
        compared.append((len(given), len(expected)))
        return compare(given, expected)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    credentials.by_system_id("nobody", "a")
    credentials.by_system_id("bank1", "a much longer password")
    credentials.by_system_id("mute1", "")
    assert compared == [(32, 32)] * 3


def test_compatible_calls_take_key_or_password(credentials: AppCredentials) -> None:
    assert credentials.by_name("bank", "second") == "bank"
    assert credentials.by_name("bank", "s3cret") == "bank"
    assert credentials.by_name("shop", "s3cret") is None
    assert credentials.by_name("web", "") is None
    assert credentials.by_name("nobody", "") is None


@pytest.mark.parametrize(
    ("app", "address", "allowed"),
    [
        ("bank", "127.3.2.1", True),
        ("bank", "::ffff:127.0.0.1", True),
        ("bank", "2001:db8::7", True),
        ("bank", "10.0.0.1", False),
        ("bank", "::1", False),
        ("bank", "", False),
        ("shop", "203.0.113.9", True),
        ("nobody", "127.0.0.1", False),
    ],
)
def test_app_comes_from_where_it_may(credentials: AppCredentials, app: str, address: str, allowed: bool) -> None:
    assert credentials.allows(app, address) is allowed


def test_address_that_is_none_reads_as_none() -> None:
    assert read_address("localhost") is None


def test_credentials_hold_no_secret_in_the_clear(credentials: AppCredentials) -> None:
    assert "s3cret" not in repr(vars(credentials))


def fail(lockout: Lockout, times: int, now: float, address: str = "192.0.2.1", name: str = "bank1") -> list[bool]:
    return [lockout.failed(address, name, now) for _ in range(times)]


def test_lockout_closes_with_the_fifth_failure_and_opens_after_a_quarter_of_an_hour() -> None:
    lockout = Lockout()
    assert fail(lockout, MOST_FAILURES, 10.0) == [False] * (MOST_FAILURES - 1) + [True]
    assert lockout.refuses("192.0.2.1", "bank1", 10.0 + REFUSED_S - 1)
    assert not lockout.refuses("192.0.2.1", "bank1", 10.0 + REFUSED_S)


def test_lockout_closes_for_longer_each_time_up_to_an_hour_and_forgets_in_a_day() -> None:
    lockout, now = Lockout(), 0.0
    for closed_s in (900.0, 1_800.0, 3_600.0, 3_600.0):
        fail(lockout, MOST_FAILURES, now)
        assert lockout.refuses("192.0.2.1", "bank1", now + closed_s - 1)
        now += closed_s
        assert not lockout.refuses("192.0.2.1", "bank1", now)
    now += FORGOTTEN_S + 1
    fail(lockout, MOST_FAILURES, now)
    assert not lockout.refuses("192.0.2.1", "bank1", now + REFUSED_S)


def test_lockout_begins_anew_once_the_secret_was_right() -> None:
    lockout = Lockout()
    fail(lockout, MOST_FAILURES, 0.0)
    lockout.succeeded("192.0.2.1", "bank1")
    fail(lockout, MOST_FAILURES, REFUSED_S)
    assert not lockout.refuses("192.0.2.1", "bank1", 2 * REFUSED_S)


def test_lockout_takes_a_network_of_ipv6_for_one_address() -> None:
    lockout = Lockout()
    for host in range(MOST_FAILURES):
        lockout.failed(f"2001:db8:0:7::{host:x}", "bank1", 0.0)
    assert lockout.refuses("2001:db8:0:7:ffff::1", "bank1", 1.0)
    assert not lockout.refuses("2001:db8:0:8::1", "bank1", 1.0)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:7:1:2:3:4", "2001:db8:0:7::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("no:address", "no:address"),
    ],
)
def test_origin_is_what_tells_callers_apart(address: str, expected: str) -> None:
    assert origin(address) == expected


def test_lockout_is_by_address_not_by_name() -> None:
    lockout = Lockout()
    fail(lockout, MOST_FAILURES, 0.0)
    assert not lockout.refuses("192.0.2.2", "bank1", 1.0)


def test_lockout_leaves_other_apps_of_the_address_alone() -> None:
    lockout = Lockout()
    fail(lockout, MOST_FAILURES, 0.0)
    assert not lockout.refuses("192.0.2.1", "shop1", 1.0)


def test_lockout_closes_altogether_to_an_address_that_tries_many_names() -> None:
    lockout = Lockout()
    for number in range(MOST_ANY_NAME):
        lockout.failed("192.0.2.1", f"name{number}", 0.0)
    assert lockout.refuses("192.0.2.1", "shop1", 1.0)
    assert not lockout.refuses("192.0.2.2", "shop1", 1.0)


def test_lockout_forgets_failures_that_are_long_ago() -> None:
    lockout = Lockout()
    fail(lockout, MOST_FAILURES - 1, 0.0)
    assert fail(lockout, 1, WITHIN_S) == [False]
    assert fail(lockout, MOST_FAILURES - 1, WITHIN_S) == [False] * (MOST_FAILURES - 2) + [True]


def test_lockout_forgets_slips_once_the_secret_was_right() -> None:
    lockout = Lockout()
    fail(lockout, MOST_FAILURES - 1, 0.0)
    lockout.succeeded("192.0.2.1", "bank1")
    assert fail(lockout, 1, 1.0) == [False]


def test_lockout_remembers_no_more_than_so_many() -> None:
    lockout = Lockout()
    for number in range(MOST_REMEMBERED + 10):
        lockout.failed(f"2001:db8:0:{number:x}::1", "bank1", 0.0)
    assert len(lockout._records) <= MOST_REMEMBERED
