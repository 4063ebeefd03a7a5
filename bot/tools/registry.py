"""From a method to a tool: its schema for models and doors, and one validated way to call it.

Knows signatures, type hints and Google docstrings. It refuses to know what any tool does. Validation happens here
and nowhere else, so every door (chat, HTTP, MCP, command line) accepts the same arguments and fails with the same
words.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from bot.dialogue.turn import ToolResult
from bot.errors import ToolInputError
from bot.llm.base import ToolSchema

TOOL_NAMES = (
    "search_items",
    "score_items",
    "lookup_rules",
    "explain_item",
    "item_details",
    "rate_item",
    "show_profile",
)
"""The tools in the order in which people and models are told of them."""

_ARGUMENT = re.compile(r"^ {4,8}(\w+): (.+)$")


def _sections(docstring: str) -> tuple[str, dict[str, str]]:
    """Split a Google docstring into the description and the argument descriptions."""
    text = inspect.cleandoc(docstring)
    head, _, rest = text.partition("\nArgs:\n")
    arguments: dict[str, str] = {}
    name = None
    for line in rest.split("\n\n")[0].splitlines():
        match = _ARGUMENT.match(line)
        if match:
            name = match[1]
            arguments[name] = match[2]
        elif name is not None and line.strip():
            arguments[name] += " " + line.strip()
    return " ".join(head.split()), arguments


def _simplify(schema: dict[str, Any]) -> dict[str, Any]:
    """Drop what models and constrained decoders do not need: titles and the null branch of optional arguments."""
    schema = {key: value for key, value in schema.items() if key not in {"title", "default"}}
    branches = schema.pop("anyOf", None)
    if branches is not None:
        kept = [_simplify(branch) for branch in branches if branch.get("type") != "null"]
        schema |= kept[0] if len(kept) == 1 else {"anyOf": kept}
    if isinstance(schema.get("items"), dict):
        schema["items"] = _simplify(schema["items"])
    return schema


def tool_schema(method: Callable[..., ToolResult], enumerations: Mapping[str, Sequence[str]]) -> ToolSchema:
    """Describe one tool method: its first paragraph, its arguments and the values that the catalogue allows.

    Args:
        method: A bound method with type hints and a Google docstring.
        enumerations: Allowed values by argument name, from the catalogue (its categories).
    """
    description, documented = _sections(method.__doc__ or "")
    raw = _raw_schema(_plain(method))
    properties: dict[str, Any] = {}
    for name, schema in raw.get("properties", {}).items():
        properties[name] = _simplify(schema)
        properties[name]["description"] = documented[name]
        if enumerations.get(name):
            properties[name]["enum"] = list(enumerations[name])
    return ToolSchema(
        name=_plain(method).__name__,
        description=description,
        parameters={
            "type": "object",
            "properties": properties,
            "required": list(raw.get("required", [])),
            "additionalProperties": False,
        },
    )


def _plain(method: Callable[..., Any]) -> Callable[..., Any]:
    """The function below a bound method."""
    function: Callable[..., Any] = getattr(method, "__func__", method)
    return function


@cache
def _arguments(function: Callable[..., ToolResult]) -> type[BaseModel]:
    """The model of a tool's arguments, read from its signature; `self` is left out."""
    fields: dict[str, Any] = {
        name: (parameter.annotation, ... if parameter.default is parameter.empty else parameter.default)
        for name, parameter in inspect.signature(function, eval_str=True).parameters.items()
        if name != "self"
    }
    return create_model(function.__name__, __config__=ConfigDict(extra="forbid"), **fields)


@cache
def _raw_schema(function: Callable[..., ToolResult]) -> dict[str, Any]:
    """The JSON schema of a tool's arguments; made once, since making it takes half as long as a whole turn."""
    return _arguments(function).model_json_schema()


def _say(tool: str, error: ValidationError) -> str:
    """One line for the first wrong argument: name, value, what is allowed."""
    first = error.errors()[0]
    name = str(next((part for part in first["loc"] if isinstance(part, str)), first["loc"][0]))
    kind = first["type"]
    if kind == "extra_forbidden":
        return f"{tool} takes no argument {name!r}"
    if kind == "missing":
        return f"{tool} needs the argument {name!r}"
    message = first["msg"]
    return f"{tool}: argument {name!r} cannot be {first['input']!r}: {message[:1].lower()}{message[1:]}"


def call_tool(toolbox: object, tool: str, arguments: Mapping[str, Any]) -> ToolResult:
    """Call a tool by name with arguments from outside: a model, a request, a command line.

    Args:
        toolbox: The object whose methods the tools are.
        tool: One of TOOL_NAMES.
        arguments: Keyword arguments, as they came.

    Raises:
        ToolInputError: there is no such tool, or an argument is unknown, missing or of the wrong type.
    """
    if tool not in TOOL_NAMES:
        raise ToolInputError(f"there is no tool {tool!r}; the tools are {', '.join(TOOL_NAMES)}")
    function = _plain(getattr(toolbox, tool))
    given = {key: value for key, value in arguments.items() if value is not None}
    try:
        valid = _arguments(function).model_validate(given)
    except ValidationError as error:
        raise ToolInputError(_say(tool, error)) from error
    result: ToolResult = function(toolbox, **{name: getattr(valid, name) for name in valid.model_fields_set})
    return result
