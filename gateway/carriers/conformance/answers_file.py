"""The tester's answers as a file, for a check that nobody attends: read off the handset of an earlier run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from gateway.config.document import BrokenYamlError, compose
from gateway.config.problems import ConfigError, Problem
from gateway.config.reading import Reading
from gateway.config.structure import OneOrMore, kind_of


@dataclass(frozen=True, slots=True)
class Answers:
    """By question: which messages came right, by their letters; what is left out nobody knows."""

    alphabet: Annotated[tuple[Literal["A", "B", "C", "P", "none"], ...], OneOrMore()] = ()
    ucs2: Literal["yes", "no"] | None = None
    long: Annotated[tuple[Literal["E", "F", "G", "H", "none"], ...], OneOrMore()] = ()

    def answer(self, key: str) -> str:
        """The answer to the question with this key, in its own words; "" where there is none."""
        value = getattr(self, key)
        return " ".join(value) if isinstance(value, tuple) else value or ""


def load_answers(path: Path, env: Mapping[str, str]) -> Answers:
    """The answers of a YAML file. Raises ConfigError with all that is wrong."""
    try:
        root = compose(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(str(path), 1, "", f"cannot be read: {error}")]) from error
    except BrokenYamlError as error:
        raise ConfigError([Problem(str(path), error.line, "", f"is not valid YAML: {error.reason}")]) from error
    if root is None:
        return Answers()
    reading = Reading(str(path), path.absolute().parent, env)
    answers: Answers = kind_of(Answers).read(root, (), reading)
    if reading.problems:
        raise ConfigError(sorted(reading.problems, key=lambda problem: problem.line))
    return answers
