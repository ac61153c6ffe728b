"""A YAML text as nodes that know their lines, and what YAML's parser would let pass: duplicate keys.

Nodes rather than plain values: each keeps its line for the problems, and a scalar keeps its text as written, so that
a code such as 007, a password such as 1234 and a time such as 21:00 are not turned into numbers on the way.
"""

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_STANDARD = "tag:yaml.org,2002:"
_MERGE = _STANDARD + "merge"


class BrokenYamlError(Exception):
    """The text is not one YAML document: `line` from 1, `reason` in the parser's words."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"line {line}: {reason}")


def compose(text: str) -> Node | None:
    """The root node of the only document of `text`; None when it is empty. Raises BrokenYamlError."""
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        reason = " ".join(part for part in (error.context, error.problem) if part)
        raise BrokenYamlError(line, _with_hint(reason, text, line)) from error
    except yaml.YAMLError as error:
        raise BrokenYamlError(_line_of_octet(text, error), " ".join(str(error).split())) from error
    except RecursionError as error:
        raise BrokenYamlError(1, "is nested too deeply") from error


def line_of(node: Node) -> int:
    """The node's first line, from 1."""
    return int(node.start_mark.line) + 1


def is_null(node: Node) -> bool:
    """Whether the node says nothing: empty, `null` or `~`."""
    return isinstance(node, ScalarNode) and node.tag == _STANDARD + "null"


def is_standard(node: Node) -> bool:
    """Whether the node's tag is one of YAML's own; others (`!python/…`, `!include`) mean nothing here."""
    return str(node.tag).startswith(_STANDARD)


def kind_of_node(node: Node) -> str:
    """What a node is, in the words of the problems."""
    if isinstance(node, MappingNode):
        return "a mapping of keys"
    if isinstance(node, SequenceNode):
        return "a list"
    return "empty" if is_null(node) else "a single value"


def own_pairs(node: MappingNode) -> list[tuple[Node, Node]]:
    """The keys and values written in the mapping itself, in order: among these a duplicate is a mistake."""
    return [(key, value) for key, value in node.value if key.tag != _MERGE]


def merged_pairs(node: MappingNode, inside: frozenset[int] = frozenset()) -> list[tuple[Node, Node]]:
    """What `<<` (the merge key of YAML 1.1) brings into the mapping; a later pair of the same key wins.

    In a list of mappings the first one wins, so they come in reverse. A mapping merged into itself adds nothing.
    """
    if id(node) in inside:
        return []
    found: list[tuple[Node, Node]] = []
    for key, value in node.value:
        if key.tag == _MERGE:
            for source in reversed(value.value) if isinstance(value, SequenceNode) else (value,):
                if isinstance(source, MappingNode):
                    found += [*merged_pairs(source, inside | {id(node)}), *own_pairs(source)]
    return found


def _with_hint(reason: str, text: str, line: int) -> str:
    lines = text.splitlines()
    written = lines[line - 1] if line <= len(lines) else ""
    if "${" in written:
        return f"{reason} (a value with ${{NAME}} must stand in double quotes)"
    if "\t" in written:
        return f"{reason} (indentation is done with spaces)"
    return reason


def _line_of_octet(text: str, error: yaml.YAMLError) -> int:
    position = getattr(error, "position", None)
    return text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
