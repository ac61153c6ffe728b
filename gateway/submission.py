"""What an app asks for, from whatever interface."""

import msgspec

from gateway.message import Content, Status


class Submission(msgspec.Struct, kw_only=True):
    """What an app asks for, from whatever interface. `to` is as the app wrote it; `ttl_s` seconds; times are epoch."""

    app: str
    to: str
    content: Content
    interface: str
    sender: str = ""
    lane: str = ""
    priority_flag: int = 0
    reference: str = ""
    batch: str = ""
    ttl_s: float | None = None
    send_at: float = 0.0
    receipt: str = "final"
    transliterate: bool = False
    callback: str = ""
    extras: dict[str, str] = msgspec.field(default_factory=dict)
    status: Status = Status.ACCEPTED
    tags: tuple[str, ...] = ()
