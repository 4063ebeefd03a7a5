"""What goes with something, and what follows it: counted in the slice that was asked for.

Knows pairs and partners. It refuses to know what might explain them away (see `bot.tools.rule_doubt`).
"""

from __future__ import annotations

from bot.dialogue.aspects import DOUBTS
from bot.tools import rule_best, rule_doubt
from bot.tools.rule_notes import FEW, INDEX, Question, RuleNotes
from mining.count import Count


def together(notes: RuleNotes, question: Question) -> None:
    """Note what goes best with the subject, or one pair where both sides are named."""
    subject = question.subject
    if not subject:
        rule_best.mined(notes, question.of_kind("together"))
        return
    if question.with_items:
        pair(notes, question)
        return
    partners = _partners(notes, question)
    for count in partners:
        notes.say("rule", count, INDEX)
        notes.propose(count)
    if partners:
        if DOUBTS & set(notes.aspects):
            rule_doubt.pair(notes, subject, partners[0].y, question.where)
        return
    notes.say("count", notes.book.count(subject, (), question.where), INDEX)
    among = f" of {question.among}" if question.among else ""
    notes.cannot_tell(
        f"Nothing{among} goes with {notes.name(subject)} there in the {notes.words.baskets} of more than a few "
        f"{notes.words.people}: the data cannot tell.",
        f"与{notes.name(subject)}搭配的记录太少，数据无法判断。",
    )


def _partners(notes: RuleNotes, question: Question) -> list[Count]:
    """What goes best with the subject; a category's own items go with it by definition, and are left out."""
    own = {key.removeprefix("category:") for key in question.subject if key.startswith("category:")}
    found = notes.book.partners(
        question.subject, question.where, question.k + (_OWN if own else 0), among=question.among
    )
    if own:
        kinds = {key: set(notes.catalog.facts(key)["categories"]) for one in found for key in one.y}
        found = [one for one in found if not any(own & kinds[key] for key in one.y)]
    return found[: question.k]


_OWN = 40
"""So many further partners are asked for where some may be of the category itself."""


def alone(notes: RuleNotes, question: Question) -> None:
    """Note in how many baskets and of how many people the subject is: a question of how many."""
    count = notes.book.count(question.subject, (), question.where)
    notes.say("count", count, INDEX)
    words, name = notes.words, notes.name(question.subject)
    notes.tell(
        "people",
        f"{count.people_x:,} of the {count.people:,} {words.people} there had {name} at least once.",
        f"{count.people:,}{words.people_zh}中有{count.people_x:,}{words.people_zh}至少一次{words.verb_zh}{name}。",
        keys=question.subject,
        numbers=count.numbers(),
    )
    if not question.where.is_everything:
        rule_doubt.chance_of(notes, count)


def pair(notes: RuleNotes, question: Question) -> None:
    """Note one pair, counted exactly, with the odds ratio that basket size, place and month do not explain."""
    x, y = question.subject, question.with_items
    count = notes.book.count(x, y, question.where)
    by_chance = count.n_x * count.n_y / count.n if count.n else 0.0
    notes.say("count", count, INDEX, more=_holds(notes, count.n_xy, count.n_x, by_chance))
    notes.propose(count)
    if DOUBTS & set(notes.aspects):
        rule_doubt.pair(notes, x, y, question.where)
    elif count.people_xy >= FEW:
        notes.say("adjusted", notes.book.adjusted(x, y, question.where), INDEX)
    elif count.n_x:
        notes.cannot_tell(
            f"If the two had nothing to do with each other, about {by_chance:.1f} would: too few to tell more.",
            f"若两者无关，预计约{by_chance:.1f}次：数据太少，无法进一步判断。",
            {"expected": by_chance},
        )


def following(notes: RuleNotes, question: Question) -> None:
    """Note what follows the subject within the days."""
    subject = question.subject
    if not subject and question.with_items:
        _leading(notes, question)
        return
    if not subject:
        rule_best.mined(notes, question)
        return
    rules = notes.book.next_after(
        subject, question.within_days, question.with_items, question.where, question.k
    )
    if not rules and not question.with_items:  # then the thing itself, which counts the occasions too
        again = notes.book.next_after(subject, question.within_days, subject, question.where, 1)
        for rule in again:
            notes.say("next", rule, INDEX)
    for rule in rules:
        usual = rule.n_x * rule.n_y / rule.n if rule.n else 0.0
        more = _holds(notes, rule.n_xy, rule.n_x, usual) if question.with_items else {}
        notes.say("next", rule, INDEX, more=more)
        notes.propose(rule)
    if rules:
        if question.with_items and 0 < rules[0].n_xy < FEW:
            notes.cannot_tell(
                f"{rules[0].n_xy} of {rules[0].n_x:,} are too few to tell whether that is more than usual.",
                f"{rules[0].n_x:,}次中只有{rules[0].n_xy}次，数据太少，无法判断是否高于平常。",
                {"n_x": rules[0].n_x, "n_xy": rules[0].n_xy},
            )
        if DOUBTS & set(notes.aspects):
            rule_doubt.following(notes, rules[0])
        return
    notes.say("count", notes.book.count(subject, (), question.where), INDEX)
    notes.cannot_tell(
        f"Nothing follows {notes.name(subject)} within {question.within_days} days more often than it follows "
        "anything else.",
        f"{question.within_days}天内，没有什么比平时更常出现在{notes.name(subject)}之后。",
        {"within_days": question.within_days},
    )


def _leading(notes: RuleNotes, question: Question) -> None:
    """Note after what the other end comes more often than after anything else."""
    y = question.with_items
    rules = notes.book.next_before(y, question.within_days, question.where, question.k)
    for rule in rules:
        notes.say("next", rule, INDEX)
        for key in notes.shown(rule.antecedent):  # what leads there is proposed, and not what was asked about
            notes.item(key, rule.lift, {"lift": rule.lift})
    if not rules:
        notes.say("count", notes.book.count(y, (), question.where), INDEX)
        notes.cannot_tell(
            f"Nothing leads to {notes.name(y)} within {question.within_days} days: it comes after nothing more often "
            "than after anything else.",
            f"{question.within_days}天内，没有什么之后比平时更常出现{notes.name(y)}。",
            {"within_days": question.within_days},
        )


def _holds(notes: RuleNotes, seen: int, of: int, usual: float) -> dict[str, float]:
    """Whether "do they?" is answered yes: more often than usual, and often enough to say so; no where never.

    "Do they usually?" asks for more than half, and says no to less; of what fewer than one in a hundred do, nobody says
    that people do it.
    """
    if "usually" in notes.aspects and of >= FEW:
        return {"holds": float(2 * seen > of)}
    if seen >= FEW and seen > usual:
        return {"holds": 1.0}
    return {"holds": 0.0} if of >= FEW and seen < _HARDLY * of else {}


_HARDLY = 0.01
