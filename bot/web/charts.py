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

import plotly.graph_objects as go

from bot.dialogue.chart import Chart
from bot.web import network

DATA, PEAK = "#2f8596", "#b7791f"
"""Colours of the data, and of what the sentence points at."""
_CLEAR = "rgba(0,0,0,0)"
_SCALE = [[0.0, "rgba(47,133,150,0.06)"], [0.5, "rgba(47,133,150,0.5)"], [1.0, "rgba(47,133,150,1)"]]
_CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}


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
        height=made.layout.height or 360,
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
    placed = network.place([unescape(label) for label in chart.labels], links)
    places = placed.places
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
            text=["<br>".join(escape(line, quote=False) for line in name) for name in placed.names],
            textposition=["top center" if above else "bottom center" for above in placed.above],
            textfont={"size": 10},
            customdata=list(zip(chart.labels, near, strict=True)),
            marker={"size": [8 + 2 * math.sqrt(one) for one in degree], "color": PEAK},
            hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>",
        )
    )
    made.update_layout(height=round(placed.height) + 54)
    made.update_xaxes(visible=False, range=[0, network.WIDTH])
    return made.update_yaxes(visible=False, range=[placed.height, 0])


def _marked(values: Sequence[float]) -> list[str]:
    """Colour the highest value."""
    top = max(values, default=0.0)
    return [PEAK if value == top and top > 0 else DATA for value in values]


def _shares(values: Sequence[float]) -> str:
    return ".0%" if max(values, default=0.0) >= 0.04 else ".2%"
