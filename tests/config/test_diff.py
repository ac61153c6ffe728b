"""What a reload changes."""

from gateway.config import Change, Secret, diff
from gateway.config.diff import ABSENT, told
from tests.config.documents import SMALL, changed, config

OLD = config(SMALL)


def changes(*what: tuple[str, object]) -> list[Change]:
    """The difference that changes of SMALL make."""
    return diff(OLD, config(changed(SMALL, *what)))


def test_equal_configurations_have_no_difference() -> None:
    assert diff(OLD, config(SMALL)) == []


def test_each_changed_key_is_a_change_with_its_path() -> None:
    assert changes(("lanes.fast.ttl", "1m"), ("carriers.telcel.binds[0].window", 20)) == [
        Change("carriers.telcel.binds[0].window", 10, 20),
        Change("lanes.fast.ttl", 300.0, 60.0),
    ]


def test_section_that_came_or_went_is_one_change() -> None:
    bind = SMALL["carriers"]["telcel"]["binds"][0] | {"name": "telcel-2"}
    [change] = changes(("carriers.telcel.binds", [SMALL["carriers"]["telcel"]["binds"][0], bind]))
    assert (change.path, change.old, change.new.name) == ("carriers.telcel.binds[1]", ABSENT, "telcel-2")
    [change] = changes(("networks", {"telcel": SMALL["networks"]["telcel"]}))
    assert (change.path, change.new) == ("networks.weex", ABSENT)
    assert str(change).endswith("-> (absent)")


def test_list_of_plain_values_is_one_change() -> None:
    assert changes(("networks.telcel.codes", ["188", "189"])) == [
        Change("networks.telcel.codes", ("188",), ("188", "189"))
    ]


def test_weights_for_a_list_are_one_change() -> None:
    assert changes(("routes[0].via", {"telcel": 1})) == [Change("routes[0].via", ("telcel",), {"telcel": 1.0})]


def test_source_of_another_type_is_one_change() -> None:
    old = config(changed(SMALL, ("portability.sources", [{"type": "prefix"}])))
    new = config(changed(SMALL, ("portability.sources", [{"type": "table"}])))
    assert [change.path for change in diff(old, new)] == ["portability.sources[0]"]


def test_secret_shows_that_it_changed_and_not_what_it_is() -> None:
    [change] = changes(("apps.bank.password", "hunter2"))
    assert change == Change("apps.bank.password", Secret("pw"), Secret("hunter2"))
    assert str(change) == "apps.bank.password: Secret(***) -> Secret(***)"


def test_change_is_told_in_a_line_without_secrets_and_without_whole_sections() -> None:
    bind = SMALL["carriers"]["telcel"]["binds"][0] | {"name": "telcel-2"}
    both = [SMALL["carriers"]["telcel"]["binds"][0], bind]
    assert [told(change) for change in changes(("carriers.telcel.binds", both))] == ["carriers.telcel.binds[1]: added"]
    assert [told(change) for change in changes(("networks", {"telcel": SMALL["networks"]["telcel"]}))] == [
        "networks.weex: removed"
    ]
    assert [told(change) for change in changes(("lanes.fast.ttl", "1m"))] == ["lanes.fast.ttl: 300.0 -> 60.0"]
    assert [told(change) for change in changes(("lanes.bulk.share", {"bank": 2}))] == [
        "lanes.bulk.share.bank: added: 2.0"
    ]
    assert [told(change) for change in changes(("apps.bank.password", "hunter2"))] == ["apps.bank.password: *** -> ***"]


def test_order_of_a_table_is_no_change() -> None:
    networks = dict(reversed(SMALL["networks"].items()))
    assert changes(("networks", networks)) == []


def test_number_as_key_is_shown_as_it_is_written_in_smpp() -> None:
    [change] = changes(("carriers.telcel.errors", {0x14: "next"}))
    assert change.path == "carriers.telcel.errors.0x14"
