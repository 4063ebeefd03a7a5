"""The Health tab: generation, window of data, model and latency, for whoever runs the site.

Knows the health document and the counters. It refuses to judge: what is wrong is `almanac doctor`'s to say.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import gradio as gr

from bot.service import CatalogCard, Service
from bot.web import cards, words
from bot.web.metrics import Metrics
from bot.web.ui_rules import QUIET


def report(health: dict[str, Any], catalogs: tuple[CatalogCard, ...], metrics: Metrics) -> str:
    """Return the tab's HTML."""
    parts = [_catalog(card, health.get("catalogs", {}).get(card.name, {})) for card in catalogs]
    parts.append(_section("Model and latency", [*_model(health), *_latency(metrics)]))
    return f'<div class="al-health">{"".join(parts)}</div>'


def _catalog(card: CatalogCard, told: dict[str, Any]) -> str:
    rows = [
        ("Items", f"{card.items:,}"),
        ("People", f"{card.people:,}"),
        ("Interactions", f"{card.interactions:,}"),
        ("Window of data", words.data_window(card).removeprefix("data ")),
        ("Local time", f"{words.local_instant(card.now, card.zone)} ({card.zone})"),
        ("Generation", card.generation),
    ]
    if told.get("created"):
        rows.append(("Built", words.local_instant(datetime.fromisoformat(told["created"]), "UTC") + " UTC"))
    return _section(card.title, rows)


def _model(health: dict[str, Any]) -> list[tuple[str, str]]:
    return [("Language model", str(health.get("model") or "none: the planner and the templates answer"))]


def _latency(metrics: Metrics) -> list[tuple[str, str]]:
    rows = []
    for name, histogram in (
        ("First words", metrics.first_token_seconds),
        ("Whole answer", metrics.turn_seconds),
    ):
        half, most = histogram.quantile(0.5), histogram.quantile(0.95)
        if half is None or most is None:
            rows.append((name, "no answer yet since the start"))
            continue
        rows.append(
            (
                name,
                f"half within {_seconds(half[0])}, 95 % within {_seconds(most[0])}, of {words.count(half[1], 'answer')}",
            )
        )
    return rows


def _seconds(bound: float) -> str:
    return f"{bound:g} s" if bound != float("inf") else "more than 32 s"


def _section(title: str, rows: list[tuple[str, str]]) -> str:
    body = "".join(f"<dt>{cards.escape(name)}</dt><dd>{cards.escape(value)}</dd>" for name, value in rows)
    return f'<section class="al-panel-card"><h3>{cards.escape(title)}</h3><dl>{body}</dl></section>'


class HealthTab:
    """The tab's components.

    Args:
        service: Knows generations, data and model.
        metrics: Knows how long answers took.
    """

    def __init__(self, service: Service, metrics: Metrics) -> None:
        self._service = service
        self._metrics = metrics
        self.told = gr.Markdown(elem_id="al-health", padding=False)

    def wire(self, tab: gr.Tab) -> None:
        """Tell anew whenever the tab is opened."""
        tab.select(self.tell, None, [self.told], **QUIET)

    def tell(self) -> str:
        """Return the report of this moment."""
        return report(self._service.health(), self._service.catalogs(), self._metrics)
