"""What the small model is taught, the language that it is taught in, and who chooses when it is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from llguidance import LLMatcher, LLTokenizer
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from bot.dialogue.agent import Agent
from bot.dialogue.ground import Grounder
from bot.dialogue.planner import plan
from bot.dialogue.shorthand import LONGEST, calls_of, sheet_of
from bot.dialogue.turn import Answer, Conversation, DoneEvent, Evidence, ToolCall, ToolResult, Turn
from bot.llm.base import ModelError, TaughtModel
from bot.llm.teach.choosing import Example, examples, templates
from bot.llm.teach.slots import blank
from bot.llm.teach.templates import read
from bot.llm.teach.wordings import blocks, filled
from bot.llm.teach.worlds import World, made_up, real
from tests.linking_world import NOBODY, groceries, movies, talk

FILM, SHOP = movies(), groceries()
NOTHING = Conversation(id="c", catalog="test")
SHOWN = ("fargo", "heat", "seven", "pulp", "alien")
PICKS = talk(FILM, ("I loved Titanic", ToolCall(tool="score_items", arguments={"liked": ["titanic"]}), SHOWN))
CHIPS = talk(
    SHOP,
    (
        "what sells with tortilla chips on Friday evenings?",
        ToolCall(
            tool="lookup_rules",
            arguments={"item": "tortilla-chips", "when": "friday evening", "kind": "together"},
        ),
        ("salsa",),
    ),
)


@pytest.fixture(scope="module")
def worlds() -> list[World]:
    return [real("movies", FILM, {}), real("groceries", SHOP, {}), *made_up(0)]


@pytest.fixture(scope="module")
def made(worlds: list[World]) -> list[Example]:
    return list(islice(examples(worlds, 3, held_out=False), 1500))


@pytest.fixture(scope="module")
def letters() -> LLTokenizer:
    """A tokenizer of single bytes."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: i for i, letter in enumerate([*alphabet, "<end>"])}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<end>"])
    return LLTokenizer(tokenizer.to_str(), eos_token=tokenizer.token_to_id("<end>"))


# What is taught


def test_the_same_seed_teaches_the_same(worlds, made):
    again = list(islice(examples(worlds, 3, held_out=False), 200))
    assert [(one.prompt, one.target) for one in again] == [(one.prompt, one.target) for one in made[:200]]


def test_validation_templates_are_never_taught(worlds, made):
    held = {one.template for one in islice(examples(worlds, 3, held_out=True), 300)}
    assert held
    assert not held & {one.template for one in made}
    assert {one.id for one in templates() if one.held_out} >= held


def test_no_title_of_a_catalogue_is_taught(made):
    names = [title.lower() for title in FILM.titles.values() if len(title.split()) > 2]
    linked = [one for one in made if one.world == "movies"]
    assert linked
    assert not [one.prompt for one in linked if any(name in one.prompt for name in names)]


def test_every_answer_is_in_the_language_and_becomes_calls_or_talk(worlds, made, letters):
    lexicons = {world.name: world.lexicon for world in worlds}
    for one in made[:400]:
        lexicon = lexicons[one.world]
        assert one.conversation is not None
        links = lexicon.link(one.message)
        planned = plan(one.message, links, one.conversation, NOBODY, lexicon) if one.proposed else None
        page = sheet_of(links, one.conversation, NOBODY, lexicon, planned)
        assert page.prompt == one.prompt
        matcher = LLMatcher(letters, LLMatcher.grammar_from_lark(page.grammar))
        tokens = letters.tokenize_str(one.target)
        assert matcher.try_consume_tokens(tokens) == len(tokens), (one.target, page.grammar)
        assert matcher.is_accepting(), one.target
        calls, said = calls_of(one.target, page, lexicon)
        assert bool(calls) != (said is not None)
        assert all(call.by == "model" for call in calls)


def test_a_template_without_an_arrow_is_told():
    with pytest.raises(ValueError, match="' => '"):
        read("search find me {cat}")


def test_a_long_message_is_cut(letters):
    del letters
    page = sheet_of(FILM.link("why " * 900), NOTHING, NOBODY, FILM)
    assert len(page.prompt) < LONGEST + 40


# The language


