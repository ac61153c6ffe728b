"""The findings as keys of the configuration: what to paste into `carriers:`, with a comment for what is open."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.carriers.answers import Action, decide
from gateway.carriers.conformance.drafts import Target
from gateway.carriers.conformance.findings import Findings
from gateway.config.carriers import Bind, Carrier
from gateway.smpp.status import status_name

_KEPT = "as configured"


@dataclass(frozen=True, slots=True)
class CarrierProfile:
    """`keys` of the carrier and `bind_keys` of the bind, as plain values; `open` has a reason for each not found out.

    `remarks` are sentences for people.
    """

    carrier: str
    bind: str
    keys: Mapping[str, Any]
    bind_keys: Mapping[str, Any]
    open: Mapping[str, str]
    remarks: tuple[str, ...]


def profile_of(name: str, carrier: Carrier, bind: Bind, findings: Findings) -> CarrierProfile:
    """What was found, and what is configured where nothing was."""
    errors, conflicts = errors_of(carrier.errors, findings)
    target = findings.target or Target(carrier.destination.format, carrier.destination.ton, carrier.destination.npi)
    pairs = {kind: getattr(carrier.source, kind) for kind in ("short", "long", "alphanumeric")} | findings.source
    keys: dict[str, Any] = {
        "tps": findings.tps or _number(carrier.tps),
        "alphabet": str(findings.alphabet or carrier.alphabet),
        "long_messages": str(findings.long_messages or carrier.long_messages),
        "message_ids": str(findings.message_ids or carrier.message_ids),
        "receipt_parts": findings.receipt_parts or carrier.receipt_parts,
        "source": {kind: {"ton": pair.ton, "npi": pair.npi} for kind, pair in pairs.items()},
        "destination": {"format": target.format, "ton": target.ton, "npi": target.npi},
        "ucs2": carrier.ucs2 if findings.ucs2 is None else findings.ucs2,
        "errors": errors,
    }
    version = "3.3" if findings.plain else {0x33: "3.3", 0x34: "3.4", 0x50: "5.0"}[bind.interface_version]
    bind_keys = {"window": findings.window or bind.window, "interface_version": version}
    untried = {f"source.{kind}": "no sender of this kind was tried" for kind in pairs if kind not in findings.source}
    return CarrierProfile(name, bind.name, keys, bind_keys, findings.unknown | untried, (*conflicts, *findings.remarks))


def errors_of(configured: Mapping[int, str], findings: Findings) -> tuple[dict[int, str], list[str]]:
    """`errors:` as configured, with what the built-in policy would get wrong here; and what cannot be had both ways."""
    wanted = dict.fromkeys(sorted(findings.throttles), Action.THROTTLE)
    conflicts = []
    for what, status in findings.refusals.items():
        if status in findings.throttles:
            conflicts.append(f"{status_name(status)} means {what}, and too fast as well: it is taken for too fast")
        else:
            wanted[status] = Action.REFUSE
    changed = {status: str(action) for status, action in wanted.items() if decide(status, configured) is not action}
    return {**configured, **changed}, conflicts


def yaml_of(profile: CarrierProfile) -> list[str]:
    """The lines to paste. Every key that is a guess says so."""
    lines = ["carriers:", f"  {profile.carrier}:"]
    lines += _described(profile, profile.keys, "    ")
    lines.append(f"    # binds: keep the entry of {profile.bind}, with these two keys in it:")
    lines += [f"    #   {line.strip()}" for line in _described(profile, profile.bind_keys, "")]
    lines += [f"    # note: {remark}" for remark in profile.remarks]
    return lines


def _described(profile: CarrierProfile, keys: Mapping[str, Any], indent: str) -> list[str]:
    lines = []
    for key, value in keys.items():
        line = f"{indent}{key}: {_flow(value)}"
        why = [profile.open[key]] if key in profile.open else []
        why += [f"{path}: {reason}" for path, reason in profile.open.items() if path.startswith(f"{key}.")]
        lines.append(f"{line}  # {_KEPT}; {'; '.join(why)}" if why else line)
    return lines


def _flow(value: Any) -> str:
    """A value as YAML in one line; a status in hex, as the configuration has them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        items = (f"{f'0x{key:02x}' if isinstance(key, int) else key}: {_flow(item)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    text = str(value)
    return f'"{text}"' if isinstance(value, str) and text.replace(".", "").isdigit() else text


def _number(value: float) -> float | int:
    return int(value) if float(value).is_integer() else value
