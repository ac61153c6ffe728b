"""`relevo keys`: API keys for apps."""

import argparse
import hashlib
import secrets

from gateway.cli.arguments import Subparsers, add_command, add_group
from gateway.cli.failure import WRONG_USAGE, Failure
from gateway.cli.output import print_json
from gateway.config.kinds import Name
from gateway.config.units import BadValueError

_KEY_OCTETS = 32


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    actions = add_group(subparsers, "keys", "make API keys")
    more = "The key is printed once and kept nowhere; its hash goes into apps.APP.api_keys, then `relevo reload`."
    parser = add_command(actions, "new", "make an API key for an app", new, json=True, more=more)
    parser.add_argument("app", metavar="APP", help="the app, as apps has it")


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


def hash_of(key: str) -> str:
    """What the configuration holds of a key: the SHA-256 of its UTF-8 text, as `sha256:` and hexadecimal digits."""
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()
