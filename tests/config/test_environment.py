"""${NAME} and ${NAME:-default}."""

import pytest

from gateway.config.environment import refers, substitute
from gateway.config.secret import Secret
from gateway.config.units import BadValueError
from tests.config.documents import FULL, SMALL, changed, config, problems, read

ENV = {"NAME": "value", "EMPTY": "", "NESTED": "${NAME}"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("plain", "plain"),
        ("${NAME}", "value"),
        ("a-${NAME}-b-${NAME}", "a-value-b-value"),
        ("${NAME:-default}", "value"),
        ("${MISSING:-default}", "default"),
        ("${MISSING:-}", ""),
        ("${MISSING:-a:-b}", "a:-b"),
        ("${EMPTY}", ""),
        ("${EMPTY:-default}", "default"),
        ("${NESTED}", "${NAME}"),
        ("$${NAME}", "${NAME}"),
        ("$NAME $ {NAME}", "$NAME $ {NAME}"),
    ],
)
def test_references_are_filled(text: str, filled: str) -> None:
    assert substitute(text, ENV) == filled


@pytest.mark.parametrize("text", ["${MISSING}", "x${MISSING}"])
def test_missing_variable_is_named(text: str) -> None:
    with pytest.raises(BadValueError, match="needs the environment variable MISSING, which is not set"):
        substitute(text, ENV)


@pytest.mark.parametrize("text", ["${", "${}", "${NAME", "${1}", "${a b}", "${NAME-default}", "${A:-${NAME}}"])
def test_malformed_reference_is_refused(text: str) -> None:
    with pytest.raises(BadValueError, match="has a malformed reference to the environment"):
        substitute(text, ENV)


def test_escaped_reference_refers_to_nothing() -> None:
    assert refers("${NAME}")
    assert not refers("$${NAME}")


def test_missing_variable_is_a_problem_at_its_line() -> None:
    text = "carriers: {}\napps:\n  bank:\n    password: '${PW}'\nroutes: []\n"
    [problem] = [problem for problem in problems(text) if problem.path == "apps.bank.password"]
    assert problem.line == 4
    assert problem.message.startswith("needs the environment variable PW, which is not set")


def test_quoted_reference_may_fill_a_number_and_a_switch() -> None:
    document = changed(SMALL, ("carriers.telcel.tps", "${TPS}"), ("carriers.telcel.ucs2", "${UCS2:-false}"))
    carrier = read(document, env={"TPS": "150"}).config.carriers["telcel"]
    assert (carrier.tps, carrier.ucs2) == (150.0, False)


def test_quoted_number_without_reference_is_refused() -> None:
    [problem] = problems(changed(SMALL, ("carriers.telcel.tps", "150")))
    assert problem.message == "'150' is text in quotes, expected segments per second, e.g. 100"


def test_reference_that_comes_out_empty_leaves_an_optional_value_out() -> None:
    assert config(changed(SMALL, ("admin.token", "${ADMIN_TOKEN:-}"))).admin.token is None


@pytest.mark.parametrize("path", ["http.listen", "carriers.telcel.tps", "store.url", "apps.bank.allow_from[0]"])
def test_value_from_the_environment_is_never_repeated(path: str) -> None:
    found = problems(changed(FULL, (path, "${VALUE}")), env={"VALUE": "hunter2"})
    told = [problem for problem in found if problem.path == path]
    assert "the environment's value for '${VALUE}'" in told[0].message
    assert all("hunter2" not in str(problem) for problem in found)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("admin.token", "hunter2"),
        ("apps.bank.password", "hunter2" * 10),
        ("apps.bank.api_keys[0]", "hunter2"),
        ("apps.bank.webhook.secret", "hunter2"),
        ("carriers.telcel.binds[0].password", "hunter2ñ"),
        ("apps.bank.webhook.url", "htp://user:hunter2@host/"),
        ("store.url", "mysql://user:hunter2@host/db"),
    ],
)
def test_secret_value_is_never_repeated(path: str, value: str) -> None:
    found = problems(changed(FULL, (path, value)))
    assert path in {problem.path for problem in found}
    assert all("hunter2" not in str(problem) for problem in found)


SECRETS = (
    ("carriers.telcel.binds[0].password", "${V0}"),
    ("apps.bank.system_id", "bank"),
    ("apps.bank.password", "${V1}"),
    ("apps.bank.api_keys", ["${V2}", "${V3}"]),
    ("apps.bank.webhook", {"url": "http://127.0.0.1:9000/hook", "secret": "${V4}"}),
    ("admin.token", "${V5}"),
)


def test_secrets_may_be_unset_for_who_needs_none() -> None:
    document = changed(SMALL, *SECRETS)
    assert len(problems(document)) == 6

    found = read(document, secrets=False).config

    bank = found.apps["bank"]
    assert found.carriers["telcel"].binds[0].password == Secret("")
    assert (bank.system_id, bank.password, bank.api_keys) == ("bank", Secret(""), ("", ""))


def test_secret_that_is_set_is_read_for_who_needs_none_too() -> None:
    document = changed(SMALL, *SECRETS)
    assert read(document, env={"V1": "pw"}, secrets=False).config.apps["bank"].password == Secret("pw")
    [problem] = problems(changed(SMALL, ("carriers.telcel.binds[0].password", "${P W}")), secrets=False)
    assert "malformed" in problem.message


def test_other_variables_must_be_set_whoever_reads() -> None:
    [problem] = problems(changed(SMALL, ("carriers.telcel.binds[0].host", "${HOST}")), secrets=False)
    assert problem.path == "carriers.telcel.binds[0].host"
