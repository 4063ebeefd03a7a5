"""A turn folded from events, and a conversation that can be undone, retried and edited."""

from __future__ import annotations

import pytest

from bot.dialogue.turn import ErrorEvent, TokenEvent
from bot.web import cards
from bot.web.demo import DemoService
from bot.web.transcript import ShownTurn, Talk


def play(message, *, stop_after=None):
    """Fold a message's events; return every stage of the turn."""
    turn = ShownTurn(message=message, asked_as="now")
    stages = [turn]
    for event in DemoService().stream(message):
        turn = turn.after(event)
        stages.append(turn)
    return stages[:stop_after]


def test_a_turn_grows_by_its_events():
    stages = play("a comedy")
    asked, running, ran = stages[0].messages(), stages[1].messages(), stages[3].messages()
    assert [one["role"] for one in asked] == ["user", "assistant"]
    assert running[1]["metadata"] == {"title": "Searching the catalogue", "status": "pending"}
    assert ran[1]["metadata"]["title"] == "Searched the catalogue"
    assert ran[1]["metadata"]["log"] == "3 facts"
    assert ran[1]["metadata"]["status"] == "done"
    assert "e1" in ran[1]["content"]
    last = stages[-1].messages()
    assert [one["role"] for one in last] == ["user", "assistant", "assistant"]
    assert last[-1]["content"].count('<section class="al-card">') == 3


def test_the_mark_of_a_running_turn_is_there_until_it_ends():
    *running, done = play("a comedy")
    assert all("al-busy" in stage.messages()[-1]["content"] for stage in running)
    assert "al-busy" not in str(done.messages())


def test_a_stopped_turn_keeps_what_was_said_and_spins_no_more():
    stages = play("a comedy")
    midway = stages[6].stopped()
    assert midway.text
    assert midway.text in midway.messages()[-1]["content"]
    assert "stopped" in midway.messages()[-1]["content"]
    early = stages[1].stopped()
    assert all(one.get("metadata", {}).get("status") != "pending" for one in early.messages())
    assert stages[-1].stopped() is stages[-1]


def test_an_error_is_told_after_what_was_said_already():
    turn = ShownTurn(message="x", asked_as="now").after(TokenEvent(text="so far "))
    turn = turn.after(ErrorEvent(message="the model is <away>"))
    shown = turn.messages()[-1]["content"]
    assert shown.startswith("so far ")
    assert "the model is &lt;away&gt;" in shown


def talk_of(*messages):
    talk = Talk(catalog="movies")
    for number, message in enumerate(messages):
        talk = talk.with_turn(play(message)[-1], f"c{number}")
    return talk


def test_a_message_on_the_page_leads_back_to_its_turn():
    talk = talk_of("a comedy", "why?", "more")
    shown = talk.messages()
    found = [talk.turn_at(index) for index in range(len(shown))]
    assert found == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    for wrong in (-1, len(shown)):
        with pytest.raises(IndexError, match="9 messages"):
            talk.turn_at(wrong)


def test_going_back_begins_a_new_conversation_with_what_is_left_as_history():
    talk = talk_of("a comedy", "why?")
    assert talk.conversation == "c1"
    back = talk.before(1)
    assert back.conversation is None
    assert [(one.role, one.content) for one in back.history()] == [
        ("user", "a comedy"),
        ("assistant", talk.turns[0].text),
    ]
    assert talk.before(0).history() == ()


def test_a_verdict_shows_on_every_card_of_the_item():
    talk = talk_of("a comedy", "a comedy").with_verdict("1", "like")
    assert str(talk.messages()).count("Liked") == 2
    assert talk.catalog == "movies"


@pytest.mark.parametrize("text", ["<img src=x>", "a & b < c", "plain", "5 > 3"])
def test_what_a_person_wrote_is_shown_without_tags_and_read_back_when_edited(text):
    shown = ShownTurn(message=text, asked_as="now").messages()[0]["content"]
    assert "<" not in shown
    assert cards.as_typed(shown) == text
