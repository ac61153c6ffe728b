"""The description of the calls as one page of HTML: no script, nothing loaded from anywhere."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

Json = Mapping[str, Any]

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-top: 1px solid #8886; padding-top: 1rem; font-size: 1.15rem; }
code { font: 0.9em ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid #8884; padding: 0.25rem 0.75rem 0.25rem 0; vertical-align: top; }
td:first-child { white-space: nowrap; }
nav ul { columns: 24rem; list-style: none; padding: 0; }
nav small { opacity: 0.75; }
"""


def docs_page(document: Json) -> str:
    """The whole page of an OpenAPI document."""
    info = document["info"]
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(info['title'])}</title>",
        '<meta name=viewport content="width=device-width, initial-scale=1">',
        f"<style>{_STYLE}</style><h1>{escape(info['title'])} {escape(info['version'])}</h1>",
        f"<p>{_words(info['description'])}</p>",
        _logins(document["components"]["securitySchemes"]),
        _contents(document["paths"]),
        *_calls(document["paths"]),
        *_schemas(document["components"]["schemas"]),
        "</html>",
    ]
    return "\n".join(parts)


def _logins(schemes: Json) -> str:
    ways = (
        f"<code>{escape(way['scheme'].capitalize())}</code>: {_words(way['description'])}" for way in schemes.values()
    )
    return f"<p>Log in with the header <code>Authorization</code>: {' Or '.join(ways)}</p>"


def _contents(paths: Json) -> str:
    """A line for each call, that leads to it."""
    lines = (
        f"<li><a href='#{escape(call['operationId'])}'><code>{method.upper()} {escape(path)}</code></a> "
        f"<small>{escape(call['summary'])}</small>"
        for path, methods in paths.items()
        for method, call in methods.items()
    )
    return f"<nav><ul>{''.join(lines)}</ul></nav>"


def _body(content: Json) -> str:
    """What a body may be, and the fields of a form, which stand nowhere else."""
    kinds = ", ".join(f"<code>{escape(kind)}</code> {_kind(shape['schema'])}" for kind, shape in content.items())
    return f"<p>Body: {kinds}</p>" + "".join(_fields(shape["schema"]) for shape in content.values())


def _calls(paths: Json) -> Iterator[str]:
    for path, methods in paths.items():
        for method, call in methods.items():
            yield f"<h2 id={escape(call['operationId'])}><code>{method.upper()} {escape(path)}</code></h2>"
            yield f"<p><b>{escape(call['summary'])}.</b> {_words(call['description'])}</p>"
            body = call.get("requestBody")
            if body:
                yield _body(body["content"])
            parameters = call.get("parameters", [])
            yield _table((f"{each['name']} ({each['in']})", _words(each["description"])) for each in parameters)
            yield _table((status, _answer(answer)) for status, answer in call["responses"].items())


def _answer(answer: Json) -> str:
    content = answer.get("content", {})
    shapes = ", ".join(f"<code>{escape(kind)}</code> {_kind(shape['schema'])}" for kind, shape in content.items())
    return f"{_words(answer['description'])} {shapes}"


def _schemas(schemas: Json) -> Iterator[str]:
    for name, schema in schemas.items():
        yield f"<h2 id={escape(name)}>{escape(name)}</h2><p>{_words(schema.get('description', ''))}</p>"
        yield _fields(schema)


def _fields(schema: Json) -> str:
    required = schema.get("required", ())
    return _table(
        (field + (" *" if field in required else ""), f"{_kind(each)} {_words(each.get('description', ''))}")
        for field, each in schema.get("properties", {}).items()
    )


def _kind(schema: Json) -> str:
    """A schema's type in a word, with a link where it stands elsewhere."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f"<a href='#{name}'>{name}</a>"
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(value))}</code>" for value in schema["enum"])
    for some in ("oneOf", "anyOf"):
        if some in schema:
            return " or ".join(_kind(each) for each in schema[some])
    kind = schema.get("type", "")
    if kind == "array":
        return f"list of {_kind(schema['items'])}"
    return escape(" or ".join(kind) if isinstance(kind, list) else kind)


def _table(rows: Iterator[tuple[str, str]]) -> str:
    body = "".join(f"<tr><td><code>{escape(name)}</code><td>{words}" for name, words in rows)
    return f"<table>{body}</table>" if body else ""


def _words(text: str) -> str:
    """A sentence with `code` in it."""
    parts = escape(text, quote=False).split("`")
    return "".join(f"<code>{part}</code>" if odd % 2 else part for odd, part in enumerate(parts))
