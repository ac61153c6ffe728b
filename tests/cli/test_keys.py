"""`relevo keys new`."""

import base64
import hashlib

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
