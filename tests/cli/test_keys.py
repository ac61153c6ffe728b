"""`relevo keys`."""

import base64
import hashlib

from tests.admin.fake import FakeControl
from tests.cli.conftest import Relevo


def test_key_is_256_random_bits_and_its_hash_is_what_the_configuration_takes(relevo: Relevo) -> None:
    first, second = relevo("keys", "new", "bank", "--json").json, relevo("keys", "new", "bank", "--json").json

    assert first["key"] != second["key"]
    assert len(base64.urlsafe_b64decode(first["key"] + "=")) == 32
    assert first["hash"] == "sha256:" + hashlib.sha256(first["key"].encode()).hexdigest()


def test_key_is_printed_once_with_where_its_hash_goes(relevo: Relevo) -> None:
    ran = relevo("keys", "new", "bank")

    assert (ran.status, ran.err) == (0, "")
    key = ran.out.splitlines()[1].strip()
    assert ran.out.count(key) == 1
    assert "apps.bank.api_keys" in ran.out
    assert ran.out.splitlines()[3].strip() == "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def test_list_shows_the_keys_of_each_app_and_when_they_were_used(relevo: Relevo, gateway: FakeControl) -> None:
    ran = relevo("keys", "list")

    assert (ran.status, ran.err) == (0, "")
    assert [line.split() for line in ran.out.splitlines()[1:] if "sha256" in line] == [
        ["bank", "sha256:0b1c2d3e4f50", "2026-11-23T06:15:06.123Z"],
        ["bank", "sha256:a0b1c2d3e4f5", "never"],
    ]
    assert relevo("keys", "list", "shop", "--json").json == []
    assert relevo("keys", "list", "bank", "--json").json[1] == {
        "app": "bank",
        "key": "sha256:a0b1c2d3e4f5",
        "last_used": None,
    }


def test_list_names_the_apps_where_there_is_no_such_one(relevo: Relevo, gateway: FakeControl) -> None:
    ran = relevo("keys", "list", "banco")

    assert ran.status == 2
    assert "bank, shop" in ran.err
