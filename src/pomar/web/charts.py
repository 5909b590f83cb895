"""Charts drawn on the server by Altair, as SVG that takes its colours from the page."""

from __future__ import annotations

import re
from collections.abc import Callable

import altair as alt
import vl_convert
from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

TOKENS = {
    "#000001": "var(--ink-2)",
    "#000002": "var(--in-use)",
    "#000003": "var(--line)",
    "#000004": "var(--ink-3)",
    "#000005": "var(--accent)",
}
"""Stand-ins that Vega accepts as colours, and the tokens of the stylesheet they become."""
LOCALES = {"pt-br": "pt-BR", "en": "en-US"}
_UNWANTED = re.compile(r'\s(?:style|role|aria-[a-z]+)="[^"]*"')


SIZES = {"large": (640, 320, 6), "small": (330, 210, 3)}
"""Width, height and ticks of the drawing for each width of page, so that text keeps its size."""
BARE = {"ticks": False, "labelPadding": 8}


def history(days, labels: tuple[str, str], key: str) -> dict[str, SafeString]:
    """Both bases over time, drawn in each size. `key` names what is drawn, so that it is drawn once."""
    return _drawn(f"history:{key}", lambda *measure: _history(days, labels, *measure))


def _drawn(key: str, chart: Callable[[int, int, int], alt.TopLevelMixin]) -> dict[str, SafeString]:
    """A chart in each size, by width, height and ticks."""
    name = f"chart:{key}:{get_language()}"
    drawn = cache.get(name)
    if drawn is None:
        drawn = {size: _svg(chart(*measure)) for size, measure in SIZES.items()}
        cache.set(name, drawn, timeout=24 * 3600)
    return {size: mark_safe(svg) for size, svg in drawn.items()}  # noqa: S308 - Vega drew it from numbers


def trend(points, target: float | None, key: str, share: bool) -> dict[str, SafeString]:
    """A measure over time, with its target as a line, drawn in each size."""
    return _drawn(f"trend:{key}:{points[-1].id}:{target}", lambda *measure: _trend(points, target, share, *measure))


def _trend(points, target: float | None, share: bool, width: int, height: int, ticks: int) -> alt.LayerChart:
    rows = [{"day": one.day.isoformat(), "value": one.value} for one in points]
    style = ".1%" if share else "~g"
    scale = alt.Scale(zero=False, nice=True)
    line = alt.Chart(alt.Data(values=rows)).mark_line(strokeWidth=2.2, color="#000005", point={"color": "#000005"})
    line = line.encode(
        x=alt.X("day:T", title=None, axis=alt.Axis(format="%b %Y", **BARE, grid=False, tickCount=ticks)),
        y=alt.Y("value:Q", title=None, scale=scale, axis=alt.Axis(format=style, **BARE, orient="right", domain=False,
                                                                  tickCount=4)),
    )  # fmt: skip
    drawn = [line]
    if target is not None:
        goal = alt.Chart(alt.Data(values=[{"target": target}])).mark_rule(strokeDash=[4, 4], color="#000001")
        drawn.append(goal.encode(y=alt.Y("target:Q", title=None, scale=scale)))
    return _dressed(alt.layer(*drawn).properties(width=width, height=height // 2))


def _dressed(chart):
    """In the page's own type and colours."""
    return chart.configure(
        aria=False,
        background="transparent",
        font="system-ui",
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(labelColor="#000004", gridColor="#000003", domainColor="#000003", labelFontSize=12),
    )


def _history(days, labels: tuple[str, str], width: int, height: int, ticks: int) -> alt.Chart:
    rows = [
        {"day": day.day.isoformat(), "base": name, "customers": count}
        for day in _thinned(days, 400)
        for name, count in zip(labels, (day.customers, day.installed_customers), strict=True)
    ]
    most = min(4, max((row["customers"] for row in rows), default=0) or 1)  # more would be parts of a customer
    colours = alt.Scale(domain=list(labels), range=["#000001", "#000002"])
    return _dressed(
        alt.Chart(alt.Data(values=rows), width=width, height=height)
        .mark_line(strokeWidth=2.2, interpolate="monotone")
        .encode(
            x=alt.X("day:T", title=None, axis=alt.Axis(format="%b %Y", **BARE, grid=False, tickCount=ticks)),
            y=alt.Y(
                "customers:Q",
                title=None,
                axis=alt.Axis(format=",d", **BARE, orient="right", domain=False, tickCount=most),
            ),
            color=alt.Color("base:N", legend=None, scale=colours),
        )
    )


def _thinned(days, most: int):
    """At most about `most` days, evenly taken, the last one always among them."""
    step = -(-len(days) // most) or 1
    return list(reversed(list(reversed(days))[::step]))


def _svg(chart) -> str:
    locale = LOCALES.get(get_language() or "en", "en-US")
    drawn = vl_convert.vegalite_to_svg(chart.to_json(validate=False), format_locale=locale, time_format_locale=locale)
    drawn = _UNWANTED.sub("", drawn)
    for colour, token in TOKENS.items():
        drawn = drawn.replace(colour, token)
    return drawn