@pytest.mark.parametrize(
    ("lexicon", "before", "message", "line", "expected"),
    [
        (FILM, NOTHING, "I loved Toy Story and Aladdin but not Titanic, from the 90s", " score A B not C",
         [("score_items", {"liked": ["toy", "aladdin"], "disliked": ["titanic"], "year_from": 1990, "year_to": 1999})]),
        (FILM, NOTHING, "three comedies before 1970", " search",
         [("search_items", {"category": "Comedy", "year_to": 1969, "k": 3})]),
        (FILM, PICKS, "why the second one?", " explain P", [("explain_item", {"item": "heat"})]),
        (FILM, PICKS, "why?", " explain it", [("explain_item", {"item": "fargo"})]),
        (FILM, PICKS, "not Heat", " again score not P",
         [("score_items", {"liked": ["titanic"], "disliked": ["heat"]})]),
        (FILM, PICKS, "no, without Titanic", " again score not A", [("score_items", {})]),
        (FILM, PICKS, "and for Sunday evening?", " again score",
         [("score_items", {"liked": ["titanic"], "when": "sunday evening"})]),
        (SHOP, NOTHING, "do people buy salsa with tortilla chips?", " rules together A with B",
         [("lookup_rules", {"item": "salsa", "with_item": "tortilla-chips", "kind": "together"})]),
        (SHOP, CHIPS, "and on Sundays?", " again rules",
         [("lookup_rules", {"item": "tortilla-chips", "when": "sunday", "kind": "together"})]),
        (SHOP, CHIPS, "what comes next?", " again rules next",
         [("lookup_rules", {"item": "tortilla-chips", "when": "friday evening", "kind": "next"})]),
        (FILM, NOTHING, "I loved Heat and hated Grease", " rate like A; rate dislike B",
         [("rate_item", {"item": "heat", "verdict": "like"}), ("rate_item", {"item": "grease", "verdict": "dislike"})]),
        (FILM, NOTHING, "compare Heat and Fargo", " details A B",
         [("item_details", {"item": "heat"}), ("item_details", {"item": "fargo"})]),
    ],
)  # fmt: skip
def test_a_line_becomes_calls(lexicon, before, message, line, expected):
    page = sheet_of(lexicon.link(message), before, NOBODY, lexicon)
    calls, said = calls_of(line, page, lexicon)
    assert said is None
    assert [(call.tool, call.arguments) for call in calls] == expected


def test_a_prompt_shows_marks_and_the_call_before():
    page = sheet_of(FILM.link("more like Heat, or Psycho"), PICKS, NOBODY, FILM)
    assert page.prompt == "film\ni loved ITEM\n> score\nmore like P, or A\n>"
    assert page.refs == {"P": "heat", "A": "psycho", "it": "fargo"}


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("I loved Heat but hated Grease. What next?", "= score A not B!"),
        ("would you still recommend Heat if I had not liked Fargo?", "= explain A without B!"),
        ("hello", "= none greeting!"),
        ("is that just because both are popular?", "= ask"),
        ("zzz", "= none unclear?"),
    ],
)
def test_a_prompt_can_show_what_rules_propose(message, line):
    links = FILM.link(message)
    page = sheet_of(links, NOTHING, NOBODY, FILM, plan(message, links, NOTHING, NOBODY, FILM))
    assert page.prompt.splitlines()[-2:] == [line, ">"]


def test_marks_that_a_message_lacks_cannot_be_written(letters):
    page = sheet_of(FILM.link("hello"), NOTHING, NOBODY, FILM)
    matcher = LLMatcher(letters, LLMatcher.grammar_from_lark(page.grammar))
    tokens = letters.tokenize_str(" explain A")
    assert matcher.try_consume_tokens(tokens) < len(tokens)


# Facts in marks


def test_every_way_to_say_a_fact_holds_all_its_marks(worlds):
    values = {f"#{n}": str(11 * n + n * n) for n in range(1, 15)} | {"KIND": "Comedy, Drama"}
    values |= {"A": "Tortilla chips", "B": "Salsa and picante sauce", "C": "Star Wars"}
    grounder = Grounder([values["A"], values["B"], values["C"], "Heat"])
    for block in blocks():
        for place in range(3):
            fact, said = filled(block, place, worlds, Random(place))
            text = fact
            for mark in sorted(values, key=len, reverse=True):
                text = _put(text, mark, values[mark])
            read_back = blank(text, grounder.mentioned(text))
            assert read_back is not None, text
            assert read_back.filled(said) is not None, (read_back, said)


