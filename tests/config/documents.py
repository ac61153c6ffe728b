"""Whole configurations to change one thing in: as plain values, written out as YAML, read back."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from gateway.config import Config, ConfigError, Loaded, Problem, parse

HASH = "sha256:" + "0f" * 32
OTHER_HASH = "sha256:" + "1e" * 32
SIGNING_SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
FILE = "relevo.yaml"
GONE = object()

SMALL: dict[str, Any] = {
    "networks": {"telcel": {"name": "Telcel", "codes": ["188"]}, "weex": {"name": "Weex", "hosted_by": "telcel"}},
    "carriers": {
        "telcel": {
            "binds": [
                {"name": "telcel-1", "host": "127.0.0.1", "port": 2801, "system_id": "acme", "password": "secret"}
            ]
        }
    },
    "routes": [{"via": ["telcel"]}],
    "apps": {"bank": {"system_id": "bank", "password": "pw"}},
}

FULL: dict[str, Any] = {
    "node": "gw1",
    "store": {"url": "sqlite:relevo.db", "sync": "full", "retention": "30d"},
    "http": {"listen": "127.0.0.1:8080", "tls": {"certificate": "a.pem", "key": "a.pem"}, "max_body": "1MiB"},
    "smpp": {
        "listen": "127.0.0.1:2775",
        "tls_listen": "127.0.0.1:2776",
        "tls": {"certificate": "a.pem", "key": "a.pem"},
    },
    "admin": {"listen": "127.0.0.1:9464", "token": "0123456789abcdef"},
    "log": {"level": "info", "format": "json", "content": "masked"},
    "networks": {
        "telcel": {"name": "Telcel", "mccmnc": ["334020"], "codes": ["188"]},
        "weex": {"name": "Weex", "codes": ["901"], "hosted_by": "telcel"},
    },
    "portability": {
        "region": "MX",
        "sources": [
            {"type": "table", "path": "a.pem"},
            {"type": "http", "url": "http://127.0.0.1:9100/{number}", "timeout": "300ms"},
            {"type": "enum", "server": "127.0.0.1:5353", "suffix": "e164.arpa", "timeout": "300ms"},
            {"type": "plan", "path": "a.pem"},
            {"type": "prefix"},
        ],
        "aliases": {"RADIOMOVIL DIPSA": "telcel"},
        "cache": {"size": 1000, "ttl": "6h", "negative_ttl": "5m"},
        "unknown": "telcel",
        "fetch": {
            "url": "sftp://acme@127.0.0.1:22/ported",
            "known_hosts": "a.pem",
            "key": "a.pem",
            "password": "secret",
            "pattern": "Numbers*-%Y%m%d.xml",
            "days": 14,
            "keep": "kept",
            "keep_for": "90d",
            "max_errors": 0,
            "timeout": "30s",
        },
    },
    "carriers": {
        "telcel": {
            "tps": 200,
            "burst": 5,
            "binds": [
                {
                    "name": "telcel-1",
                    "host": "127.0.0.1",
                    "port": 2801,
                    "system_id": "acme",
                    "password": "secret",
                    "mode": "transceiver",
                    "window": 50,
                    "tps": 100,
                    "burst": 2,
                    "backup": ["127.0.0.1:2802"],
                    "source_ip": "127.0.0.1",
                    "system_type": "ESME",
                    "address_range": "45555",
                    "interface_version": 3.4,
                    "tls": {
                        "ca": "a.pem",
                        "certificate": "a.pem",
                        "key": "a.pem",
                        "server_name": "smsc.example",
                        "verify": True,
                    },
                }
            ],
            "alphabet": "gsm7",
            "national_shift": "spanish",
            "long_messages": "udh",
            "message_ids": "auto",
            "receipt_parts": "all",
            "source": {
                "short": {"ton": 3, "npi": 0},
                "long": {"ton": 1, "npi": 1},
                "alphanumeric": {"ton": 5, "npi": 0},
            },
            "destination": {"format": "e164", "ton": 1, "npi": 1},
            "senders": {"allow": ["45555", "BANCO"], "default": "45555"},
            "enquire_link": "30s",
            "response_timeout": "30s",
            "reconnect": {"min": "1s", "max": "60s", "stable_after": "30s"},
            "service_type": "",
            "validity": "relative",
            "tlvs": {0x1400: "1101234567890"},
            "errors": {0x14: "later"},
            "failover": {"after_errors": 20, "queue_age": "60s"},
            "uncertain": {"fast": "resend", "bulk": "resend", "hold": {"fast": "0s", "bulk": "120s"}},
            "ucs2": True,
            "price": {"currency": "MXN", "per_segment": "0.18"},
        }
    },
    "routes": [
        {
            "network": ["telcel"],
            "prefix": ["+52"],
            "lane": ["fast"],
            "app": ["bank"],
            "sender": ["BANCO"],
            "tag": ["otp"],
            "to_list": ["a.pem"],
            "time": {"zone": "America/Mexico_City", "from": "08:00", "to": "21:00", "days": ["mon"]},
            "deny": False,
            "via": ["telcel"],
        }
    ],
    "lanes": {
        "fast": {"ttl": "5m", "reserve": "20%", "share": {"bank": 1}},
        "bulk": {"ttl": "48h", "share": {"bank": 2}},
    },
    "quiet_hours": [
        {"lane": "bulk", "from": "21:00", "to": "08:00", "zone": "recipient", "days": ["sun"], "action": "defer"}
    ],
    "frequency": {"lane": "bulk", "max": 3, "per": "7d", "action": "reject"},
    "blocklists": [{"path": "a.pem", "lane": "bulk"}],
    "apps": {
        "bank": {
            "api_keys": [HASH],
            "system_id": "bank",
            "password": "pw",
            "allow_from": ["127.0.0.0/8"],
            "max_binds": 4,
            "window": 50,
            "tps": 500,
            "burst": 10,
            "lane": "fast",
            "lanes": ["fast", "bulk"],
            "senders": ["45555", "BANCO"],
            "webhook": {"url": "http://127.0.0.1:9000/hook", "secret": SIGNING_SECRET, "events": ["receipt"]},
            "callbacks": ["https://bank.example/*"],
        }
    },
    "mo_routes": [{"to": "45555", "keyword": ["BAJA"], "app": "bank", "opt_out": True, "reply": "Adios."}],
}


def changed(document: dict[str, Any], *changes: tuple[str, Any]) -> dict[str, Any]:
    """A copy of `document` with values set at paths such as `carriers.telcel.binds[0].tps`; GONE takes one out."""
    result = copy.deepcopy(document)
    for path, value in changes:
        *way, last = steps(path)
        place: Any = result
        for step in way:
            place = place.setdefault(step, {}) if isinstance(place, dict) else place[step]
        if value is GONE:
            del place[last]
        else:
            place[last] = value
    return result


def steps(path: str) -> list[Any]:
    """The keys and positions of a path as problems render it."""
    found: list[Any] = []
    for part in path.replace("[", ".[").split("."):
        if part.startswith("["):
            found.append(int(part[1:-1]))
        elif part:
            found.append(int(part) if part.isdigit() else part)
    return found


def read(
    document: dict[str, Any] | str,
    base: Path = Path("/nowhere"),
    env: Mapping[str, str] | None = None,
    *,
    secrets: bool = True,
) -> Loaded:
    """The configuration of a document (plain values, or YAML). Raises ConfigError."""
    text = document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False)
    return parse(text, FILE, base, env or {}, secrets=secrets)


def config(document: dict[str, Any] | str) -> Config:
    """The configuration alone."""
    return read(document).config


def problems(
    document: dict[str, Any] | str,
    base: Path = Path("/nowhere"),
    env: Mapping[str, str] | None = None,
    *,
    secrets: bool = True,
) -> list[Problem]:
    """What is wrong with a document; none when it loads."""
    try:
        read(document, base, env, secrets=secrets)
    except ConfigError as error:
        return list(error.problems)
    return []


def lines(document: dict[str, Any] | str, base: Path = Path("/nowhere")) -> list[str]:
    """What is wrong, as `path: message`."""
    return [f"{problem.path}: {problem.message}" for problem in problems(document, base)]


def warnings(document: dict[str, Any] | str) -> list[str]:
    """What is accepted, but pointed at, as `path: message`."""
    return [f"{problem.path}: {problem.message}" for problem in read(document).warnings]
