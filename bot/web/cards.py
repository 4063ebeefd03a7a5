"""What the page shows of a turn, as HTML: steps, answers, item cards and evidence.

Knows markup and classes (`static/page.css`). It refuses to know Gradio, events or services. Every text that comes in
is data and is escaped here; only attributes that Gradio's sanitizer keeps are used, so a button says what it does
by its class, name and value: `al-say` sends its value as a message, `al-rate` gives the verdict `name` on the item
`value` (`static/page.js`).
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence

from bot.dialogue.turn import Answer, Evidence, ItemRef, ToolCall
from bot.service import CatalogCard
from bot.web import words
from bot.web.files import facts_csv

_COLOURS = 6
"""Colours for parts of a score (`al-part-0` ...); a seventh part takes the first one again."""
_FIGURES = 6
"""Numbers of a fact that show at once; the others are behind a fold."""


def escape(text: str) -> str:
    """Return text as HTML on one line, in an attribute too: a blank line would let Markdown act on what follows."""
    return html.escape(text).replace("\r", "&#13;").replace("\n", "&#10;")


def text_html(text: str) -> str:
    """Return plain text as HTML, with its line breaks shown."""
    return "<br>".join(escape(line) for line in text.splitlines())


def typed(message: str) -> str:
    """Return what a person wrote as a chat message in which no tag can begin; `as_typed` reads it back."""
    return message.replace("<", "&lt;")


def as_typed(shown: str) -> str:
    """Return what a person wrote, from a message that was shown and perhaps edited."""
    return shown.replace("&lt;", "<")


def say(message: str, shown: str, kind: str = "") -> str:
    """Return a button that sends `message` into the chat."""
    classes = f"al-say {kind}".strip()
    return f'<button type="button" class="{classes}" value="{escape(message)}">{escape(shown)}</button>'


def rate(item: str, verdict: str, *, given: bool = False) -> str:
    """Return a button that gives a verdict on an item; once given it says so."""
    before, after = words.VERDICTS[verdict]
    classes, shown = ("al-rate al-given", after) if given else ("al-rate", before)
    return f'<button type="button" class="{classes}" name="{verdict}" value="{escape(item)}">{escape(shown)}</button>'


def file_button(name: str, text: str, shown: str) -> str:
    """Return a button that saves `text` as a file of that name on the visitor's device."""
    return f'<button type="button" class="al-file" name="{escape(name)}" value="{escape(text)}">{escape(shown)}</button>'


def mark_given(shown: str, item: str, verdict: str | None) -> str:
    """Return HTML in which the verdict's button on this item is given, and its other verdicts are not."""
    for other in words.VERDICTS:
        shown = shown.replace(rate(item, other, given=True), rate(item, other))
    return shown if verdict is None else shown.replace(rate(item, verdict), rate(item, verdict, given=True))


def step(call: ToolCall, evidence: Sequence[Evidence]) -> str:
    """Return the inside of a tool step: who chose it, its arguments and the facts it found."""
    chosen = "the language model" if call.by == "model" else "the planner"
    rows = "".join(
        f"<dt>{escape(words.plain(name))}</dt><dd>{escape(_argument(value))}</dd>"
        for name, value in call.arguments.items()
    )
    arguments = f"<dl>{rows}</dl>" if rows else '<p class="al-quiet">No arguments.</p>'
    facts = fact_table(evidence) if evidence else ""
    return (
        f'<div class="al-step"><p class="al-quiet"><code>{escape(call.tool)}</code>, chosen by {chosen}</p>'
        f"{arguments}{facts}</div>"
    )


def _argument(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)


def fact_table(evidence: Sequence[Evidence]) -> str:
    """Return facts as a table: what is said, the numbers it rests on, where they were read."""
    rows = "".join(
        f"<tr><td>{escape(one.id)}</td><td>{escape(one.text)}{numbers(one)}"
        f'<span class="al-source">{escape(one.source)}</span></td></tr>'
        for one in evidence
    )
    return f'<table class="al-facts"><tbody>{rows}</tbody></table>'


def numbers(one: Evidence) -> str:
    """Return the numbers of a fact as small labelled figures, the first ones at once."""
    figures = [
        f"<span>{escape(words.named(name))} <b>{words.figure(name, value)}</b></span>"
        for name, value in one.numbers.items()
    ]
    shown, rest = figures[:_FIGURES], figures[_FIGURES:]
    more = f"<details><summary>{len(rest)} more</summary>{''.join(rest)}</details>" if rest else ""
    return f'<div class="al-numbers">{"".join(shown)}{more}</div>' if figures else ""


def streaming(text: str) -> str:
    """Return an answer that is still being written."""
    return f'<div class="al-answer">{text_html(text)}<span class="al-busy al-caret"></span></div>'


