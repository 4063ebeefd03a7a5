"""What the page says of a turn, and that data never becomes markup."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.turn import Answer, Evidence, ItemRef, Sentence, ToolCall
from bot.service import CatalogCard
from bot.web import cards, words

HOSTILE = "<img src=x onerror=alert(1)>\"'&\n</div><script>"


class Reader(HTMLParser):
    """Reads markup: its tags, its text, its buttons, and whether every tag is closed."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.buttons: list[dict[str, str | None]] = []
        self.text = ""
        self.stack: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "button":
            self.buttons.append(dict(attrs))
        if tag not in {"br", "img"}:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        self.text += data


def read(html: str) -> Reader:
    reader = Reader(html)
    assert reader.stack == []
    return reader


def item(key="1", title="Toy Story", year=1995, **parts):
    parts = parts or {"taste": 0.3, "now": 0.1}
    return ItemRef(
        id=key, title=title, year=year, category="Animation|Comedy", score=sum(parts.values()), parts=parts
    )


def fact(key, text="A fact.", items=("1",), **numbers):
    return Evidence(id=key, kind="count", items=items, numbers=numbers, source="counted", text=text)


@given(st.text(max_size=40))
def test_any_text_reads_back_as_it_was_and_makes_no_markup(text):
    answer = Answer(
        answer=text,
        sentences=(Sentence(text=text, evidence=("e1",)),),
        items=(item(key=text, title=text),),
        evidence=(fact("e1", text=text, items=(text,), **{text: 1.0}),),
        tool_calls=(ToolCall(tool=text, arguments={text: text}),),
    )
    plain = read(cards.answered(Answer(answer="x", items=(item(),), evidence=(fact("e1", n=1),)), "now"))
    hostile_html = cards.answered(answer, text)
    hostile = read(hostile_html)
    assert set(hostile.tags) <= {*plain.tags, "br", "sup"}
    read(cards.step(answer.tool_calls[0], answer.evidence))
    say = next(button for button in hostile.buttons if button["class"] == "al-rate")
    assert say["value"] == text
    assert "\n" not in hostile_html


def test_hostile_titles_are_shown_and_never_run():
    html = cards.answered(Answer(answer=HOSTILE, items=(item(title=HOSTILE),)), HOSTILE)
    reader = read(html)
    assert "img" not in reader.tags
    assert "script" not in reader.tags
    assert "<img src=x onerror=alert(1)>" in reader.text
    assert "\n" not in html, "a blank line would end the block and let Markdown in"


def test_sentences_carry_the_numbers_of_the_facts_they_rest_on():
    answer = Answer(
        answer="First. Second.\nThird.",
        sentences=(
            Sentence(text="First.", evidence=("e2",)),
            Sentence(text="Second."),
            Sentence(text="Third.", evidence=("e1", "e2")),
        ),
        evidence=(fact("e1", "One."), fact("e2", "Two."), fact("e3", "Three.")),
    )
    html = cards.answered(answer, "now")
    text = html.split("</div>")[0]
    assert read(text + "</div>").text == "First.1 Second.Third.2, 1"
    assert "Second.<br>Third." in text
    assert "Checked against 3 facts" in html
    order = [html.rindex(f"<li>{name}") for name in ("Two.", "One.", "Three.")]
    assert order == sorted(order), "facts stand in the order in which the sentences name them"


def test_a_card_shows_what_its_score_is_made_of():
    html = cards.cards([item(taste=0.6, now=0.2, late=-0.1), item("2", "Heat", None, taste=0.4)], [])
    assert html.count('style="width:75.0%"') == 1
    assert html.count('style="width:25.0%"') == 1
    assert 'title="taste +0.60, now +0.20, late -0.10"' in html
    assert html.count('style="width:50.0%"') == 1
    reader = read(html)
    assert "Score made of tastenowlate" in reader.text
    assert [button["value"] for button in reader.buttons[:2]] == [
        "Why Toy Story (1995)?",
        "More like Toy Story (1995)",
    ]


def test_a_score_without_parts_is_only_a_number():
    reader = read(cards.cards([ItemRef(id="1", title="Heat", score=0.0)], []))
    assert "Score made of" not in reader.text
    assert "0" in reader.text


def test_parts_that_do_not_add_up_are_figures_and_no_bar():
    rule = ItemRef(id="1", title="Salsa", score=1.6, parts={"confidence": 0.44, "lift": 1.6})
    html = cards.cards([rule, item("2")], [])
    first, second = html.split("<section")[1:]
    assert "al-bar" not in first
    assert "confidence 0.44 · lift 1.6" in read("<section" + first).text
    assert "al-bar" in second
    assert "Score made of tastenow" in read(html).text


def test_only_the_facts_about_an_item_are_behind_it():
    html = cards.cards(
        [item("1"), item("2")], [fact("e1"), fact("e2", items=("1", "2")), fact("e3", items=())]
    )
    assert html.count("2 facts behind it") == 1
    assert html.count("1 fact behind it") == 1


def test_many_numbers_are_folded():
    reader = read(cards.numbers(fact("e1", **{f"number_{i}": i for i in range(9)})))
    assert "3 more" in reader.text
    assert "number 8" in reader.text
    assert cards.numbers(fact("e1")) == ""


def test_a_verdict_is_marked_on_its_item_alone_and_the_last_one_counts():
    html = cards.cards([item("1"), item("11")], [])
    liked = cards.mark_given(html, "1", "like")
    assert liked.count("Liked") == 1
    assert cards.mark_given(liked, "1", "like") == liked
    disliked = cards.mark_given(liked, "1", "dislike")
    assert "Liked" not in disliked
    assert disliked.count("al-given") == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (1234567, "1,234,567"), (0.12345, "0.123"), (1234.5, "1,234"), (-2.0, "-2"), (1e-7, "1e-07")],
)
def test_numbers_are_written_for_reading(value, shown):
    assert words.number(value) == shown


def test_times_are_the_catalogues():
    at = datetime(2017, 12, 29, 23, 0, tzinfo=UTC)
    assert words.local_instant(at, "America/New_York") == "Fri 29 Dec 2017, 18:00"
    assert words.greeting(at, "America/New_York") == "Good evening"
    assert words.greeting(at, "Australia/Sydney") == "Good morning"


def test_a_long_pseudonym_is_shortened():
    assert words.person("405") == "Person 405"
    assert words.person("p_4f5f8bef44909b6cdbb0832d") == "Person 4f5f8b"


def test_a_year_is_said_once():
    assert words.label(item(title="Heat (1995)")) == "Heat (1995)"
    assert words.label(item(title="Heat", year=None)) == "Heat"
    assert read(cards.cards([item(title="Heat (1995)")], [])).text.count("1995") == 1


def test_head_and_welcome_say_what_the_data_speak_of_and_what_to_do_without_any():
    card = CatalogCard(
        name="m", title=HOSTILE, items=1682, people=9, interactions=9, zone="UTC",
        now=datetime(1998, 4, 1, tzinfo=UTC), data_from=datetime(1997, 9, 20, tzinfo=UTC),
        data_to=datetime(1998, 4, 22, tzinfo=UTC), examples=(HOSTILE,),
    )  # fmt: skip
    head = read(cards.header(card, [HOSTILE]))
    assert "1,682 items · data from 20 Sep 1997 to 22 Apr 1998; answers speak of that time" in head.text
    assert "img" not in head.tags
    assert read(cards.welcome(card, "Good day")).buttons[0]["value"] == HOSTILE
    assert "almanac build" in read(cards.welcome(None, "")).text
    assert "Nothing is built yet" in read(cards.header(None, [])).text
