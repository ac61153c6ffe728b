"""`relevo convert`: a configuration out of Kannel's or Jasmin's."""

import argparse
from pathlib import Path

from gateway.cli.arguments import Subparsers, add_command, add_group
from gateway.cli.conversion import jasmin, jasmin_script, kannel, kannel_file


def add_parser(subparsers: "Subparsers[argparse.ArgumentParser]") -> None:
    """Add the command to the command line."""
    group = add_group(subparsers, "convert", "write a configuration out of Kannel's or Jasmin's")
    more = "What has no counterpart is a comment at the top. Passwords are not copied but read from the environment."
    parser = add_command(group, "kannel", "out of kannel.conf", _kannel, more=more)
    parser.add_argument("file", metavar="FILE", type=Path, help="kannel.conf, with what it includes")
    parser = add_command(group, "jasmin", "out of jcli commands and jasmin.cfg", _jasmin, more=more)
    parser.add_argument(
        "path", metavar="FILE|DIR", type=Path, help="a file of jcli commands, jasmin.cfg, or their directory"
    )


def _kannel(args: argparse.Namespace) -> int:
    print(kannel.convert(kannel_file.read_groups(args.file)).text(args.file.name), end="")
    return 0


def _jasmin(args: argparse.Namespace) -> int:
    print(jasmin.convert(jasmin_script.read(args.path)).text(args.path.name), end="")
    return 0
