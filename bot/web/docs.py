"""The API's reference as one page, written from its own OpenAPI document.

Knows how to read OpenAPI and write HTML. It refuses to load anything from elsewhere: the usual viewers come
from a content network, which neither our policy nor a machine without internet allows.
"""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

_HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}: HTTP API</title><link rel="icon" href="/almanac/mark.svg">
<link rel="stylesheet" href="/almanac/tokens.css"><link rel="stylesheet" href="/almanac/docs.css">
</head><body><main>
<h1>{title}: HTTP API</h1><p class="lead">{lead}</p>"""


def api_page(openapi: dict[str, Any]) -> str:
    """Return the reference page of an OpenAPI document."""
    parts = [
        _HEAD.format(title=escape(openapi["info"]["title"]), lead=escape(openapi["info"]["description"]))
    ]
    schemas = openapi.get("components", {}).get("schemas", {})
    groups: dict[str, list[str]] = {}
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["other"])[0]
            groups.setdefault(tag, []).append(_operation(path, method, operation, schemas))
    for tag, operations in groups.items():
        parts.append(f"<h2>{escape(tag.capitalize())}</h2>{''.join(operations)}")
    parts.append("<h2>Shapes</h2>")
    parts.extend(
        f'<details id="{escape(name)}"><summary><code>{escape(name)}</code> '
        f"{escape(_first_line(schema.get('description', '')))}</summary>{_fields(schema, schemas)}</details>"
        for name, schema in sorted(schemas.items())
    )
    parts.append(
        '<p>As a document for programs: <a href="/openapi.json">openapi.json</a>.</p></main></body></html>'
    )
    return "".join(parts)


def _operation(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    """Write one method of one path: what it does, what it takes, what it answers."""
    text = operation.get("description") or operation.get("summary", "")
    out = [
        f'<section><h3><span class="verb">{escape(method.upper())}</span> <code>{escape(path)}</code></h3>',
        f"<p>{_prose(text)}</p>",
    ]
    query = operation.get("parameters", [])
    if query:
        rows = "".join(
            _row(one["name"], one["schema"], one.get("required", False), one.get("description", ""))
            for one in query
        )
        out.append(f"<h4>Query</h4><table>{rows}</table>")
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is not None:
        out.append(f"<h4>Body</h4>{_fields(body, schemas)}")
    answers = "".join(
        f"<tr><td><code>{escape(status)}</code></td><td>{_prose(answer['description'])}</td></tr>"
        for status, answer in operation.get("responses", {}).items()
    )
    out.append(f"<h4>Answers</h4><table>{answers}</table></section>")
    return "".join(out)


def _fields(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    """Write the fields of an object, one row each; follow one reference."""
    name = _reference(schema)
    if name is not None:
        schema = schemas.get(name, {})
    required = set(schema.get("required", ()))
    rows = "".join(
        _row(field, value, field in required, value.get("description", ""))
        for field, value in schema.get("properties", {}).items()
    )
    return f"<table>{rows}</table>" if rows else "<p>No fields.</p>"


def _row(name: str, schema: dict[str, Any], required: bool, text: str) -> str:
    mark = ' <span class="must">required</span>' if required else ""
    return (
        f"<tr><td><code>{escape(name)}</code>{mark}</td><td>{_type(schema)}</td><td>{_prose(text)}</td></tr>"
    )


def _reference(schema: dict[str, Any]) -> str | None:
    reference = schema.get("$ref")
    return reference.rpartition("/")[2] if isinstance(reference, str) else None


def _type(schema: dict[str, Any]) -> str:
    """Say a schema's type in a word or two, with links to shapes."""
    name = _reference(schema)
    if name is not None:
        return f'<a href="#{escape(name)}">{escape(name)}</a>'
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " or ".join(_type(one) for one in schema[key])
    if "enum" in schema:
        return " or ".join(f"<code>{escape(json.dumps(one))}</code>" for one in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(json.dumps(schema['const']))}</code>"
    if schema.get("type") == "array":
        items = schema.get("items", {})
        return f"list of {_type(items)}" if items else "list"
    return escape(str(schema.get("format") or schema.get("type", "any")))


def _prose(text: str) -> str:
    """Return a description with its `names` set as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _first_line(text: str) -> str:
    return text.split("\n", 1)[0]
