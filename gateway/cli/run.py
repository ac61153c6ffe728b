"""`relevo run`: the daemon, in the foreground."""

import argparse

from gateway.cli.arguments import Subparsers, add_command, config_path


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    more = "SIGTERM and SIGINT: drain and stop. SIGHUP: reload the configuration."
    add_command(subparsers, "run", "run the gateway in the foreground", run, more=more)


def run(args: argparse.Namespace) -> int:
    """Run until told to stop."""
    from gateway import daemon  # noqa: PLC0415 - it brings the whole gateway, which --help can do without

    return daemon.run(config_path(args))
