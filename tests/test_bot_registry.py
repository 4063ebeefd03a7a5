"""Tools: one schema and one validated call, whatever the door."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field

from bot.dialogue.turn import Evidence, ToolResult
from bot.errors import ToolInputError
from bot.tools.registry import TOOL_NAMES, call_tool, tool_schema
from bot.tools.toolbox import Toolbox


class Probe:
    """A toolbox of one tool that repeats its arguments."""

    def search_items(
        self,
        query: str,
        k: Annotated[int, Field(ge=1, le=50)] = 5,
        category: str | None = None,
        kind: Literal["a", "b"] = "a",
        filters: list[str] | None = None,
    ) -> ToolResult:
        """Find things.

        They can be anything.

        Args:
            query: Words,
                several of them.
            k: How many.
            category: Which kind.
            kind: a or b.
            filters: Conditions.
        """
        text = repr((query, k, category, kind, filters))
        return ToolResult(evidence=(Evidence(id="e1", kind="item", source="probe", text=text),))

    def rate_item(self, item: str) -> ToolResult:
        """Break."""
        raise TypeError(f"a mistake of ours with {item}")


def said(arguments: dict[str, object]) -> str:
    return call_tool(Probe(), "search_items", arguments).evidence[0].text


def test_schema_says_what_models_and_doors_need() -> None:
    schema = tool_schema(Probe().search_items, {"category": ["x", "y"]})
    assert schema.name == "search_items"
    assert schema.description == "Find things. They can be anything."
    properties = schema.parameters["properties"]
    assert properties["query"] == {"type": "string", "description": "Words, several of them."}
    assert properties["k"] == {"type": "integer", "minimum": 1, "maximum": 50, "description": "How many."}
    assert properties["category"]["enum"] == ["x", "y"]
    assert properties["filters"] == {
        "type": "array",
        "items": {"type": "string"},
        "description": "Conditions.",
    }
    assert schema.parameters["required"] == ["query"]
    assert schema.parameters["additionalProperties"] is False


def test_call_takes_what_the_schema_allows() -> None:
    assert said({"query": "q"}) == "('q', 5, None, 'a', None)"
    assert (
        said({"query": "q", "k": "7", "category": None, "filters": ["p<2"]}) == "('q', 7, None, 'a', ['p<2'])"
    )


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("search_items", {}, "search_items needs the argument 'query'"),
        ("search_items", {"query": "q", "k": "many"}, "argument 'k' cannot be 'many'"),
        ("search_items", {"query": "q", "k": 0}, "argument 'k' cannot be 0: .*greater than or equal to 1"),
        ("search_items", {"query": "q", "kind": "c"}, "argument 'kind' cannot be 'c': .*'a' or 'b'"),
        ("search_items", {"query": "q", "person": "x"}, "takes no argument 'person'"),
        ("search_items", {"query": "q", "filters": "p<2"}, "argument 'filters' cannot be 'p<2'"),
        ("drop_table", {}, "there is no tool 'drop_table'; the tools are search_items, "),
        ("__init__", {}, "there is no tool '__init__'"),
    ],
)
def test_a_wrong_call_is_told_in_one_line(tool: str, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ToolInputError, match=message) as caught:
        call_tool(Probe(), tool, arguments)
    assert "\n" not in str(caught.value)


def test_our_own_mistake_is_no_input_error() -> None:
    with pytest.raises(TypeError, match="a mistake of ours"):
        call_tool(Probe(), "rate_item", {"item": "x"})


@pytest.mark.parametrize("name", TOOL_NAMES)
def test_every_tool_documents_every_argument(name: str) -> None:
    method = getattr(Toolbox, name)
    schema = tool_schema(method, {})
    assert schema.name == name
    assert schema.description.endswith(".")
    assert all(value["description"] for value in schema.parameters["properties"].values())
    assert "person" not in schema.parameters["properties"], (
        "who asks comes from the session, never from a model"
    )


PUBLIC = {
    "search_items": "query category year_from year_to filters k",
    "score_items": "liked disliked category year_from year_to filters when place k",
    "lookup_rules": "item with_item category when place against within_days kind k",
    "explain_item": "item without",
    "item_details": "item",
    "rate_item": "item verdict",
    "show_profile": "",
}


def test_names_and_arguments_are_the_public_ones() -> None:
    found = {
        name: " ".join(tool_schema(getattr(Toolbox, name), {}).parameters["properties"])
        for name in TOOL_NAMES
    }
    assert found == PUBLIC