def answered(answer: Answer, asked_as: str) -> str:
    """Return a finished answer: text with references, cards, facts, what to ask next and how it was made."""
    by_id = {one.id: one for one in answer.evidence}
    cited = _cited(answer)
    text = f'<div class="al-answer">{_with_references(answer, cited)}</div>'
    facts = [by_id[key] for key in cited if key in by_id]
    facts += [one for one in answer.evidence if one.id not in cited]
    return "".join(
        (text, cards(answer.items, answer.evidence), _facts(facts), _next(answer), _footer(answer, asked_as))
    )


def _cited(answer: Answer) -> tuple[str, ...]:
    """Return evidence ids in the order in which the sentences use them, each once."""
    return tuple(dict.fromkeys(key for sentence in answer.sentences for key in sentence.evidence))


def _with_references(answer: Answer, cited: Sequence[str]) -> str:
    """Return the answer's text with a small number after each sentence that rests on evidence."""
    parts: list[str] = []
    position = 0
    for sentence in answer.sentences:
        start = answer.answer.find(sentence.text, position)
        if start < 0:
            continue
        end = start + len(sentence.text)
        marks = ", ".join(str(cited.index(key) + 1) for key in sentence.evidence)
        parts.append(text_html(answer.answer[position:end]))
        parts.append(
            f'<sup class="al-mark" title="Rests on fact {marks} below">{marks}</sup>' if marks else ""
        )
        position = end
        while answer.answer[position : position + 1] in {" ", "\n"}:  # splitlines drops a break at an end
            parts.append("<br>" if answer.answer[position] == "\n" else " ")
            position += 1
    parts.append(text_html(answer.answer[position:]))
    return "".join(parts)


def cards(items: Sequence[ItemRef], evidence: Sequence[Evidence]) -> str:
    """Return the cards of the proposed items, best first, with one legend for the parts of their scores."""
    if not items:
        return ""
    names = list(dict.fromkeys(name for item in items if adds_up(item) for name in item.parts))
    scale = max(
        (sum(value for value in item.parts.values() if value > 0) for item in items if adds_up(item)),
        default=0.0,
    )
    body = "".join(
        _card(position, item, [one for one in evidence if item.id in one.items], names, scale)
        for position, item in enumerate(items, 1)
    )
    return f'<div class="al-cards">{body}</div>{_legend(names)}'


def adds_up(item: ItemRef) -> bool:
    """Tell whether an item's score is the sum of its parts; the measures of a rule are parts that are not summed."""
    return bool(item.parts) and math.isclose(
        sum(item.parts.values()), item.score, rel_tol=0.01, abs_tol=0.005
    )


def _legend(names: Sequence[str]) -> str:
    entries = "".join(
        f'<span><i class="al-part-{index % _COLOURS}"></i>{escape(words.part(name))}</span>'
        for index, name in enumerate(names)
    )
    return f'<p class="al-legend">Score made of {entries}</p>' if entries else ""


def _card(
    position: int, item: ItemRef, evidence: Sequence[Evidence], names: Sequence[str], scale: float
) -> str:
    """Return one card."""
    kinds = " · ".join(escape(one) for one in item.category.split("|") if one)
    year = (
        f'<span class="al-year">{item.year}</span>'
        if item.year is not None and str(item.year) not in item.title
        else ""
    )
    name = words.label(item)
    return (
        f'<section class="al-card"><h3><span class="al-rank">{position}</span>{escape(item.title)}{year}</h3>'
        f'<p class="al-kind">{kinds}</p>{_score(item, names, scale)}'
        f'<div class="al-actions">{say(f"Why {name}?", "Why this?")}{say(f"More like {name}", "Similar")}'
        f"{rate(item.id, 'like')}{rate(item.id, 'dislike')}{rate(item.id, 'seen')}</div>{_behind(evidence)}</section>"
    )


def _score(item: ItemRef, names: Sequence[str], scale: float) -> str:
    """Return the score with its parts as a bar; `scale` is the longest bar, parts below zero are only named.

    Parts that do not add up to the score are figures of their own, and no bar.
    """
    if not adds_up(item) or scale <= 0:
        figures = item.parts or {"score": item.score}
        shown = " · ".join(f"{escape(words.part(name))} {words.number(one)}" for name, one in figures.items())
        return f'<p class="al-score"><b>{shown}</b></p>'
    segments = "".join(
        f'<i class="al-part-{index % _COLOURS}" style="width:{100 * item.parts[name] / scale:.1f}%"></i>'
        for index, name in enumerate(names)
        if item.parts.get(name, 0.0) > 0
    )
    spelt = ", ".join(f"{words.part(name)} {item.parts[name]:+.2f}" for name in names if name in item.parts)
    return (
        f'<p class="al-score" title="{escape(spelt)}"><span class="al-bar">{segments}</span>'
        f"<b>{item.score:.2f}</b></p>"
    )


def _behind(evidence: Sequence[Evidence]) -> str:
    """Return the fold with the facts behind one pick."""
    if not evidence:
        return ""
    facts = "".join(
        f'<li>{escape(one.text)}{numbers(one)}<span class="al-source">{escape(one.source)}</span></li>'
        for one in evidence
    )
    return f"<details><summary>{words.count(len(evidence), 'fact')} behind it</summary><ul>{facts}</ul></details>"


