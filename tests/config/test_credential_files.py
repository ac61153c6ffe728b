"""Variables from the files of $CREDENTIALS_DIRECTORY."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.config.credential_files import LONGEST, WithCredentials
from gateway.config.environment import lacks, substitute
from gateway.config.units import BadValueError
from tests.config.documents import SMALL, changed, read


@pytest.fixture
def env(tmp_path: Path) -> Mapping[str, str]:
    (tmp_path / "PASSWORD").write_text("s3cret\n")
    (tmp_path / "BOTH").write_text("of the file")
    return WithCredentials({"BOTH": "of the environment", "CREDENTIALS_DIRECTORY": str(tmp_path)})


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("${PASSWORD}", "s3cret"),
        ("${PASSWORD:-default}", "s3cret"),
        ("${BOTH}", "of the environment"),
        ("${NEITHER:-default}", "default"),
    ],
)
def test_what_the_environment_lacks_comes_from_a_file(env: Mapping[str, str], text: str, filled: str) -> None:
    assert substitute(text, env) == filled
    assert not lacks(text, env)


def test_name_that_neither_has_is_missing(env: Mapping[str, str]) -> None:
    assert lacks("${NEITHER}", env)
    with pytest.raises(BadValueError, match="NEITHER, which is not set"):
        substitute("${NEITHER}", env)


def test_without_a_directory_there_is_only_the_environment(tmp_path: Path) -> None:
    assert dict(WithCredentials({"A": "1"})) == {"A": "1"}
    assert "B" not in WithCredentials({"A": "1", "CREDENTIALS_DIRECTORY": ""})
    with pytest.raises(KeyError):
        WithCredentials({"CREDENTIALS_DIRECTORY": str(tmp_path / "none")})["B"]


@pytest.mark.parametrize(
    ("octets", "words"), [(b"\xff", "not UTF-8"), (b"x" * (LONGEST + 1), "too large"), (None, "Is a directory")]
)
def test_file_that_is_no_secret_is_named_and_not_shown(tmp_path: Path, octets: bytes | None, words: str) -> None:
    if octets is None:
        (tmp_path / "ODD").mkdir()
    else:
        (tmp_path / "ODD").write_bytes(octets)

    with pytest.raises(BadValueError, match=f"credential ODD.*{words}"):
        substitute("${ODD}", WithCredentials({"CREDENTIALS_DIRECTORY": str(tmp_path)}))


def test_configuration_reads_a_password_from_a_credential(tmp_path: Path) -> None:
    (tmp_path / "TELCEL_PASSWORD").write_text("hunter2\n")
    document = changed(SMALL, ("carriers.telcel.binds[0].password", "${TELCEL_PASSWORD}"))

    loaded = read(document, env={"CREDENTIALS_DIRECTORY": str(tmp_path)})

    assert loaded.config.carriers["telcel"].binds[0].password.reveal() == "hunter2"
