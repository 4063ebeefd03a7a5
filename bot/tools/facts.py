"""Evidence in the making: ids in order, one plain sentence each, and the numbers that the sentence may say.

Knows how a fact about an item is said. It refuses to know which facts a tool wants.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from bot.catalogue import Facts, OpenCatalog
from bot.dialogue.turn import Evidence, ItemRef, ToolResult
from retrieval.candidate import Candidate


def percent(share: float) -> str:
    """0.25914 -> "25.9 %"."""
    return f"{100 * share:.1f} %"


def listing(words: Sequence[str], last: str = "and") -> str:
    """Join words as people do: "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def counted(n: int, nouns: str) -> str:
    """Count what a noun in the plural names: "1 household", "1,204 people"."""
    if n != 1:
        return f"{n:,} {nouns}"
    return f"1 {'person' if nouns == 'people' else nouns.removesuffix('s')}"


def titled(facts: Facts) -> str:
    """The title with the year, where the title does not say it already."""
    year = facts["year"]
    return facts["title"] if year is None or str(year) in facts["title"] else f"{facts['title']} ({year})"


class Notes:
    """Collects the items and the evidence of one tool call."""

    def __init__(self, catalog: OpenCatalog, first: int) -> None:
        self.catalog = catalog
        self._first = first
        self._evidence: list[Evidence] = []
        self._items: dict[str, ItemRef] = {}

    def note(
        self,
        kind: str,
        text: str,
        *,
        items: Iterable[str] = (),
        numbers: Mapping[str, float] | None = None,
        source: str,
    ) -> None:
        """Add one fact; the same sentence is not said twice."""
        if any(fact.text == text for fact in self._evidence):
            return
        finite = {name: float(value) for name, value in (numbers or {}).items() if math.isfinite(value)}
        self._evidence.append(
            Evidence(
                id=f"e{self._first + len(self._evidence)}",
                kind=kind,
                items=tuple(dict.fromkeys(items)),
                numbers=finite,
                source=f"{source}; {self.catalog.covers()}",
                text=text,
            )
        )

    @property
    def said(self) -> int:
        """How many facts there are so far."""
        return len(self._evidence)

    def item(self, item: str, score: float, parts: Mapping[str, float]) -> None:
        """Propose an item; the first proposal of an item stands."""
        facts = self.catalog.facts(item)
        finite = {name: float(value) for name, value in parts.items() if math.isfinite(value)}
        self._items.setdefault(
            item,
            ItemRef(
                id=item,
                title=facts["title"],
                score=float(score),
                parts=finite,
                category=", ".join(facts["categories"]),
                year=facts["year"],
            ),
        )

    def candidate(self, candidate: Candidate) -> None:
        """Propose what a search or a ranking returned."""
        self.item(candidate.item, candidate.score, candidate.parts)

    def result(self) -> ToolResult:
        """Everything that was noted."""
        return ToolResult(items=tuple(self._items.values()), evidence=tuple(self._evidence))


def describe(catalog: OpenCatalog, item: str, lang: str = "en") -> tuple[str, dict[str, float]]:
    """One sentence of facts about an item, and its numbers."""
    facts = catalog.facts(item)
    numbers: dict[str, float] = {"n": facts["n"], "people": facts["people"]}
    if facts["year"] is not None:
        numbers["year"] = facts["year"]
    words = catalog.mining.wording
    kinds = ", ".join(facts["categories"])
    if lang == "zh":
        taken = f"{facts['people']:,}{words.people_zh}{words.verb_zh}过"
        body = f"《{titled(facts)}》：{'、'.join(facts['categories'])}，{taken}"
        if facts["mean"] is not None:
            numbers["mean"] = facts["mean"]
            body += f"，平均评分 {facts['mean']:.1f}"
        return body + "。", numbers
    said = [f"{titled(facts)}:"]
    if kinds:
        said.append(f"{kinds};")
    if facts["people"] == 0:
        return " ".join([*said, f"nobody {words.verb} it yet."]), numbers
    tail = f"{counted(facts['people'], words.people)} {words.verb} it"
    if facts["mean"] is not None:
        numbers["mean"] = facts["mean"]
        tail += f", mean rating {facts['mean']:.1f}"
    elif facts["n"] != facts["people"]:
        tail += f", {facts['n']:,} times"
    return " ".join([*said, tail + "."]), numbers