def _put(text: str, mark: str, value: str) -> str:
    import re

    return re.sub(rf"(?<![\w#]){re.escape(mark)}(?![\w])", value, text)


def test_a_sentence_with_a_mark_of_its_own_is_refused():
    fact = blank("4 of 9 baskets had Salsa (44 %).", ["Salsa"])
    assert fact is not None
    assert fact.text == "#1 of #2 baskets had A (#3 %)."
    assert fact.filled("A was in #1 of #2 baskets, or #3 %.") == "Salsa was in 4 of 9 baskets, or 44 %."
    assert fact.filled("B was in #1 of #2 baskets, or #3 %.") is None
    assert fact.filled("A was in #1 baskets.") is None


# Who chooses


class Fake:
    """A taught model that writes one line, or fails."""

    name = "fake"
    ready = True

    def __init__(self, line: str | None) -> None:
        self.line = line
        self.asked: list[str] = []

    def decide(self, prompt: str, grammar: str) -> str:
        assert grammar
        self.asked.append(prompt)
        if self.line is None:
            raise ModelError("no model here")
        return self.line

    def choose(self, *args: Any, **kwargs: Any) -> ToolCall | None:
        raise AssertionError("a taught model is not asked as a chat model")

    def stream(self, *args: Any, **kwargs: Any) -> Iterator[str]:
        raise AssertionError("templates speak")


def answered(model: Fake, message: str, *, choose: str = "auto") -> Any:
    def call(made: ToolCall, situation: Any) -> ToolResult:
        del situation
        return ToolResult(evidence=(Evidence(id="e1", kind="notice", source="", text=f"{made.tool} ran."),))

    assert isinstance(model, TaughtModel)
    agent = Agent(
        lexicon=FILM, grounder=Grounder(FILM.titles.values()), tools=(), call=call, model=model,
        choose=choose, wording="template",
    )  # fmt: skip
    *_, last = agent.answer(NOTHING, message, asker=NOBODY)
    assert isinstance(last, DoneEvent)
    return last.answer


def test_the_planner_chooses_what_it_is_sure_of():
    model = Fake(" profile")
    answer = answered(model, "Why did you recommend Alien?")
    assert [call.tool for call in answer.tool_calls] == ["explain_item"]
    assert model.asked == []


def test_the_taught_model_chooses_where_the_planner_is_not_sure():
    model = Fake(" profile")
    answer = answered(model, "lay my cards on the table")
    assert [(call.tool, call.by) for call in answer.tool_calls] == [("show_profile", "model")]
    assert answer.degraded is False


def test_what_a_question_names_as_liked_counts_in_its_answer():
    seen: list[Any] = []

    def call(made: ToolCall, situation: Any) -> ToolResult:
        seen.append((made.tool, made.arguments, situation.liked, situation.disliked))
        return ToolResult(evidence=(Evidence(id="e1", kind="notice", source="", text="Done."),))

    agent = Agent(
        lexicon=FILM, grounder=Grounder(FILM.titles.values()), tools=(), call=call, model=None,
        choose="auto", wording="template",
    )  # fmt: skip
    list(agent.answer(NOTHING, "Would I like Heat? I enjoyed Fargo", asker=NOBODY))
    list(agent.answer(NOTHING, "Would you still suggest Heat if I hadn't liked Fargo?", asker=NOBODY))
    assert seen == [
        ("explain_item", {"item": "heat"}, ("fargo",), ()),
        ("explain_item", {"item": "heat", "without": ["fargo"]}, (), ()),
    ]


@pytest.mark.parametrize(
    ("before", "message", "line", "expected"),
    [
        (("I loved The Lion King", "also Aladdin"), "what else, 10 of them", " score",
         {"liked": ["lion", "aladdin"], "k": 10}),
        (("I watched Alien last night, so good",), "similar stuff?", " score", {"liked": ["alien"]}),
        (("what's popular on sunday evenings",), "and what of that would suit me?", " score",
         {"when": "sunday evening"}),
        (("I loved Heat",), "something like Fargo", " score A", {"liked": ["fargo"]}),
    ],
)  # fmt: skip
def test_text_that_no_tool_has_kept_is_remembered(before, message, line, expected):
    turns = tuple(Turn(message=said, answer=Answer(answer="Noted.")) for said in before)
    told = NOTHING.model_copy(update={"turns": turns})
    page = sheet_of(FILM.link(message), told, NOBODY, FILM)
    [call], _ = calls_of(line, page, FILM)
    assert (call.tool, call.arguments) == ("score_items", expected)


