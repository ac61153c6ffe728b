"""Writes the administrator's files: daily pairs and full dumps over the invented plan and years of `numbering.py`.

What is in real ones is in these: ranges, several of them in a record, brands hosted by another network, ports back as a
deletion and as a port to the range's holder, two ports of a number on a day, records in no order.
`python -m tests.support.administrator --out DIR --days 10 --ports-a-day 1000` makes a place to fetch from.
"""

import argparse
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.support.numbering import CODES, Day, invented_days, invented_plan

ZONE = ZoneInfo("America/Mexico_City")
_PORTED_HOME = 0.2  # of the ports back home, so many come as a port to the holder


class Port(NamedTuple):
    """National numbers `first` to `last` go to RIDA and RCR at `at`; None: back to the holder, `assignee` if known."""

    first: int
    last: int
    to: tuple[int, int] | None
    at: datetime
    assignee: int | None = None


class Pair(NamedTuple):
    """The two files of a day, by their names."""

    day: date
    files: dict[str, str]


def record(port_id: str, port: Port, more: Iterable[tuple[int, int]] = ()) -> str:
    """A PortData; `more` are further ranges that moved with it."""
    rida, rcr = port.to or (port.assignee or 0, port.assignee or 0)
    fields = {
        **{"PortID": port_id, "PortType": "1", "Action": "Port" if port.to else "Delete"},
        **{"RIDA": f"{rida:03}", "RCR": f"{rcr:03}", "DIDA": "000", "DCR": "000"},
        "ActionDate": f"{port.at.astimezone(ZONE):%Y%m%d%H%M%S}",
        **({} if port.to else {"FolioID": port_id, "AssigneeIDA": f"{rida:03}", "AssigneeCR": f"{rcr:03}"}),
    }
    texts = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
    ranges = "".join(
        f"<NumberRange><NumberFrom>{first:010}</NumberFrom><NumberTo>{last:010}</NumberTo><isMPP>N</isMPP></NumberRange>"
        for first, last in ((port.first, port.last), *more)
    )
    return f"<PortData>{texts}<NumberRanges>{ranges}</NumberRanges></PortData>\n"


def document(records: list[str], made: datetime) -> str:
    """A whole file."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<NPCData><MessageName>Porting Data</MessageName>'
        f"<Timestamp>{made.astimezone(ZONE):%Y%m%d%H%M%S}</Timestamp><NumberOfMessages>{len(records)}</NumberOfMessages>"
        f"<PortDataList>\n{''.join(records)}</PortDataList></NPCData>\n"
    )


def pair(random: Random, day: date, changes: Day, homes: Mapping[int, int]) -> Pair:
    """The files of a day's changes, some seconds apart from two in the morning on; `homes`: number -> holder's code."""
    ported: list[str] = []
    gone: list[str] = []
    at = datetime(day.year, day.month, day.day, 2, tzinfo=ZONE)
    for index, (number, codes) in enumerate(changes.changes):
        at += timedelta(seconds=random.randrange(1, 60))
        national, home = number - 52 * 10**10, homes.get(number)
        by_port = codes is None and home and random.random() < _PORTED_HOME
        to = (home, home) if by_port and home else codes
        port = Port(national, national, to, at, home)
        (gone if to is None else ported).append(record(f"{day:%y%m%d}{index:07}", port))
    random.shuffle(ported)
    random.shuffle(gone)
    made = datetime(day.year, day.month, day.day, 23, 59, tzinfo=ZONE)
    texts = {"Ported": document(ported, made), "Deleted": document(gone, made)}
    return Pair(day, {f"Numbers{kind}-{day:%Y%m%d}.xml": text for kind, text in texts.items()})


def dump(state: Mapping[int, tuple[int, int]], made: datetime) -> str:
    """All that is ported at `made`; neighbours that are at one network are one range."""
    spans: list[tuple[int, int, tuple[int, int]]] = []
    for number, codes in sorted(state.items()):
        national = number - 52 * 10**10
        if spans and spans[-1][1:] == (national - 1, codes):
            spans[-1] = (spans[-1][0], national, codes)
        else:
            spans.append((national, national, codes))
    at = made - timedelta(days=30)
    records = [record(f"W{index}", Port(first, last, codes, at)) for index, (first, last, codes) in enumerate(spans)]
    return document(records, made)


class Years(NamedTuple):
    """Invented days of porting with their files, and the true state after each."""

    pairs: list[Pair]
    days: list[Day]
    homes: dict[int, int]


def invented_years(random: Random, last: date, *, ranges: int = 40, days: int = 6, ports_a_day: int = 40) -> Years:
    """So many days up to `last`."""
    plan = invented_plan(random, ranges)
    history = invented_days(random, plan, days, ports_a_day)
    homes: dict[int, int] = {}
    for day in history:
        for number, _ in day.changes:
            found = next(r for r in plan if r.start <= number - 52 * 10**10 <= r.end)
            if found.holder.network:
                homes[number] = CODES[found.holder.network][0]
    dates = [last - timedelta(days=back) for back in range(days - 1, -1, -1)]
    return Years([pair(random, at, day, homes) for at, day in zip(dates, history, strict=True)], history, homes)


def main() -> None:
    """Writes a place as the administrator's, the last day yesterday."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.administrator", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--ports-a-day", type=int, default=1000)
    options = parser.parse_args()
    yesterday = datetime.now(ZONE).date() - timedelta(days=1)
    for made in invented_years(
        Random(52), yesterday, ranges=300, days=options.days, ports_a_day=options.ports_a_day
    ).pairs:
        directory = options.out / f"{made.day:%Y.%m.%d}"
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in made.files.items():
            (directory / name).write_text(text)


if __name__ == "__main__":
    main()
