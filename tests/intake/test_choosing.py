"""The road in: which lane, sender and carriers a message gets."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from gateway.intake import CarrierRules
from gateway.message import Content
from gateway.parts import Profile
from portability.answer import Answer
from routes.mt import MtRoutes, MtRule
from routes.window import window
from tests.intake.desk import MOVISTAR, RULES, TELCEL, WEEX, Desk, a_submission, routed


@pytest.mark.parametrize(
    ("app", "asked", "priority_flag", "lane"),
    [
        ("bank", "", 0, "fast"),
        ("bank", "bulk", 0, "bulk"),
        ("bank", "bulk", 3, "bulk"),
        ("shop", "", 0, "bulk"),
        ("shop", "", 3, "bulk"),
    ],
)
async def test_lane_is_what_was_asked_for_or_the_apps_own(
    desk: Desk, app: str, asked: str, priority_flag: int, lane: str
) -> None:
    message = await desk.taken(app=app, lane=asked, priority_flag=priority_flag)

    assert message.lane == lane


@pytest.mark.parametrize(
    ("via", "app", "asked", "carriers", "sender"),
    [
        (("telcel", "movistar"), "bank", "", ("telcel",), "45555"),  # movistar has only BANCO
        (("movistar", "telcel"), "bank", "", ("movistar", "telcel"), "BANCO"),  # the first one's word decides
        (("telcel", "movistar"), "bank", "BANCO", ("telcel", "movistar"), "BANCO"),
        (("movistar", "telcel"), "bank", "45555", ("telcel",), "45555"),
        (("telcel", "att", "open"), "bank", "", ("telcel", "att", "open"), "45555"),
        (("att", "open"), "shop", "", ("att", "open"), "77777"),
        (("open",), "shop", "", ("open",), ""),
        (("open", "att"), "shop", "", ("open", "att"), "77777"),
        (("open",), "shop", "ANYONE", ("open",), "ANYONE"),
    ],
)
async def test_sender_is_one_that_app_and_carriers_allow(
    desk: Desk, via: tuple[str, ...], app: str, asked: str, carriers: tuple[str, ...], sender: str
) -> None:
    desk.intake.apply(routed(*via))

    message = await desk.taken(app=app, sender=asked)

    assert (message.carriers, message.sender, message.carrier) == (carriers, sender, carriers[0])


async def test_carriers_default_sender_is_carried_over_to_the_next_carrier(desk: Desk) -> None:
    """The default is the carrier's own word: the app's list, which does not have it, is not asked again."""
    rules = routed("default", "open")
    carriers = {**RULES.carriers, "default": CarrierRules(("99999",), "99999", Profile())}
    desk.intake.apply(rules._replace(carriers=carriers))

    message = await desk.taken()

    assert (message.carriers, message.sender) == (("default", "open"), "99999")


async def test_carrier_that_is_down_stands_behind_one_that_is_up(desk: Desk) -> None:
    desk.down = {"movistar"}

    message = await desk.taken(to=MOVISTAR, sender="BANCO")

    assert message.carriers == ("telcel", "movistar")


async def test_mvno_goes_by_its_host(desk: Desk) -> None:
    message = await desk.taken(to=WEEX, sender="BANCO")

    assert (message.network, message.carriers) == ("weex", ("movistar", "telcel"))


async def test_text_that_the_first_carrier_cannot_write_goes_by_the_next(desk: Desk) -> None:
    desk.intake.apply(routed("att", "open"))

    assert (await desk.taken(app="shop", content=Content("canción"))).carriers == ("open",)
    assert (await desk.taken(app="shop", content=Content("cancion"))).carriers == ("att", "open")


async def test_content_is_settled_for_the_first_carrier(desk: Desk) -> None:
    message = await desk.taken(content=Content("canción " * 20), transliterate=True)
    assert (message.content.text, message.content.settled, message.content.parts) == ("cancion " * 20, "gsm7", 1)

    message = await desk.taken(content=Content("canción " * 20))
    assert (message.content.settled, message.content.parts) == ("ucs2", 3)


async def test_routes_ask_for_the_moment_a_message_is_due(desk: Desk) -> None:
    now = desk.clock.utc()
    later = datetime.fromtimestamp(now + 7_200, UTC)
    within = window(later.time().replace(second=0, microsecond=0), time(), [], UTC)
    rules = [MtRule(time=within._replace(end=(later + timedelta(hours=1)).time()), via=("open",))]
    desk.intake.apply(RULES._replace(routes=MtRoutes([*rules, MtRule(via=("telcel",))])))

    assert (await desk.taken()).carrier == "telcel"
    assert (await desk.taken(send_at=now + 7_260)).carrier == "open"


async def test_routes_take_a_message_without_a_sender_as_from_its_apps_first(desk: Desk) -> None:
    rules = [MtRule(sender=("45555",), via=("telcel",)), MtRule(via=("open",))]
    desk.intake.apply(RULES._replace(routes=MtRoutes(rules)))

    assert (await desk.taken(sender="")).carrier == "telcel"
    assert (await desk.taken(sender="BANCO")).carrier == "open"
    assert (await desk.taken(app="shop", sender="")).carrier == "open"


@pytest.mark.parametrize("written", ["5510000000", "+525510000000", "5215510000000", "0445510000000", "00525510000000"])
async def test_every_written_form_is_one_number(desk: Desk, written: str) -> None:
    assert (await desk.taken(to=written)).to == TELCEL


def test_decision_touches_nothing(desk_now: Callable[[], Desk]) -> None:
    desk = desk_now()
    submission = a_submission()
    number = desk.intake.number(submission)

    first = desk.intake.decide(submission, number, Answer("telcel", "stub"))
    again = desk.intake.decide(submission, number, Answer("telcel", "stub"))

    assert first == again
    assert desk.commits.backlog == 0


@pytest.fixture
def desk_now() -> Callable[[], Desk]:
    return Desk


@pytest.mark.parametrize(
    ("answer", "fields", "carriers"),
    [
        (Answer("movistar", "stub"), {"sender": "BANCO"}, ("movistar", "telcel")),
        (Answer("movistar", "stub"), {"sender": "45555"}, ("telcel",)),
        (Answer("weex", "stub", hosts=("movistar",)), {"sender": "BANCO"}, ("movistar", "telcel")),
        (Answer("att", "stub"), {}, ()),
        (Answer(None, "unknown"), {}, ()),
    ],
)
async def test_message_is_routed_again_as_it_was_submitted(
    desk: Desk, answer: Answer, fields: dict[str, Any], carriers: tuple[str, ...]
) -> None:
    message = await desk.taken(**fields)
    assert desk.intake.choose_again(message, answer) == carriers


async def test_message_is_routed_again_by_its_tags_and_the_moment(desk: Desk) -> None:
    message = await desk.taken(tags=("otp",))
    rules = [MtRule(tag=("promo",), deny="denied"), MtRule(tag=("otp",), via=("open",))]
    desk.intake.apply(RULES._replace(routes=MtRoutes(rules)))

    assert desk.intake.choose_again(message, Answer("telcel", "stub")) == ("open",)
    message.tags = ("promo",)
    assert desk.intake.choose_again(message, Answer("telcel", "stub")) == ()
