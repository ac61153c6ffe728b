"""Kinds of values with an inside: sections, lists, tables, choices of sections; and the kind of each type.

The schema (schema.py and the files it gathers) is plain dataclasses; `kind_of` reads their annotations once, so that
a key, its type, its bounds and its default stand in one line there and nowhere else.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gateway.config.document import is_null, kind_of_node, line_of, merged_pairs, own_pairs
from gateway.config.environment import refers
from gateway.config.kinds import Choice, Flag, Kind, ScalarKind
from gateway.config.problems import KeyPath
from gateway.config.reading import Reading


class OneOrMore:
    """Marks a list that may also be written as its only item: `lane: bulk` for `lane: [bulk]`."""


class Section(Kind[Any]):
    """A mapping of known keys: a dataclass. `from` and `class` are `from_` and `class_` there."""

    def __init__(self, of: type) -> None:
        self.of = of
        hints = get_type_hints(of, include_extras=True)
        self.keys: dict[str, tuple[Field[Any], Kind[Any]]] = {
            field.name.removesuffix("_"): (field, kind_of(hints[field.name])) for field in fields(of)
        }
        self.expected = f"a mapping with keys such as {', '.join(list(self.keys)[:3])}"

    def read(self, node: Node, path: KeyPath, reading: Reading) -> Any:
        if not isinstance(node, MappingNode):
            reading.wrong(path, f"is {kind_of_node(node)}, expected {self.expected}", node)
            return self.stand_in()
        given = self._given(node, path, reading)
        values = {field.name: self._value(key, given.get(key), path, reading) for key, (field, _) in self.keys.items()}
        return self.of(**values)

    def stand_in(self) -> Any:
        values = {}
        for field, kind in self.keys.values():
            found, value = default_of(field)
            values[field.name] = value if found else kind.stand_in()
        return self.of(**values)

    def _given(self, node: MappingNode, path: KeyPath, reading: Reading) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for key, value in _distinct(node, path, reading):
            name = str(key.value)
            if name not in self.keys:
                reading.wrong((*path, name), self._unknown(name), key)
                continue
            reading.mark((*path, name), key)
            found[name] = value
        return found

    def _value(self, key: str, node: Node | None, path: KeyPath, reading: Reading) -> Any:
        field, kind = self.keys[key]
        has_default, default = default_of(field)
        if node is None:
            if has_default:
                return default
            reading.wrong((*path, key), f"is missing, expected {kind.expected}")
            return kind.stand_in()
        # A section or list with everything in it commented out is as if it were not there.
        if has_default and is_null(node) and (default is None or not _is_single(kind)):
            return default
        return kind.read(node, (*path, key), reading)

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name, self.keys, n=1)
        if near:
            return f"is not a known key, did you mean {near[0]}?"
        return f"is not a known key, expected one of {', '.join(self.keys)}"


class Tagged(Kind[Any]):
    """One of several sections, told apart by their key `type`."""

    def __init__(self, sections: tuple[type, ...]) -> None:
        self.sections = {get_args(get_type_hints(section)["type"])[0]: Section(section) for section in sections}
        self.types = Choice(tuple(self.sections))
        self.expected = f"a mapping with the key type: {self.types.expected}"

    def read(self, node: Node, path: KeyPath, reading: Reading) -> Any:
        if not isinstance(node, MappingNode):
            reading.wrong(path, f"is {kind_of_node(node)}, expected {self.expected}", node)
            return self.stand_in()
        types = [value for key, value in (*merged_pairs(node), *own_pairs(node)) if key.value == "type"]
        if not types:
            reading.wrong((*path, "type"), f"is missing, expected {self.types.expected}", node)
            return self.stand_in()
        word = self.types.read(types[-1], (*path, "type"), reading)
        if reading.is_wrong((*path, "type")):
            return self.stand_in()
        return self.sections[word].read(node, path, reading)

    def stand_in(self) -> Any:
        return next(iter(self.sections.values())).stand_in()


class ListOf(Kind[tuple[Any, ...]]):
    """A list of values of one kind; with `one`, a single value may stand for a list of it."""

    def __init__(self, item: Kind[Any], one: bool = False) -> None:
        self.item = item
        self.one = one
        self.expected = f"a list of: {item.expected}"

    def read(self, node: Node, path: KeyPath, reading: Reading) -> tuple[Any, ...]:
        if not isinstance(node, SequenceNode):
            if self.one and not is_null(node):
                return (self.item.read(node, path, reading),)
            reading.wrong(path, f"is {kind_of_node(node)}, expected {self.expected}", node)
            return ()
        return tuple(self._items(node, path, reading))

    def stand_in(self) -> tuple[Any, ...]:
        return ()

    def _items(self, node: SequenceNode, path: KeyPath, reading: Reading) -> list[Any]:
        items = []
        for index, item in enumerate(node.value):
            reading.mark((*path, index), item)
            items.append(self.item.read(item, (*path, index), reading))
        return items


class TableOf(Kind[Mapping[Any, Any]]):
    """A mapping whose keys the user chooses; its order is kept."""

    def __init__(self, key: Kind[Any], value: Kind[Any]) -> None:
        self.key, self.value = key, value
        self.expected = f"a mapping from {key.expected} to {value.expected}"

    def read(self, node: Node, path: KeyPath, reading: Reading) -> Mapping[Any, Any]:
        if not isinstance(node, MappingNode):
            reading.wrong(path, f"is {kind_of_node(node)}, expected {self.expected}", node)
            return {}
        table: dict[Any, Any] = {}
        for key, value in _distinct(node, path, reading):
            place = (*path, str(key.value))
            reading.mark(place, key)
            name = self.key.read(key, place, reading)
            if name in table and not reading.is_wrong(place):  # two spellings of one key: 0x14 and 20
                reading.wrong(place, "names the same as an earlier key, expected each once", key)
            table[name] = self.value.read(value, place, reading)
        return table

    def stand_in(self) -> Mapping[Any, Any]:
        return {}


class Maybe(Kind[Any]):
    """A value that may be absent: null, or a reference to the environment that comes out empty."""

    def __init__(self, inner: Kind[Any]) -> None:
        self.inner = inner
        self.expected = inner.expected

    def read(self, node: Node, path: KeyPath, reading: Reading) -> Any:
        if is_null(node):
            return None
        if isinstance(self.inner, ScalarKind) and self.inner.secret and reading.withheld(node, path):
            return self.inner.stand_in()
        if isinstance(node, ScalarNode) and refers(node.value):
            written = reading.written(node, path)
            if written is None or not written.text:
                return None
        return self.inner.read(node, path, reading)

    def stand_in(self) -> None:
        return None


class ListOrTable(Kind[Any]):
    """Either a list or a table: `via: [a, b]`, `via: {a: 70, b: 30}`; or a section, known by its keys:
    `via: {least_cost: [a, b]}`. One value stands for a list of it."""

    def __init__(self, as_list: ListOf, as_table: TableOf, as_section: Section | None = None) -> None:
        self._list, self._table, self._section = as_list, as_table, as_section
        self.expected = f"{as_list.expected}; or {as_table.expected}"

    def read(self, node: Node, path: KeyPath, reading: Reading) -> Any:
        if is_null(node):
            reading.wrong(path, f"is empty, expected {self.expected}", node)
            return ()
        return self._kind(node).read(node, path, reading)

    def _kind(self, node: Node) -> Kind[Any]:
        if not isinstance(node, MappingNode):
            return self._list
        keys = self._section.keys if self._section else ()
        if self._section and any(key.value in keys for key, _ in (*merged_pairs(node), *own_pairs(node))):
            return self._section
        return self._table

    def stand_in(self) -> tuple[Any, ...]:
        return ()


@cache
def kind_of(annotation: Any) -> Kind[Any]:
    """The kind that reads a value of an annotation of the schema. Raises TypeError for one that has none."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in _BY_ORIGIN:
        return _BY_ORIGIN[origin](arguments)
    if annotation is bool:
        return Flag()
    if is_dataclass(annotation) and isinstance(annotation, type):
        return Section(annotation)
    raise TypeError(f"no kind for {annotation!r}")


