from random import Random
from uuid import UUID

import pytest

from gateway.sim.message_ids import MessageIds
from gateway.sim.profile import IdForm

NOON = 1_795_000_000.5


def ids(form: IdForm, utc: float = NOON) -> MessageIds:
    return MessageIds(form, utc, Random(3).random)


def test_ids_name_the_same_number_in_the_forms_asked_for() -> None:
    hexadecimal, decimal = ids(IdForm.HEX).take(), ids(IdForm.DEC).take()
    assert hexadecimal[0] == hexadecimal[1]
    assert decimal[0] == decimal[1]
    assert len(hexadecimal[0]) == 8
    assert len(decimal[0]) == 10
    assert int(hexadecimal[0], 16) == int(decimal[0])
    assert [int(text, base) for text, base in zip(ids(IdForm.HEXRESP_DECDLR).take(), (16, 10), strict=True)] == [
        int(decimal[0])
    ] * 2
    assert [int(text, base) for text, base in zip(ids(IdForm.DECRESP_HEXDLR).take(), (10, 16), strict=True)] == [
        int(decimal[0])
    ] * 2


def test_ids_in_uuid_form_are_uuids() -> None:
    given = ids(IdForm.UUID)
    pairs = [given.take() for _ in range(1000)]
    assert len(set(pairs)) == 1000
    assert all(first == second and str(UUID(first)) == first and UUID(first).version == 4 for first, second in pairs)


@pytest.mark.parametrize("form", list(IdForm))
def test_ids_are_not_given_twice(form: IdForm) -> None:
    given = ids(form)
    assert len({given.take() for _ in range(5000)}) == 5000


def test_ids_after_a_restart_are_not_those_of_before() -> None:
    before = ids(IdForm.HEX)
    given = {before.take() for _ in range(4096 * 10)}
    after = ids(IdForm.HEX, NOON + 11)
    assert not given & {after.take() for _ in range(4096)}
