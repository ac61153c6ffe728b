"""Checks of apps: each can log in as itself only, and may do what its defaults say."""

from gateway.config.apps import App
from gateway.config.checks.carriers import LONGEST_PASSWORD
from gateway.config.checks.findings import Findings
from gateway.config.problems import KeyPath
from gateway.config.schema import Config


def check_apps(config: Config, findings: Findings) -> None:
    """Credentials tell apps apart; lanes and senders fit together."""
    if not config.apps:
        findings.wrong(("apps",), "is empty, expected at least one app")
    findings.unique(
        [(("apps", key, "system_id"), app.system_id) for key, app in config.apps.items() if app.system_id is not None],
        "system_id",
    )
    hashes = [
        (("apps", key, "api_keys", index), digest)
        for key, app in config.apps.items()
        for index, digest in enumerate(app.api_keys)
    ]
    findings.unique(hashes, "API key")
    for key, app in config.apps.items():
        _check_login(("apps", key), app, findings)
        _check_lane(("apps", key), app, findings)
        _check_senders(("apps", key), app, config, findings)


def _check_login(path: KeyPath, app: App, findings: Findings) -> None:
    if app.system_id is None and app.password is None and not app.api_keys:
        findings.warn(path, "has neither api_keys nor system_id and password, so that it cannot log in")
    elif (app.system_id is None) != (app.password is None):
        missing = "password" if app.password is None else "system_id"
        findings.wrong((*path, missing), "is missing, expected system_id and password, or neither")
    if app.password is None:
        return
    if not app.password.reveal():
        findings.wrong((*path, "password"), "is empty, expected a password")
    elif len(app.password.reveal()) > LONGEST_PASSWORD:
        findings.warn(
            (*path, "password"),
            f"is longer than the {LONGEST_PASSWORD} characters of SMPP 3.4; not every client can send it",
        )


def _check_lane(path: KeyPath, app: App, findings: Findings) -> None:
    if app.lane not in app.allowed_lanes and findings.sound((*path, "lanes")):
        findings.wrong((*path, "lane"), f"{app.lane!r} is not in lanes, expected one of {', '.join(app.lanes)}")


def _check_senders(path: KeyPath, app: App, config: Config, findings: Findings) -> None:
    findings.unique([((*path, "senders", index), sender) for index, sender in enumerate(app.senders)], "sender")
    allowed = [carrier.senders.allow for carrier in config.carriers.values()]
    if not allowed or not all(allowed):
        return
    known = {sender for senders in allowed for sender in senders}
    for index, sender in enumerate(app.senders):
        if sender not in known:
            findings.warn(
                (*path, "senders", index), f"{sender!r} is allowed by no carrier, so that it is always refused"
            )
