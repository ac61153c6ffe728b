"""The text of a receipt in all the forms it was met in."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smpp.receipt_text import ReceiptText, date_of, parse, render, state_of
from gateway.smpp.spec import MessageState as M

PLAIN = "id:1597639105 sub:001 dlvrd:001 submit date:2611221530 done date:2611221531 stat:DELIVRD err:000 text:Hola"
FIELDS = ReceiptText("1597639105", "001", "001", "2611221530", "2611221531", "DELIVRD", "000")


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.encode(),
        PLAIN.replace("text:", "Text:"),
        PLAIN.replace("text:", "TEXT:"),
        PLAIN.removesuffix(" text:Hola"),
        PLAIN.removesuffix("Hola"),
        PLAIN + " id:9 stat:EXPIRED err:9",
        PLAIN.removesuffix(" text:Hola") + "\0",
        PLAIN.replace("dlvrd:001", "dlvrd:001\0\0"),  # this and the next two: found by fuzzing
        PLAIN.replace("sub:001", 'sub:"001",'),
        PLAIN.replace("id:1597639105 sub:001", "id:1597639105,sub:001 sub:002"),
        "  " + PLAIN,
        PLAIN.replace(":", ": "),
        PLAIN.replace(":", "="),
        PLAIN.replace(" ", "  "),
        PLAIN.replace(" ", ", ").replace("submit, ", "submit ").replace("done, ", "done "),
        PLAIN.replace("submit date", "submit_date").replace("done date", "done_date"),
        PLAIN.replace("submit date", "submitdate").replace("done date", "DoneDate"),
        PLAIN.replace("id:1597639105", 'id:"1597639105"'),
        PLAIN.replace("id", "ID").replace("stat", "Stat").replace("err", "ERR"),
        PLAIN.replace(" ", "\n").replace("submit\n", "submit ").replace("done\n", "done "),
        "stat:DELIVRD err:000 id:1597639105 done date:2611221531 submit date:2611221530 dlvrd:001 sub:001 text:Hola",
        "text:Hola id:1597639105 sub:001 dlvrd:001 submit date:2611221530 done date:2611221531 stat:DELIVRD err:000",
    ],
)
def test_text_in_any_spelling_and_order_gives_the_same_fields(text: str | bytes) -> None:
    assert parse(text) == FIELDS


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", ReceiptText()),
        ("no receipt at all", ReceiptText()),
        ("id:7 stat:EXPIRED", ReceiptText(id="7", stat="EXPIRED")),
        ("id: stat:EXPIRED", ReceiptText(stat="EXPIRED")),
        ("id:7 sub:001 dlvrd:00", ReceiptText(id="7", sub="001", dlvrd="00")),
        (
            "id:7 stat:DELIVRD err:no such subscriber text:x",
            ReceiptText(id="7", stat="DELIVRD", err="no such subscriber"),
        ),
        ("id:7 stat:DELIVRD id:8", ReceiptText(id="7", stat="DELIVRD")),
        ("mid:7 stat:DELIVRD", ReceiptText(stat="DELIVRD")),
        ("id:7 err:unknown", ReceiptText(id="7", err="unknown")),
        ("id:7 text:DELIVRD", ReceiptText(id="7")),
        ("DELIVRD", ReceiptText(stat="DELIVRD")),
        ('{"id":"7","stat":"REJECTD"', ReceiptText(id="7", stat="REJECTD")),
        ("00,0210021543,0210021500,,5255,28282,ref", ReceiptText()),
    ],
)
def test_missing_and_odd_fields_leave_the_others_readable(text: str, fields: ReceiptText) -> None:
    assert parse(text) == fields


def test_case_17_bare_word_stands_in_for_a_missing_stat_key() -> None:
    bare = PLAIN.replace("stat:", "")
    assert parse(bare) == FIELDS
    assert parse("id:1597639105 submit date:2611221530 done date:2611221531 stat:DELIVRD err:000") == FIELDS._replace(
        sub="", dlvrd=""
    )


@pytest.mark.parametrize("err", ["null", "21b", "0000", "00", "2050", "-1", ""])
def test_case_18_err_is_opaque(err: str) -> None:
    assert parse(PLAIN.replace("err:000", f"err:{err}")) == FIELDS._replace(err=err)


@pytest.mark.parametrize(
    "message_id",
    [
        "39f99dd5",
        "39F99DD5",
        "0972660181",
        "05f3a09c-1c2b-4d5e-8f90-123456789abc",
        "18446744073709551617",
        "0",
        "7_1",
        "abc.def@host",
    ],
)
def test_id_is_kept_as_it_is_spelled(message_id: str) -> None:
    assert parse(PLAIN.replace("1597639105", message_id)) == FIELDS._replace(id=message_id)


@pytest.mark.parametrize(
    ("stat", "state"),
    [
        ("DELIVRD", M.DELIVERED),
        ("DELIVERED", M.DELIVERED),
        ("delivrd", M.DELIVERED),
        ("EXPIRED", M.EXPIRED),
        ("DELETED", M.DELETED),
        ("UNDELIV", M.UNDELIVERABLE),
        ("UNDELIVERABLE", M.UNDELIVERABLE),
        ("FAILED", M.UNDELIVERABLE),
        ("NOTDELI", M.UNDELIVERABLE),
        ("REJECTD", M.REJECTED),
        ("REJECTED", M.REJECTED),
        ("REJCTD", M.REJECTED),
        ("SKIPPED", M.SKIPPED),
        ("UNKNOWN", M.UNKNOWN),
        ("ACCEPTD", M.ACCEPTED),
        ("ACKED", M.ACCEPTED),
        ("ENROUTE", M.ENROUTE),
        ("BUFFERD", M.ENROUTE),
        ("BUFFRED", M.ENROUTE),
        ("SUBMITD", M.ENROUTE),
        ("SCHEDLD", M.SCHEDULED),
        ("EN_ROUTE", M.ENROUTE),
        ("2", M.DELIVERED),
        ("005", M.UNDELIVERABLE),
        ("42", None),
        ("²", None),
        ("", None),
        ("NOCREDIT", None),
        ("DEL", None),
    ],
)
def test_stat_names_a_state_by_its_first_letters(stat: str, state: M | None) -> None:
    assert state_of(stat) is state


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2611221531", datetime(2026, 11, 22, 15, 31)),
        ("261122153112", datetime(2026, 11, 22, 15, 31, 12)),
        ("20261122153112", datetime(2026, 11, 22, 15, 31, 12)),
        ("0000000000", None),
        ("26112215311", None),
        ("2613221531", None),
        ("", None),
        ("yesterday1", None),
        ("²611221531", None),
    ],
)
def test_date_is_read_by_its_length(text: str, moment: datetime | None) -> None:
    assert date_of(text) == moment


def test_case_19_date_of_twelve_digits_may_begin_with_the_century() -> None:
    assert date_of("202611221531") == datetime(2026, 11, 22, 15, 31)


@pytest.mark.parametrize("piece", ["id", "id:", "stat", "submit ", "submit date", "text", " ", "err=", "\0", "'"])
def test_hostile_text_is_read_in_bounded_time(piece: str) -> None:
    parse(piece * 100_000)
    parse(f"id:1 {piece * 100_000} stat:DELIVRD")


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200)))
def test_any_text_is_read_without_an_error(text: str | bytes) -> None:
    fields = parse(text)
    state_of(fields.stat)
    date_of(fields.done_date)


@given(st.permutations(["id:5F3A", "sub:001", "dlvrd:000", "submit date:2611221530", "stat:UNDELIV", "err:04b"]))
def test_fields_are_read_in_any_order(fields: list[str]) -> None:
    assert parse(" ".join(fields)) == ReceiptText("5F3A", "001", "000", "2611221530", "", "UNDELIV", "04b")


SUBMITTED, DONE = datetime(2026, 11, 22, 15, 30, 59, tzinfo=UTC), datetime(2026, 11, 22, 15, 31, tzinfo=UTC)


def test_render_writes_appendix_b() -> None:
    text = render(
        "1597639105", M.DELIVERED, SUBMITTED.timestamp(), DONE.timestamp(), text=b"Hola \x00 mundo, esto sigue"
    )
    assert text == PLAIN.removesuffix("Hola").encode() + b"Hola \x00 mundo, esto s"


@pytest.mark.parametrize("state", list(M))
def test_rendered_text_is_read_as_the_same_state(state: M) -> None:
    fields = parse(render("1234567890", state, SUBMITTED.timestamp(), DONE.timestamp(), error="7"))
    assert (fields.id, fields.err, len(fields.stat)) == ("1234567890", "007", 7)
    assert fields.dlvrd == ("001" if state is M.DELIVERED else "000")
    expected = M.SCHEDULED if state is M.SCHEDULED else state
    assert state_of(fields.stat) is expected
    assert date_of(fields.submit_date) == SUBMITTED.replace(second=0, tzinfo=None)


def test_render_does_not_end_in_half_an_escape() -> None:
    assert render("1", M.DELIVERED, SUBMITTED.timestamp(), DONE.timestamp(), text=b"x" * 19 + b"\x1be").endswith(
        b"text:" + b"x" * 19
    )
