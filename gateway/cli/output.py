"""What commands print: JSON, tables that fit a terminal, and text that cannot take the terminal over."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from gateway.masking import escape

if TYPE_CHECKING:  # 45 ms, which only tables have to take
    from rich.console import Console
    from rich.table import Table

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def print_json(value: Any) -> None:
    """`value` as indented JSON on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def complain(text: str) -> None:
    """A line on standard error."""
    print(text, file=sys.stderr)


def terminal(*, stderr: bool = False) -> "Console":
    """Where tables go. Nothing in a text is taken for markup; off a terminal lines are 80 wide, or COLUMNS."""
    from rich.console import Console  # noqa: PLC0415  see above

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def plain(value: object) -> str:
    """Text as it may be shown: what a peer or a file wrote, without control characters; nothing for None."""
    return "" if value is None else escape(str(value))


def table(headings: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> "Table":
    """A table without lines. A heading that begins with ">" has numbers under it, to the right."""
    from rich import box  # noqa: PLC0415  see above
    from rich.table import Table  # noqa: PLC0415  see above

    made = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", pad_edge=False)
    for heading in headings:
        right = heading.startswith(">")
        made.add_column(heading.removeprefix(">"), justify="right" if right else "left", no_wrap=right, overflow="fold")
    for row in rows:
        made.add_row(*(plain(cell) for cell in row))
    return made


def print_fields(pairs: Iterable[tuple[str, object]]) -> None:
    """Names and values on standard output, a pair a line; pairs without a value are left out."""
    shown = [(name, plain(value)) for name, value in pairs if value not in (None, "")]
    width = max((len(name) for name, _ in shown), default=0)
    for name, value in shown:
        print(f"{name:<{width}}  {value}")


def count(value: float | None) -> str:
    """A whole number with its thousands apart."""
    return "-" if value is None else f"{value:,.0f}"


def rate(value: float | None) -> str:
    """Per second, to a tenth below 100."""
    return "-" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def duration(seconds: float | None) -> str:
    """In the largest unit that keeps two digits: "4.2 s", "15 min", "26 h"."""
    if seconds is None:
        return "-"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    for limit, size, unit in ((10, 1, ""), (120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds:.1f} s" if not unit else f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"


def size(octets: float | None) -> str:
    """Octets in the largest binary unit that keeps a digit before the point."""
    if octets is None:
        return "-"
    for unit in _UNITS[:-1]:
        if octets < 1024:
            return f"{octets:.0f} {unit}" if unit == "B" else f"{octets:.1f} {unit}"
        octets /= 1024
    return f"{octets:.1f} {_UNITS[-1]}"
