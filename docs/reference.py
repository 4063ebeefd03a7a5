"""Write docs/reference.md: every command, tool and setting, from the code itself.

Run `python docs/reference.py` after a change; a test compares the file with what this would write.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from bot.cli import app
from bot.settings import Settings
from bot.tools.registry import TOOL_NAMES, tool_schema
from bot.tools.toolbox import Toolbox

OUT = Path(__file__).with_name("reference.md")


def commands() -> list[str]:
    """Every command with its arguments and options."""
    lines = ["## Commands", "", "Exit status: 0 done, 1 a one-line error, 2 wrong usage.", ""]
    group = typer.main.get_command(app)
    for name, command in group.commands.items():  # type: ignore[union-attr]
        lines += [f"### `almanac {name}`", "", (command.help or "").strip(), ""]
        rows = []
        for parameter in command.params:
            if parameter.name == "help":
                continue
            label = (
                parameter.metavar or parameter.name.upper() if parameter.param_type_name == "argument" else ""
            )
            shown = label or ", ".join(parameter.opts)
            rows.append(f"| `{shown}` | {' '.join((getattr(parameter, 'help', '') or '').split())} |")
        if rows:
            lines += ["| argument or option | meaning |", "|---|---|", *rows, ""]
    return lines


def tools() -> list[str]:
    """Every tool with its arguments."""
    lines = ["## Tools", "", "One method each: an LLM tool, `POST /api/<name>`, and a command.", ""]
    for name in TOOL_NAMES:
        schema = tool_schema(getattr(Toolbox, name), {})
        lines += [f"### `{name}`", "", schema.description, ""]
        properties = schema.parameters["properties"]
        if properties:
            lines += ["| argument | meaning |", "|---|---|"]
            needed = set(schema.parameters["required"])
            for argument, value in properties.items():
                must = " (needed)" if argument in needed else ""
                lines.append(f"| `{argument}`{must} | {value['description']} |")
            lines.append("")
    return lines


def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """The string below each field of a model."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    if not isinstance(tree, ast.ClassDef):
        raise TypeError(f"{model!r} is no class")
    found: dict[str, str] = {}
    for above, below in zip(tree.body, tree.body[1:], strict=False):
        if (
            isinstance(above, ast.AnnAssign)
            and isinstance(above.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            found[above.target.id] = " ".join(str(below.value.value).split())
    return found


def settings(model: type[BaseModel] = Settings, prefix: str = "") -> list[str]:
    """Rows of a settings model and of the models nested in it."""
    docs = field_docs(model)
    rows: list[str] = []
    for name, field in model.model_fields.items():
        nested: Any = field.annotation
        if inspect.isclass(nested) and issubclass(nested, BaseModel):
            rows += settings(nested, f"{prefix}{name}.")
            continue
        default = "" if field.default in (PydanticUndefined, None, "") else f"`{field.default}`"
        variable = f"ALMANAC_{prefix.replace('.', '__')}{name}".upper()
        rows.append(f"| `{prefix}{name}` | `{variable}` | {default} | {docs.get(name, '')} |")
    return rows


def reference() -> str:
    """The whole page."""
    head = [
        "# Reference",
        "",
        "Written by `python docs/reference.py` from the code; do not edit by hand.",
        "",
    ]
    table = ["## Settings", "", "In `almanac.toml` by the name, in the environment by the variable.", ""]
    table += ["| name | variable | default | meaning |", "|---|---|---|---|", *settings(), ""]
    return "\n".join([*head, *commands(), *tools(), *table])


if __name__ == "__main__":
    OUT.write_text(reference(), encoding="utf-8")
