"""The schema's keys as patterns, and which of them a YAML text uses: `carriers.*.binds[*].tps`.

`*` stands for a name or a position, `[http]` for an item of that type. A list that may also be a single value is one
key, not two.
"""

from collections.abc import Iterator
from dataclasses import Field
from typing import Any, NamedTuple

from yaml.nodes import MappingNode, Node, SequenceNode

from gateway.config.document import compose, is_null, line_of
from gateway.config.kinds import Kind
from gateway.config.schema import Config
from gateway.config.structure import ListOf, Maybe, Section, TableOf, Tagged, kind_of


class Use(NamedTuple):
    """A key in a text: `field` is its declaration (None for an item or a name), `node` what is written, on `line`."""

    field: Field[Any] | None
    kind: Kind[Any]
    node: Node
    line: int


def schema_keys() -> dict[str, Field[Any] | None]:
    """Every key of the schema, with its declaration where it is a section's key."""
    return {path.removeprefix("."): field for path, field in _keys(kind_of(Config), "", None) if path}


def uses(text: str) -> Iterator[tuple[str, Use]]:
    """Every key in a YAML text, in order. Raises KeyError for one that the schema does not have."""
    root = compose(text)
    assert root is not None
    for path, use in _uses(Use(None, kind_of(Config), root, 1), ""):
        if path:
            yield path.removeprefix("."), use


def _keys(kind: Kind[Any], path: str, field: Field[Any] | None) -> Iterator[tuple[str, Field[Any] | None]]:
    if isinstance(kind, Maybe):
        kind = kind.inner
    yield path, field
    match kind:
        case Section():
            for name, (inside, inner) in kind.keys.items():
                yield from _keys(inner, f"{path}.{name}", inside)
        case ListOf(item=Tagged() as tagged):
            yield f"{path}[*]", None
            yield f"{path}[*].type", None
            for name, section in tagged.sections.items():
                for key, declared in _keys(section, f"{path}[{name}]", None):
                    if declared is not None and declared.name != "type":
                        yield key, declared
        case ListOf():
            yield from _items(_keys(kind.item, f"{path}[*]" if not kind.one else path, None), path)
        case TableOf():
            yield from _keys(kind.value, f"{path}.*", None)


def _items(found: Iterator[tuple[str, Field[Any] | None]], path: str) -> Iterator[tuple[str, Field[Any] | None]]:
    return ((key, field) for key, field in found if key != path)


def _uses(use: Use, path: str) -> Iterator[tuple[str, Use]]:
    kind = use.kind.inner if isinstance(use.kind, Maybe) else use.kind
    yield path, use
    if is_null(use.node):
        return
    match kind:
        case Section() if isinstance(use.node, MappingNode):
            for key, value in use.node.value:
                field, inner = kind.keys[key.value]
                yield from _uses(Use(field, inner, value, line_of(key)), f"{path}.{key.value}")
        case ListOf(item=Tagged() as tagged) if isinstance(use.node, SequenceNode):
            for item in use.node.value:
                yield from _tagged(tagged, item, path)
        case ListOf() if isinstance(use.node, SequenceNode):
            for item in use.node.value:
                inside = _uses(Use(None, kind.item, item, line_of(item)), path if kind.one else f"{path}[*]")
                yield from ((key, one) for key, one in inside if key != path)
        case TableOf() if isinstance(use.node, MappingNode):
            for key, value in use.node.value:
                yield from _uses(Use(None, kind.value, value, line_of(key)), f"{path}.*")


def _tagged(tagged: Tagged, item: Node, path: str) -> Iterator[tuple[str, Use]]:
    yield f"{path}[*]", Use(None, tagged, item, line_of(item))
    name, node = next((value.value, value) for key, value in item.value if key.value == "type")
    yield f"{path}[*].type", Use(None, tagged.types, node, line_of(node))
    for key, use in _uses(Use(None, tagged.sections[name], item, line_of(item)), f"{path}[{name}]"):
        if use.field is not None and use.field.name != "type":
            yield key, use