def _facts(evidence: Sequence[Evidence]) -> str:
    """Return the fold with all facts of an answer, numbered as its sentences refer to them."""
    if not evidence:
        return ""
    facts = "".join(
        f'<li>{escape(one.text)}{numbers(one)}<span class="al-source">{escape(one.source)}</span></li>'
        for one in evidence
    )
    summary = f"Checked against {words.count(len(evidence), 'fact')}"
    save = file_button("almanac-facts.csv", facts_csv(evidence), "Download as CSV")
    return f'<details class="al-evidence"><summary>{summary}</summary><ol>{facts}</ol>{save}</details>'


def _next(answer: Answer) -> str:
    """Return what one may want to say next."""
    asked = {call.tool for call in answer.tool_calls}
    shows = [] if "lookup_rules" not in asked or answer.charts else [say("Show me", "Show me", "al-chip")]
    if not answer.items:
        return f'<p class="al-next">{"".join(shows)}</p>' if shows else ""
    first = words.label(answer.items[0])
    options = [(f"Why {first}?", f"Why {first}?")] if "explain_item" not in asked else []
    options += (
        [(f"What goes with {first}?", f"What goes with {first}?")] if "lookup_rules" not in asked else []
    )
    options.append((f"More like {first}", f"More like {first}"))
    return (
        f'<p class="al-next">{"".join(shows)}'
        f"{''.join(say(message, shown, 'al-chip') for message, shown in options[:3])}</p>"
    )


def _footer(answer: Answer, asked_as: str) -> str:
    """Return the small print: for when and where it was answered, how long it took, who worded it."""
    total = answer.timings.get("total")
    by_model = any(sentence.by == "model" for sentence in answer.sentences)
    notes = [asked_as]
    notes += [f"{total:.1f} s"] if total is not None else []
    notes.append("worded by the language model" if by_model else "worded from the facts")
    notes += ["without the language model"] if answer.degraded else []
    spans = "".join(f"<span>{escape(note)}</span>" for note in notes)
    return f'<p class="al-foot">{spans}<button type="button" class="al-copy">Copy</button></p>'


def trouble(message: str) -> str:
    """Return what is shown in place of an answer that could not be given."""
    return f'<div class="al-trouble">{text_html(message)}</div>'


def stopped(text: str) -> str:
    """Return an answer that the visitor stopped."""
    return f'<div class="al-answer">{text_html(text)}</div><p class="al-foot"><span>stopped</span></p>'


MARK = (
    '<svg class="al-mark-sun" viewBox="0 0 32 32" width="36" height="36"><rect width="32" height="32" rx="8" '
    'fill="#1f4e5f"></rect><path d="M4 21.5h24" stroke="#f6f1e7" stroke-width="2" stroke-linecap="round"></path>'
    '<path d="M8.5 21.5a7.5 7.5 0 0 1 15 0z" fill="#e0a33c"></path><path d="M16 6.2v3.4M6.9 10.4l2.4 2.4M25.1 '
    '10.4l-2.4 2.4" stroke="#e0a33c" stroke-width="2" stroke-linecap="round"></path></svg>'
)


def header(card: CatalogCard | None, chips: Iterable[str]) -> str:
    """Return the head of the page: name, what the data speak of, and who asks, when and where."""
    if card is None:
        about = "Nothing is built yet"
    else:
        about = (
            f"{escape(card.title)} · {card.items:,} items · {escape(words.data_window(card))}; "
            f"answers speak of that time"
        )
    shown = "".join(f'<button type="button" class="al-panel">{escape(chip)}</button>' for chip in chips)
    if shown:
        shown += '<button type="button" class="al-panel al-change">Change</button>'
    return (
        f'<div class="al-head">{MARK}<p class="al-name">Almanac</p><div class="al-tools">'
        '<button type="button" class="al-new" title="Begin a new conversation">New chat</button>'
        '<button type="button" class="al-theme" title="Light or dark">◐</button></div>'
        f'<p class="al-about">{about}</p></div><div class="al-context">{shown}</div>'
    )


def welcome(card: CatalogCard | None, greeting: str) -> str:
    """Return what an empty chat shows."""
    if card is None:
        return (
            '<div class="al-hello"><h2>Nothing to ask about yet</h2><p>Load and build a catalogue first: '
            "<code>almanac load movies</code>, then <code>almanac build</code>. This page finds it "
            "when you reload.</p></div>"
        )
    tries = "".join(say(example, example, "al-try") for example in card.examples[:4])
    return (
        f'<div class="al-hello"><h2>{escape(greeting)}. What are you looking for?</h2>'
        f"<p>Ask by wish, by what you liked, or by when and where. Every pick shows the facts behind it.</p>"
        f'<div class="al-tries">{tries}</div></div>'
    )
