"""Tool calls are valid by construction: whatever the model's scores are, and wherever its tokens run out."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from bot.llm import ModelError, ToolSchema
from bot.llm.constrain import MAX_LIST, MAX_TEXT, Constrainer, bounded, parse, union

EOS = "<end>"


class Search(BaseModel):
    """Arguments as pydantic would check them."""

    model_config = ConfigDict(extra="forbid", strict=True)
    query: str
    category: str | None = None
    year_from: int | None = None
    filters: list[str] = []
    k: int = 5


TOOLS = (
    ToolSchema(
        name="search_items",
        description="Find.",
        parameters={
            "title": "Search",
            "type": "object",
            "properties": {
                "query": {"type": "string", "description": "words"},
                "category": {"anyOf": [{"enum": ["Comedy", "Sci-Fi"]}, {"type": "null"}], "default": None},
                "year_from": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                "filters": {"type": "array", "items": {"type": "string"}},
                "k": {"type": "integer", "minimum": 1, "maximum": 20},
            },
            "required": ["query"],
        },
    ),
    ToolSchema(name="show_profile", description="Show.", parameters={"type": "object", "properties": {}}),
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """One token a byte, and a few longer ones that cross JSON's borders."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE(vocab={char: i for i, char in enumerate(alphabet)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([EOS])
    made.add_tokens(['"}', '": "', '{"tool": "', "search", '"]}}'])
    return made


@pytest.fixture(scope="module")
def constrainer(tokenizer) -> Constrainer:
    return Constrainer(
        tokenizer.to_str(), vocabulary=tokenizer.get_vocab_size(), eos=tokenizer.token_to_id(EOS)
    )


def write(constrainer, scores_of, limit):
    """Write one call as a model with these scores would."""
    constraint = constrainer.start(TOOLS)
    while not constraint.done:
        if len(constraint.ids) >= limit:
            constraint.close()
        elif not constraint.forced():
            constraint.take(constraint.best(scores_of(len(constraint.ids))))
    return constraint.text


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), limit=st.integers(0, 200))
def test_random_scores_always_write_a_valid_call(constrainer, tokenizer, seed, limit):
    size = tokenizer.get_vocab_size()
    chance = np.random.default_rng(seed)
    call = parse(write(constrainer, lambda _: chance.standard_normal(size).astype(np.float32), limit))
    if call is None:
        return
    assert call.by == "model"
    assert call.tool in {tool.name for tool in TOOLS}
    if call.tool == "show_profile":
        assert call.arguments == {}
    else:
        read = Search.model_validate(call.arguments)
        assert read.category in {None, "Comedy", "Sci-Fi"}
        assert 1 <= read.k <= 20
        assert len(read.query) <= MAX_TEXT
        assert len(read.filters) <= MAX_LIST


def test_a_model_that_wants_one_call_writes_it(constrainer, tokenizer):
    wanted = '{"tool": "search_items", "arguments": {"query": "space", "category": "Sci-Fi", "k": 3}}'
    ids = tokenizer.encode(wanted).ids
    constraint = constrainer.start(TOOLS)
    for token in ids:
        assert constraint.allowed()[token]
        constraint.take(token)
    constraint.close()
    assert parse(constraint.text).arguments == {"query": "space", "category": "Sci-Fi", "k": 3}


@pytest.mark.parametrize(
    "begun", ['{"tool": "dele', '{"tool": "search_items", "arguments": {"category": "Western']
)
def test_what_the_schema_lacks_cannot_be_written(constrainer, tokenizer, begun):
    constraint = constrainer.start(TOOLS)
    ids = tokenizer.encode(begun).ids
    refused = next(
        place for place, token in enumerate(ids) if not constraint.allowed()[token] or constraint.take(token)
    )
    with pytest.raises(ModelError, match="may not follow"):
        constraint.take(ids[refused])


def test_no_tool_is_a_choice(constrainer, tokenizer):
    constraint = constrainer.start(TOOLS)
    for token in tokenizer.encode('{"tool": "none", "arguments": {}}').ids:
        constraint.take(token)
    assert parse(constraint.text) is None


def test_references_are_put_in_place():
    schema = {
        "type": "object",
        "properties": {"when": {"$ref": "#/$defs/When"}},
        "$defs": {"When": {"enum": ["now", "evening"]}},
    }
    assert bounded(schema)["properties"]["when"] == {"enum": ["now", "evening"]}


def test_a_reference_to_itself_is_an_error():
    schema = {
        "type": "object",
        "properties": {"x": {"$ref": "#/$defs/X"}},
        "$defs": {"X": {"type": "array", "items": {"$ref": "#/$defs/X"}}},
    }
    with pytest.raises(ModelError, match="itself or nowhere"):
        bounded(schema)


def test_the_union_closes_every_object():
    assert all(
        branch["additionalProperties"] is False
        and branch["properties"]["arguments"]["additionalProperties"] is False
        for branch in union(TOOLS)["anyOf"]
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"tool": "x"}', "no"])
def test_text_that_is_no_call_is_told(text):
    with pytest.raises(ModelError, match="where a tool call was due"):
        parse(text)


def test_a_property_with_the_name_of_a_keyword_is_kept():
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    assert json.loads(json.dumps(bounded(schema)))["properties"]["title"]["maxLength"] == MAX_TEXT
