"""Charts as Plotly figures: one place that knows the drawing library.

Knows how each kind of chart is drawn. It refuses to know where its numbers come from. The ground is transparent, the
colours of the data stand out from a light ground and from a dark one, and texts and grid lines take the page's
colours (`static/page.css`), so that a chart on the page follows the colour mode without being drawn again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from html import escape, unescape

import numpy as np
import plotly.graph_objects as go

from bot.dialogue.chart import Chart

DATA, PEAK = "#2f8596", "#b7791f"
"""Colours of the data, and of what the sentence points at."""
_CLEAR = "rgba(0,0,0,0)"
_SCALE = [[0.0, "rgba(47,133,150,0.06)"], [0.5, "rgba(47,133,150,0.5)"], [1.0, "rgba(47,133,150,1)"]]
_CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
_LONGEST = 24
_STEPS = 200
_GRAVITY = 1.5
"""Pull to the middle, so that parts without a link between them do not drift apart and leave each other no room."""


def drawing(chart: Chart) -> str:
    """Return a chart as the JSON that plotly.js draws, without its tool bar."""
    document = json.loads(figure(chart).to_json())
    return json.dumps({**document, "config": _CONFIG})


def figure(chart: Chart) -> go.Figure:
    """Return a chart as a figure."""
    draw = {
        "heatmap": _heatmap,
        "line": _line,
        "bar": _bar,
        "histogram": _histogram,
        "network": _network,
    }
    made = draw[chart.kind](_plain(chart))
    made.update_layout(
        title={
            "text": escape(chart.title, quote=False),
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "pad": {"l": 10},
        },
        title_font_size=15,
        font={"family": "system-ui, sans-serif", "size": 12},
        paper_bgcolor=_CLEAR,
        plot_bgcolor=_CLEAR,
        margin={"l": 10, "r": 10, "t": 44, "b": 10},
        height=360,
        dragmode=False,
        showlegend=False,
        hoverlabel={"align": "left"},
    )
    along, up = (chart.y_title, "") if chart.kind == "bar" else (chart.x_title, chart.y_title)
    made.update_xaxes(title={"text": along}, automargin=True, fixedrange=True, zeroline=False)
    made.update_yaxes(title={"text": up}, automargin=True, fixedrange=True, zeroline=False)
    return made


def _plain(chart: Chart) -> Chart:
    """Return a chart whose texts cannot be the markup that Plotly would read in them."""

    def text(values: tuple[str | float, ...]) -> tuple[str | float, ...]:
        return tuple(escape(value, quote=False) if isinstance(value, str) else value for value in values)

    labels = tuple(escape(label, quote=False) for label in chart.labels)
    title = escape(chart.title, quote=False)
    return replace(chart, title=title, x=text(chart.x), y=text(chart.y), labels=labels)


def _heatmap(chart: Chart) -> go.Figure:
    width = len(chart.x)
    texts = [list(chart.labels[at : at + width]) for at in range(0, len(chart.labels), width)]
    made = go.Figure(
        go.Heatmap(
            x=list(chart.x),
            y=list(chart.y),
            z=[list(row) for row in chart.z],
            customdata=texts,
            colorscale=_SCALE,
            zmin=0,
            xgap=2,
            ygap=2,
            colorbar={"tickformat": ".0%", "thickness": 10, "outlinewidth": 0},
            hovertemplate="%{y}, %{x}:00<br>%{customdata}<extra></extra>",
        )
    )
    made.update_xaxes(type="category", showgrid=False, tickmode="array", tickvals=list(chart.x)[::3])
    return made.update_yaxes(type="category", autorange="reversed", showgrid=False)


def _line(chart: Chart) -> go.Figure:
    values = [float(y) for y in chart.y]
    made = go.Figure(
        go.Scatter(
            x=list(chart.x),
            y=values,
            customdata=list(chart.labels),
            mode="lines+markers",
            line={"color": DATA, "width": 2.5},
            marker={"size": 8, "color": _marked(values)},
            hovertemplate="%{x}<br>%{customdata}<extra></extra>",
        )
    )
    made.update_xaxes(type="category", showgrid=False, nticks=10)
    return made.update_yaxes(tickformat=_shares(values), rangemode="tozero")


def _bar(chart: Chart) -> go.Figure:
    values = [float(y) for y in chart.y]
    made = go.Figure(
        go.Bar(
            x=values,
            y=list(chart.x),
            orientation="h",
            customdata=list(chart.labels),
            marker={"color": _marked(values)},
            hovertemplate="%{y}<br>%{customdata}<extra></extra>",
        )
    )
    made.update_layout(bargap=0.35)
    made.update_xaxes(tickformat=_shares(values), rangemode="tozero")
    return made.update_yaxes(type="category", autorange="reversed", showgrid=False)


def _histogram(chart: Chart) -> go.Figure:
    values = [float(y) for y in chart.y]
    made = go.Figure(
        go.Bar(
            x=list(chart.x),
            y=values,
            customdata=list(chart.labels),
            marker={"color": _marked(values)},
            hovertemplate="%{x} days<br>%{customdata}<extra></extra>",
        )
    )
    made.update_layout(bargap=0.06)
    made.update_xaxes(type="category", showgrid=False)
    return made.update_yaxes(rangemode="tozero", tickformat=",d")


def _network(chart: Chart) -> go.Figure:
    links = [(int(first), int(second)) for first, second in zip(chart.x, chart.y, strict=True)]
    lifts = [float(lift or 0.0) for lift in (chart.z[0] if chart.z else ())]
    places = spread(len(chart.labels), links)
    made = go.Figure()
    top = max(lifts, default=1.0) or 1.0
    for (first, second), lift in zip(links, lifts, strict=True):
        (x0, y0), (x1, y1) = places[first], places[second]
        made.add_trace(
            go.Scatter(
                x=[x0, x1],
                y=[y0, y1],
                mode="lines",
                line={"color": DATA, "width": 1 + 3 * lift / top},
                opacity=0.45,
                hoverinfo="skip",
            )
        )
    degree = [sum(node in link for link in links) for node in range(len(places))]
    near = [
        "<br>".join(
            f"{lift:.1f} times with {chart.labels[first + second - node]}"
            for (first, second), lift in zip(links, lifts, strict=True)
            if node in (first, second)
        )
        for node in range(len(places))
    ]
    made.add_trace(
        go.Scatter(
            x=[x for x, _ in places],
            y=[y for _, y in places],
            mode="markers+text",
            text=[_short(name) for name in chart.labels],
            textposition=_away(places, links),
            textfont={"size": 11},
            customdata=list(zip(chart.labels, near, strict=True)),
            marker={"size": [9 + 3 * math.sqrt(one) for one in degree], "color": PEAK},
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>",
        )
    )
    made.update_xaxes(visible=False, range=[-1.35, 1.35])
    return made.update_yaxes(visible=False, range=[-1.25, 1.25])


def _away(places: Sequence[tuple[float, float]], links: Sequence[tuple[int, int]]) -> list[str]:
    """Write each name on the side that its neighbours are not on."""
    sides = []
    for node, (_, y) in enumerate(places):
        around = [places[first + second - node][1] for first, second in links if node in (first, second)]
        level = sum(around) / len(around) if around else 0.0
        sides.append("top center" if y >= level else "bottom center")
    return sides


def _marked(values: Sequence[float]) -> list[str]:
    """Colour the highest value."""
    top = max(values, default=0.0)
    return [PEAK if value == top and top > 0 else DATA for value in values]


def _shares(values: Sequence[float]) -> str:
    return ".0%" if max(values, default=0.0) >= 0.04 else ".2%"


def _short(name: str) -> str:
    name = unescape(name)
    return escape(name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1].rstrip()}…", quote=False)


def spread(n: int, links: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
    """Return places for n nodes within -1 to 1: linked ones near, all others apart.

    Springs (distance^2 / ideal) and charges (ideal^2 / distance) after Fruchterman and Reingold (1991), from a circle,
    with steps that shrink: the same links give the same picture.
    """
    angle = 2 * np.pi * np.arange(n) / max(n, 1)
    places = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    linked = np.zeros((n, n))
    for one, other in links:
        linked[one, other] = linked[other, one] = 1
    ideal = np.sqrt(4 / max(n, 1))
    for step in range(_STEPS):
        apart = places[:, None, :] - places[None, :, :]
        gap = np.maximum(np.hypot(apart[..., 0], apart[..., 1]), 0.01)
        force = ideal**2 / gap**2 - linked * gap / ideal
        move = (apart * force[..., None]).sum(axis=1) - _GRAVITY * places
        length = np.maximum(np.hypot(move[:, 0], move[:, 1]), 1e-9)
        heat = 0.2 * (1 - step / _STEPS)
        places = places + move * (np.minimum(length, heat) / length)[:, None]
    low, high = places.min(axis=0, initial=0.0), places.max(axis=0, initial=0.0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-9)
    return [(float(x), float(y)) for x, y in (places - middle) / half]
