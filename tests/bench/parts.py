"""What each part of the way costs by itself: python -m tests.bench.parts

Loops in one process over what most messages look like; the median of nine, in us of CPU a call.
"""

import sys
import time
import timeit
from collections.abc import Callable
from statistics import median

from gateway.smpp.codec import decode, encode
from gateway.smpp.pdu import DeliverSm, SubmitSm, SubmitSmResp
from gateway.smpp.receipt import read
from gateway.smpp.spec import Tag
from gateway.text.encoding import choose
from gateway.text.segments import LongMessages, split
from portability.number import normalise
from routes.facts import MtFacts
from routes.mt import MtRoutes, MtRule
from tests.bench.figures import markdown
from throughput.bucket import TokenBucket
from throughput.lanes import Entry, Lane
from throughput.scheduler import Gate, Scheduler, Send

TEXT = "Su clave de acceso es 482913. No la comparta con nadie. Vence en cinco minutos."
SPANISH = "Su código de acceso es 482913, válido hasta mañana. Más información en la página."
LONG = TEXT * 5
SUBMIT = SubmitSm("", 1, 1, "45555", 1, 1, "525512345678", registered_delivery=1, short_message=TEXT.encode())
RESPONSE = SubmitSmResp("1ac113a000372")
RECEIPT = DeliverSm(
    "", 1, 1, "525512345678", 1, 1, "45555", esm_class=4,
    short_message=b"id:1ac113a000372 sub:001 dlvrd:001 submit date:2611231432 done date:2611231433 stat:DELIVRD "
    b"err:000 text:Su clave de acceso",
    tlvs=((Tag.RECEIPTED_MESSAGE_ID, b"1ac113a000372\0"), (Tag.MESSAGE_STATE, b"\x02")),
)  # fmt: skip
REPEATS = 9
LOOP_S = 0.02


def microseconds(call: Callable[[], object]) -> float:
    """The median of some loops of about LOOP_S each."""
    timer = timeit.Timer(call, timer=time.process_time)
    number = 1
    while timer.timeit(number) < LOOP_S:
        number *= 2
    return median(timer.repeat(REPEATS, number)) / number * 1e6


def parts() -> dict[str, Callable[[], object]]:
    """What is measured."""
    submit, response, receipt = encode(SUBMIT, 7), encode(RESPONSE, 7), encode(RECEIPT, 7)
    received = decode(receipt).pdu
    assert isinstance(received, DeliverSm)
    rules = [MtRule(network=["weex"], via=["movistar", "att"]), MtRule(network=["telcel"], via=["telcel"])]
    routes = MtRoutes([*rules, MtRule(network=["movistar", "att"], via={"movistar": 70, "att": 30})])
    facts = MtFacts("att", (), "525512345678", "bank", "fast")
    long = choose(LONG)
    return {
        "submit_sm, read": lambda: decode(submit),
        "submit_sm, written": lambda: encode(SUBMIT, 7),
        "submit_sm_resp, read": lambda: decode(response),
        "submit_sm_resp, written": lambda: encode(RESPONSE, 7),
        "receipt, read from its deliver_sm (text and TLVs)": lambda: read(received),
        "encoding of 80 ASCII characters": lambda: choose(TEXT),
        "encoding of Spanish: UCS-2": lambda: choose(SPANISH),
        "encoding of Spanish: transliterated": lambda: choose(SPANISH, transliterate=True),
        "split into 3 parts with UDH": lambda: split(long, LongMessages.UDH, 4711),
        "number, 52 and ten digits": lambda: normalise("525512345678"),
        "number, as people write it": lambda: normalise("+52 (55) 1234-5678"),
        "route of three, by network": lambda: routes.choose(facts, lambda carrier: True, 0.5),
        "scheduler: queued, picked, answered": _turn(),
    }


def _turn() -> Callable[[], object]:
    gate = Gate.configured("bench", rate_per_s=1e6, window=100, reserve=0.2)
    gate.up = True
    scheduler: Scheduler[str] = Scheduler(
        TokenBucket(1e6, reserve=0.2), Lane("fast", 1000), Lane("bulk", 1000), (gate,)
    )
    lane = scheduler.lanes["bulk"]
    now = 0.0

    def turn() -> None:
        nonlocal now
        now += 0.001
        lane.push(Entry("one", 1, 1e9, now, "bank", "", ""))
        sent = scheduler.pick(now)
        assert isinstance(sent, Send)
        sent.gate.answered(0, 0.05, now)

    return turn


def main() -> int:
    """Print the table."""
    print(markdown({name: {"us": microseconds(call)} for name, call in parts().items()}, ["us"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
