"""`relevo keys`: API keys for apps, and when each was last used."""

import argparse
import hashlib
import secrets

from gateway.cli.arguments import Subparsers, add_command, add_group
from gateway.cli.failure import WRONG_USAGE, Failure
from gateway.cli.output import plain, print_json, table, terminal
from gateway.cli.running import running
from gateway.config.kinds import Name
from gateway.config.units import BadValueError

_KEY_OCTETS = 32


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    actions = add_group(subparsers, "keys", "make API keys, see when they were used")
    more = "The key is printed once and kept nowhere; its hash goes into apps.APP.api_keys, then `relevo reload`."
    parser = add_command(actions, "new", "make an API key for an app", new, json=True, more=more)
    parser.add_argument("app", metavar="APP", help="the app, as apps has it")
    more = (
        "A key is named by the first digits of its hash. What was used in the minute before a crash may be forgotten."
    )
    parser = add_command(
        actions, "list", "show the keys of a running gateway, and when each was last used", list_, json=True, more=more
    )
    parser.add_argument("app", metavar="APP", nargs="?", help="only this app's")


def new(args: argparse.Namespace) -> int:
    """Print a new key and its hash."""
    try:
        app = Name("an app's name").parse(args.app)
    except BadValueError as error:
        raise Failure(f"{args.app!r} {error}", WRONG_USAGE) from None
    key = secrets.token_urlsafe(_KEY_OCTETS)
    hashed = hash_of(key)
    if args.json:
        print_json({"app": app, "key": key, "hash": hashed})
    else:
        print(f"key for {app}, shown this once:\n  {key}\nline for apps.{app}.api_keys:\n  {hashed}")
    return 0


def list_(args: argparse.Namespace) -> int:
    """Print the keys that a running gateway takes, by app, with their last use."""
    apps = running(args).get("status")["apps"]
    if args.app is not None and args.app not in [app["app"] for app in apps]:
        raise Failure(f"no app is called {args.app!r}; there are {', '.join(app['app'] for app in apps)}", WRONG_USAGE)
    found = [{"app": app["app"], **key} for app in apps for key in app["keys"] if args.app in (None, app["app"])]
    if args.json:
        print_json(found)
    else:
        rows = [(plain(key["app"]), plain(key["key"]), plain(key["last_used"] or "never")) for key in found]
        terminal().print(table(("APP", "KEY", "LAST USED"), rows))
    return 0


def hash_of(key: str) -> str:
    """What the configuration holds of a key: the SHA-256 of its UTF-8 text, as `sha256:` and hexadecimal digits."""
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()
