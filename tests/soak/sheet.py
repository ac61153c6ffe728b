"""What a soak prints at its end: tables of figures, then what is wrong."""

from collections.abc import Iterable, Mapping

from tests.soak.balance import Balance


def table(title: str, heads: Iterable[str], rows: Iterable[tuple[object, ...]]) -> str:
    """Columns under their heads; numbers to the right."""
    lines = [[str(head) for head in heads], *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    shown = [
        "  ".join(
            [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
        )
        for line in lines
    ]
    return "\n".join([title, *(f"  {line}" for line in shown)])


def figures(title: str, values: Mapping[str, float]) -> str:
    """A figure a line."""
    return table(title, ["", ""], values.items())


def books(balance: Balance) -> str:
    """How messages ended, by each side's books."""
    shown = table("How messages ended, by each side's books", ["", "app", "gateway", "carrier"], balance.rows())
    return (
        f"{shown}\n  {balance.undecided:,} more had copies that ended differently: the carrier's books allow either end"
    )


def wrong(faults: Mapping[str, int], named: Mapping[str, list[str]]) -> str:
    """What does not balance, with the first that it was seen at."""
    lines = [f"  {count:,} x {kind} {' '.join(named.get(kind, []))}".rstrip() for kind, count in faults.items()]
    return "\n".join(["It does NOT balance:", *lines]) if lines else "Everything balances."


def _cell(value: object) -> str:
    return f"{value:,.0f}" if isinstance(value, int | float) else str(value)