def _annotated(arguments: tuple[Any, ...]) -> Kind[Any]:
    plain, *marks = arguments
    for mark in marks:
        if isinstance(mark, Kind):
            return mark
        if isinstance(mark, OneOrMore):
            return ListOf(kind_of(get_args(plain)[0]), one=True)
    return kind_of(plain)


def _union(members: tuple[Any, ...]) -> Kind[Any]:
    if NoneType in members:
        rest = tuple(member for member in members if member is not NoneType)
        return Maybe(kind_of(rest[0]) if len(rest) == 1 else _union(rest))
    if all(map(is_dataclass, members)):
        return Tagged(members)
    match [kind_of(member) for member in members]:
        case [ListOf() as as_list, TableOf() as as_table]:
            return ListOrTable(ListOf(as_list.item, one=True), as_table)
        case [ListOf() as as_list, TableOf() as as_table, Section() as as_section]:
            return ListOrTable(ListOf(as_list.item, one=True), as_table, as_section)
    raise TypeError(f"no kind for one of {members!r}")


_BY_ORIGIN: dict[Any, Callable[[tuple[Any, ...]], Kind[Any]]] = {
    Annotated: _annotated,
    Literal: Choice,
    tuple: lambda arguments: ListOf(kind_of(arguments[0])),
    Mapping: lambda arguments: TableOf(kind_of(arguments[0]), kind_of(arguments[1])),
    Union: _union,
    UnionType: _union,
}


def default_of(field: Field[Any]) -> tuple[bool, Any]:
    """Whether a key has a default, and which."""
    if field.default is not MISSING:
        return True, field.default
    if field.default_factory is not MISSING:
        return True, field.default_factory()
    return False, None


def _is_single(kind: Kind[Any]) -> bool:
    return not isinstance(kind, Section | ListOf | TableOf)


def _distinct(node: MappingNode, path: KeyPath, reading: Reading) -> list[tuple[Node, Node]]:
    """The pairs of a mapping, own ones over merged ones; keys that are no text, or come twice, are problems."""
    first: dict[str, Node] = {}
    own: dict[str, tuple[Node, Node]] = {}
    for key, value in own_pairs(node):
        if not isinstance(key, ScalarNode):
            reading.wrong(path, f"has {kind_of_node(key)} as a key, expected a name", key)
        elif key.value in first:
            reading.wrong(
                (*path, key.value), f"is given twice, the first time on line {line_of(first[key.value])}", key
            )
        else:
            first[key.value] = key
            own[key.value] = (key, value)
    merged = {key.value: (key, value) for key, value in merged_pairs(node) if isinstance(key, ScalarNode)}
    return list({**merged, **own}.values())
