"""A gateway that is only its Control: what it was told is kept, what it answers is set by the test."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from gateway.admin.control import BindAction
from gateway.errors import Refusal
from gateway.happenings import Happenings, Listener, Wanted
from gateway.log_level import LevelNow
from gateway.message import Content, Delivery, Event, Message, Segment, Status

BASE = 1_795_400_000.0


class FakeCheck(NamedTuple):
    name: str
    ok: bool
    detail: str = ""


def a_bind(name: str, carrier: str = "telcel", **fields: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "carrier": carrier,
        "bind": name,
        "address": "10.20.1.10:2775",
        "mode": "transceiver",
        "state": "bound",
        "reason": "",
        "remedy": "",
        "since_s": 86_400.0,
        "window": 50,
        "window_used": 12,
        "window_bulk": 40,
        "rate_limit": 100.0,
        "rate_configured": 100.0,
        "rate_ceiling": None,
        "rate": 87.5,
        "history": [float(50 + (n * 7) % 40) for n in range(60)],
    }
    return plain | fields


def a_status() -> dict[str, Any]:
    """A gateway in the middle of a campaign, with a bind down and another slowed."""
    lanes = [("telcel", "fast", 0, 0, None), ("telcel", "bulk", 4000, 812_345, 5400.0), ("att", "bulk", 3, 0, 0.4)]
    return {
        "version": "0.1.0",
        "compiled": False,
        "node": "gw1",
        "uptime_s": 93_000.0,
        "ready": True,
        "stopping": False,
        "binds": [
            a_bind("telcel-1"),
            a_bind("telcel-2", state="waiting", reason="10.20.1.11:2775 refused the connection", since_s=None,
                   window_used=0, rate=0.0, history=[90.0] * 40 + [0.0] * 20),
            a_bind("att-tx", "att", mode="transmitter", window=20, window_used=20, rate_limit=40.0, rate=4.0),
            a_bind("att-rx", "att", mode="receiver", window=None, window_used=None, rate_limit=None,
                   rate_configured=None, rate=0.0,
                   history=[]),
        ],
        "carriers": [
            {"carrier": "telcel", "omitted": ["validity_period", "0x1400"], "refused": None},
            {"carrier": "att", "omitted": [],
             "refused": {"address": "destination", "share": 0.34, "command_status": "ESME_RINVDSTADR"}},
        ],
        "lanes": [
            {"carrier": carrier, "lane": lane, "depth": depth, "on_disk": on_disk, "oldest_s": oldest}
            for carrier, lane, depth, on_disk, oldest in lanes
        ],
        "apps": [
            {"app": "bank", "binds": 2, "deliveries_waiting": 0, "deliveries_oldest_s": None, "accepted": 1_234_567,
             "rate": 141.2,
             "keys": [{"key": "sha256:0b1c2d3e4f50", "last_used": "2026-11-23T06:15:06.123Z"},
                      {"key": "sha256:a0b1c2d3e4f5", "last_used": None}]},
            {"app": "shop", "binds": 0, "deliveries_waiting": 8_412, "deliveries_oldest_s": 320.0, "accepted": 99,
             "rate": 0.0, "keys": []},
        ],
        "store": {"healthy": True, "backlog": 14, "size_bytes": 3_400_000_000, "free_bytes": 91_000_000_000},
        "totals": {"accepted": 1_234_666, "submitted": 422_318, "delivered": 401_200, "undelivered": 3_120,
                   "expired": 41, "rejected": 6, "inbound": 512},
        "portability": [
            {"source": "table", "available": True, "detail": "51,203,114 numbers", "age_s": 25_000.0},
            {"source": "plan", "available": False, "detail": "plan.csv: no such file", "age_s": None},
        ],
        "message_ids": {"telcel": "hex-dec", "att": "auto"},
    }  # fmt: skip


def a_message(message_id: str = "0193-1", status: Status = Status.ACCEPTED, **fields: Any) -> Message:
    plain: dict[str, Any] = {
        "id": message_id,
        "app": "bank",
        "lane": "fast",
        "interface": "admin",
        "to": "525512345678",
        "sender": "45555",
        "network": "telcel",
        "content": Content(text="hola"),
        "created_at": BASE,
        "expires_at": BASE + 300,
        "updated_at": BASE,
        "carriers": ("telcel",),
        "carrier": "telcel",
        "status": status,
        "segments": (Segment(1, status, "telcel"),),
        "events": (Event(BASE, Status.ACCEPTED),),
    }
    return Message(**(plain | fields))


def a_dead_delivery(delivery_id: str, **fields: Any) -> Delivery:
    plain: dict[str, Any] = {
        "id": delivery_id,
        "app": "shop",
        "kind": "receipt",
        "subject": "0193-1",
        "status": Status.DELIVERED,
        "state": "dead",
        "attempts": 31,
        "created_at": BASE,
        "detail": "HTTP 500",
        "url": "https://shop.example/dlr?password=hunter2",
    }
    return Delivery(**(plain | fields))


class FakeControl:
    """As `Control`. `error` is raised by every call that may raise; `stages` is what `message` answers in turn."""

    def __init__(self) -> None:
        self.state = a_status()
        self.checks = [FakeCheck("store", True), FakeCheck("binds", True, "3 of 4 are up")]
        self.told: list[tuple[Any, ...]] = []
        self.changes = ["carriers.telcel.tps: 200.0 -> 250.0"]
        self.dead = [a_dead_delivery(f"d{n}") for n in range(5)]
        self.messages: dict[str, list[Message]] = {}
        self.error: Exception | None = None
        self.level = LevelNow("info", "info", None)
        self.happenings = Happenings(lambda: BASE)
        self.happen: Callable[[], None] = lambda: None
        """What happens once somebody listens."""

    def status(self) -> dict[str, Any]:
        return self.state

    def ready(self) -> list[FakeCheck]:
        return self.checks

    async def bind(self, name: str, action: BindAction) -> None:
        self._tell("bind", name, action)
        found = next((bind for bind in self.state["binds"] if bind["bind"] == name), None)
        if found is None:
            raise Refusal("not_found", f"No bind is called {name}.")
        found["state"] = {"stop": "stopped", "start": "connecting", "receive-only": "receive-only"}[action]

    def listen(self, wanted: Wanted) -> Listener:
        self._tell("listen", wanted)
        listener = self.happenings.listen(wanted)
        asyncio.get_running_loop().call_soon(self.happen)
        return listener

    def trace(self, bind: str) -> Listener:
        self._tell("trace", bind)
        if bind not in {each["bind"] for each in self.state["binds"]}:
            raise Refusal("not_found", f"No bind is called {bind}.")
        listener = self.happenings.listen(Wanted())
        asyncio.get_running_loop().call_soon(self.happen)
        return listener

    def log_level(self) -> LevelNow:
        return self.level

    def set_log_level(self, level: str, seconds: float | None) -> LevelNow:
        self._tell("log_level", level, seconds)
        self.level = LevelNow(level, "info", seconds)
        return self.level

    def drain(self) -> None:
        self._tell("drain")
        self.state["stopping"] = True

    async def reload(self) -> list[str]:
        self._tell("reload")
        return self.changes

    async def message(self, message_id: str) -> Message | None:
        self._tell("message", message_id)
        stages = self.messages.get(message_id)
        if not stages:
            return None
        return stages.pop(0) if len(stages) > 1 else stages[0]

    async def dead_deliveries(self, after: str, limit: int) -> Sequence[Delivery]:
        self._tell("dead_deliveries", after, limit)
        return [row for row in self.dead if row.id > after][:limit]

    async def replay(self, delivery_id: str) -> Delivery:
        self._tell("replay", delivery_id)
        for row in self.dead:
            if row.id == delivery_id:
                self.dead.remove(row)
                row.state, row.attempts = "waiting", 0
                return row
        raise Refusal("not_found", "No dead delivery has this id.")

    async def replay_these(self, since: float, until: float, app: str) -> int:
        self._tell("replay_these", since, until, app)
        return len(self.dead)

    async def send(self, app: str, to: str, text: str, sender: str, lane: str) -> Message:
        self._tell("send", app, to, text, sender, lane)
        message = a_message("0193-9", app=app or "bank", to=to.removeprefix("+"))
        self.messages.setdefault(message.id, [message])
        return message

    def _tell(self, *what: Any) -> None:
        self.told.append(what)
        if self.error is not None:
            raise self.error
