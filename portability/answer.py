"""What is known of a number."""

from typing import NamedTuple


class Answer(NamedTuple):
    """What a source says of a number. A NamedTuple, because one is made per message.

    `network` is the configuration's key of the brand, None when the source cannot name it; `hosts` whose networks it
    may be reached through besides, the best first. `ported` and `mobile` are three-valued: None is "not known".
    `as_of` is the age of the data, Unix seconds. `detail` is for people.
    """

    network: str | None
    source: str
    ported: bool | None = None
    as_of: float | None = None
    mobile: bool | None = None
    hosts: tuple[str, ...] = ()
    detail: str = ""
