"""The Rules tab: filters, one chart, and the list of rules in plain sentences.

Knows the tab's components and what they ask of the service. It refuses to know what a rule is. A click on a rule sends
its question into the chat (`static/page.js`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import gradio as gr

from bot.dialogue.chart import Chart, ChartKind
from bot.service import CatalogCard, Measure, RuleFilter, RuleLine, Service
from bot.web import cards, words
from bot.web.files import rules_csv
from bot.web.problems import REFUSALS
from bot.web.ui_page import plot_of

ANY = ""
_CHARTS: tuple[tuple[str, ChartKind], ...] = (
    ("Weekday and hour", "heatmap"),
    ("Links", "network"),
    ("Until again", "histogram"),
    ("Over time", "line"),
)
_DAYPARTS = ("morning", "afternoon", "evening", "night")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_COLUMNS = ("n_xy", "confidence", "lift")
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
"""Every event of the page: no door of its own, no overlay, no waiting for other visitors."""


def choices(names: tuple[str, ...] | list[str], anything: str) -> list[tuple[str, str]]:
    """Return the choices of a picker, the first one meaning any."""
    return [(anything, ANY), *((name[:1].upper() + name[1:], name) for name in names)]


@dataclass(frozen=True)
class Found:
    """What the tab shows for one set of filters."""

    listed: str
    """HTML of the list."""
    chart: Chart | None
    trouble: str = ""
    """HTML of why there is no chart."""


def find(service: Service, catalog: str | None, chosen: RuleFilter, drawn: ChartKind) -> Found:
    """Look rules up and draw one chart; what cannot be done is said in its place."""
    try:
        rules = service.rules(chosen, catalog=catalog)
    except REFUSALS as error:
        return Found(cards.trouble(str(error)), None)
    try:
        return Found(listing(rules), service.draw(drawn, chosen, catalog=catalog))
    except REFUSALS as error:
        return Found(listing(rules), None, f'<p class="al-quiet">{cards.escape(str(error))}</p>')


def listing(rules: tuple[RuleLine, ...]) -> str:
    """Return rules as a table: a sentence that can be asked about, and its main numbers."""
    if not rules:
        return '<p class="al-quiet">No rule passed the tests for that: what is there could be chance.</p>'
    head = "".join(f"<th>{cards.escape(words.MEASURES[name])}</th>" for name in _COLUMNS)
    rows = "".join(_row(rule) for rule in rules)
    save = cards.file_button("almanac-rules.csv", rules_csv(rules), "Download CSV")
    return (
        f'<div class="al-list-head"><p class="al-quiet">{words.count(len(rules), "rule")}; choose one to ask about it.'
        f'</p>{save}</div><table class="al-rules"><thead><tr><th>Rule</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _row(rule: RuleLine) -> str:
    tags = [words.KINDS[rule.kind], *([rule.context] if rule.context else [])]
    cells = "".join(
        f'<td data-name="{words.MEASURES[name]}">{_figure(name, rule.numbers.get(name))}</td>'
        for name in _COLUMNS
    )
    return (
        f"<tr><td>{cards.say(rule.question, rule.sentence, 'al-rule')}"
        f'<span class="al-source">{cards.escape(" · ".join(tags))}</span></td>{cells}</tr>'
    )


def _figure(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.3g} %" if name == "confidence" else words.number(value)


class RulesTab:
    """The tab's components.

    Args:
        service: Finds and draws.
        first: The catalogue that is shown at first.
    """

    def __init__(self, service: Service, first: CatalogCard | None) -> None:
        self._service = service
        with gr.Row(elem_id="al-filters"):
            self.item = gr.Textbox(
                label="Item", placeholder="any", elem_id="al-rule-item", max_length=200, min_width=150
            )
            self.category = self._picker("Category", choices(first.categories if first else (), "Any"))
            self.kind = self._picker("Kind", [(words.KINDS[kind], kind) for kind in words.KINDS], "any")
            self.weekday = self._picker("Weekday", choices(_WEEKDAYS, "Any"))
            self.daypart = self._picker("Time of day", choices(_DAYPARTS, "Any"))
            self.place = self._picker("Place", [("Everywhere", ANY)])
            self.measure = self._picker(
                "Order by", [(words.MEASURES[name], name) for name in get_args(Measure)], "strength"
            )
        self.drawn = gr.Radio(
            list(_CHARTS),
            value="heatmap",
            show_label=False,
            label="Chart",
            elem_id="al-drawn",
            container=False,
        )
        self.plot = gr.Plot(show_label=False, container=False, elem_id="al-plot", visible=False)
        self.caption = gr.Markdown(elem_id="al-caption", padding=False)
        self.listed = gr.Markdown(elem_id="al-rules", padding=False)

    @staticmethod
    def _picker(label: str, options: list[tuple[str, str]], value: str = ANY) -> gr.Dropdown:
        return gr.Dropdown(options, value=value, label=label, allow_custom_value=True, min_width=130)

    @property
    def inputs(self) -> list[Any]:
        """The filters in the order of `look`'s arguments."""
        return [
            self.item, self.category, self.kind, self.weekday, self.daypart, self.place, self.measure, self.drawn,
        ]  # fmt: skip

    def wire(self, tab: gr.Tab, catalog: gr.Radio) -> None:
        """Look again whenever a filter changes, and whenever the tab is opened."""
        shown = [self.plot, self.caption, self.listed]
        for one in self.inputs:
            event = one.submit if one is self.item else one.input
            event(self.look, [catalog, *self.inputs], shown, **QUIET)
        pickers = [self.category, self.place]
        tab.select(self.offer, [catalog, *pickers], pickers, **QUIET).then(
            self.look, [catalog, *self.inputs], shown, **QUIET
        )

    def offer(self, catalog: str | None, category: str, place: str) -> list[Any]:
        """Offer the categories and places of the catalogue; keep what is chosen where it has that."""
        card = next((one for one in self._service.catalogs() if one.name == catalog), None)
        categories = card.categories if card else ()
        places = card.places if card else ()
        return [
            gr.Dropdown(choices(categories, "Any"), value=category if category in categories else ANY),
            gr.Dropdown(
                [("Everywhere", ANY), *((one.name, one.id) for one in places)],
                value=place if any(one.id == place for one in places) else ANY,
            ),
        ]

    def look(self, catalog: str | None, *chosen: str | None) -> list[Any]:
        """Return chart, caption and list for what the filters say."""
        item, category, kind, weekday, daypart, place, measure, drawn = chosen
        kinds, measures = tuple(words.KINDS), get_args(Measure)
        wanted = RuleFilter(
            item=(item or "").strip() or None,
            category=category or None,
            kind=kind if kind in kinds else "any",  # type: ignore[arg-type]  # checked here
            weekday=weekday or None,
            daypart=daypart or None,
            place=place or None,
            measure=measure if measure in measures else "strength",  # type: ignore[arg-type]  # checked here
        )
        named: ChartKind = next((name for _, name in _CHARTS if name == drawn), "heatmap")
        found = find(self._service, catalog, wanted, named)
        if found.chart is None:
            return [gr.Plot(visible=False), found.trouble, found.listed]
        caption = f'<p class="al-caption">{cards.escape(found.chart.sentence)}</p>'
        return [gr.Plot(plot_of(found.chart), visible=True), caption, found.listed]