@pytest.mark.parametrize(
    ("message", "line", "expected"),
    [
        ("does salsa go with bread?", " rules together A", {"item": "salsa", "with_item": "category:Bread"}),
        ("salsa: mornings or nights?", " rules context A", {"when": "morning", "against": "night"}),
    ],
)
def test_two_sides_of_a_question_are_read_by_code(message, line, expected):
    page = sheet_of(SHOP.link(message), NOTHING, NOBODY, SHOP)
    [call], _ = calls_of(line, page, SHOP)
    assert expected.items() <= call.arguments.items()


@pytest.mark.parametrize(
    ("lexicon", "before", "message", "line", "expected"),
    [
        (SHOP, CHIPS, "just on friday nights tho", " rules together", {"item": "tortilla-chips", "when": "friday night"}),
        (SHOP, CHIPS, "what sells on fridays?", " rules together", {"when": "friday"}),
        (SHOP, NOTHING, "is salsa likelier within 14 days after cake mix?", " rules next A with B", {"item": "cake-mix", "with_item": "salsa", "within_days": 14}),
        (FILM, PICKS, "and if I hadn't mentioned Titanic?", " explain A", {"item": "fargo", "without": ["titanic"]}),
        (FILM, PICKS, "why Titanic?", " explain A", {"item": "titanic"}),
    ],
)  # fmt: skip
def test_code_completes_what_a_line_leaves_out(lexicon, before, message, line, expected):
    page = sheet_of(lexicon.link(message), before, NOBODY, lexicon)
    [call], _ = calls_of(line, page, lexicon)
    assert {name: value for name, value in call.arguments.items() if name != "kind"} == expected


def test_a_wish_is_asked_of_the_model_with_what_rules_make_of_it():
    model = Fake(" search")
    answer = answered(model, "recommend me a comedy")
    assert [prompt.splitlines()[-2] for prompt in model.asked] == ["= score!"]
    assert [(call.tool, call.arguments) for call in answer.tool_calls] == [
        ("search_items", {"category": "Comedy"})
    ]


def test_what_the_model_takes_for_talk_is_answered_as_talk():
    answer = answered(Fake(" none outside"), "lay my cards on the table")
    assert answer.tool_calls == ()
    assert "outside what I know" in answer.answer


def test_a_failing_model_leaves_the_planner_and_says_so():
    answer = answered(Fake(None), "Why did you recommend Alien?", choose="model")
    assert [(call.tool, call.by) for call in answer.tool_calls] == [("explain_item", "planner")]
    assert answer.degraded is True


def test_chinese_is_not_asked_of_a_model_that_was_taught_english():
    model = Fake(" profile")
    answered(model, "随便什么都行")
    assert model.asked == []


def test_the_mean_of_two_adapters_lies_half_way(tmp_path: Path) -> None:
    pytest.importorskip("peft")
    train = pytest.importorskip("bot.llm.teach.train")
    for number in (0, 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        save_file({"w": torch.full((2, 3), float(number))}, folder / "adapter_model.safetensors")
        (folder / "adapter_config.json").write_text("{}")
        (folder / "card.json").write_text(json.dumps({"data": f"d{number}", "right": {"choose": 1.0}}))
    train.average([tmp_path / "0", tmp_path / "1"], tmp_path / "mean")
    assert load_file(tmp_path / "mean" / "adapter_model.safetensors")["w"].tolist() == [[0.5] * 3] * 2
    assert json.loads((tmp_path / "mean" / "card.json").read_text()) == {
        "data": "d1",
        "averaged": ["d0", "d1"],
    }


def test_a_search_that_is_given_a_time_is_scored():
    found = ToolCall(tool="search_items", arguments={"query": "salsa"})
    said = Turn(message="find salsa", answer=Answer(answer="Salsa.", tool_calls=(found,)))
    page = sheet_of(
        SHOP.link("more on saturday night"), NOTHING.model_copy(update={"turns": (said,)}), NOBODY, SHOP
    )
    [call], _ = calls_of(" again search", page, SHOP)
    assert (call.tool, call.arguments) == ("score_items", {"when": "saturday night"})
