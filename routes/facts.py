"""All that a rule may look at. Plain values, made once per message: hence NamedTuples."""

from typing import NamedTuple


class MtFacts(NamedTuple):
    """An outgoing message. `network` is the subscriber's, `hosts` whose core serves it besides, the nearest first
    (`hosted_by`); `number` E.164 digits; `sender` what the app asked for, else its own first, "" for neither; `tags`
    its words for the message; `at` when it is due, Unix seconds."""

    network: str
    hosts: tuple[str, ...]
    number: str
    app: str
    lane: str
    sender: str = ""
    tags: tuple[str, ...] = ()
    at: float = 0.0


class MoFacts(NamedTuple):
    """An inbound message. `to` is our number as the carrier wrote it, `text` all of it, `sender` the subscriber."""

    to: str
    text: str
    carrier: str = ""
    sender: str = ""
