"""The bridge as a page draws it: one bar per place, from everyone who bought down to those in use."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from pomar.bases.shapes import Bases
from pomar.web import words
from pomar.web.asking import Asking

ALIVE = ("unlicensed_use", "in_use")


@dataclass(frozen=True)
class Row:
    """One place: its count opens `url`; the bar goes from `x` to `x + width`, as shares of the track."""

    key: str
    word: words.Word
    count: int
    url: str
    x: str
    width: str
    edge: str
    step_url: str = ""
    total: bool = False

    @property
    def css(self) -> str:
        return self.key.replace("_", "-")


@dataclass(frozen=True)
class Bridge:
    """`rows` with somebody at them, in the order drawn; nobody stands at `empty`."""

    rows: tuple[Row, ...]
    empty: tuple[words.Word, ...]


class _Track:
    """Lays bars end to end from the right, so that each gap takes its share off the base."""

    def __init__(self, whole: int) -> None:
        self.whole = max(whole, 1)
        self.left = whole

    def take(self, count: int) -> dict[str, str]:
        edge = self.left
        self.left -= count
        return self.span(self.left, count, edge)

    def span(self, start: int, count: int, edge: int) -> dict[str, str]:
        share = 100 / self.whole
        return {"x": f"{start * share:.3f}%", "width": f"{count * share:.3f}%", "edge": f"{edge * share:.3f}%"}


def of_customers(bases: Bases, asking: Asking) -> Bridge:
    """Customer base, the gaps, and the installed base with those who never bought beside it."""
    counts = {place.place: place.count for place in bases.customer_places}
    whole = max(bases.customers, bases.installed_customers)
    track = _Track(whole)
    track.left = bases.customers

    def url(**params: str) -> str:
        return _url("customers", asking, product=bases.product, **params)

    first = Row("all", words.CUSTOMER_BASE, bases.customers, url(), total=True, **track.span(0, bases.customers, 0))
    split = bool(counts.get("unlicensed_use") or bases.not_bought)
    places = [place for place in reversed(words.PLACES) if counts.get(place) and (split or place != "in_use")]
    gaps = [
        Row(
            place,
            words.PLACES[place],
            counts[place],
            url(place=place),
            step_url=url(place=place, sort=words.PLACES[place].sort),
            **track.take(counts[place]),
        )
        for place in places
    ]
    if bases.not_bought:
        start = counts.get("in_use", 0) + counts.get("unlicensed_use", 0)
        gaps.append(
            Row(
                "not_bought",
                words.NOT_BOUGHT,
                bases.not_bought,
                url(base="not_bought"),
                **track.span(start, bases.not_bought, start),
            )
        )
    last = Row(
        "in_use",
        words.INSTALLED_BASE,
        bases.installed_customers,
        url(base="installed_base"),
        total=True,
        step_url=""
        if split or not bases.installed_customers
        else url(base="installed_base", sort=words.PLACES["in_use"].sort),
        **track.span(0, bases.installed_customers, bases.installed_customers),
    )
    empty = tuple(words.PLACES[place] for place in words.PLACES if place != "in_use" and not counts.get(place))
    return Bridge((first, *gaps, last), empty)


def of_units(bases: Bases, asking: Asking) -> Bridge:
    """All units ever, by state, down to the installed ones."""
    track = _Track(sum(bases.unit_states.values()))

    def url(**params: str) -> str:
        return _url("units", asking, product=bases.product, **params)

    states = [place for place in reversed(words.PLACES) if bases.unit_states.get(place)]
    all_units = Row("all", words.ALL_UNITS, track.left, url(), total=True, **track.span(0, track.left, 0))
    rows = [
        Row(
            state,
            words.UNIT_STATES[state],
            bases.unit_states[state],
            url(state=state),
            **track.take(bases.unit_states[state]),
        )
        for state in states
        if state != "in_use"
    ]
    alive = bases.unit_states.get("in_use", 0)
    last = Row("in_use", words.UNIT_STATES["in_use"], alive, url(state="in_use"), total=True, **track.take(alive))
    empty = tuple(
        word for state, word in words.UNIT_STATES.items() if state != "in_use" and not bases.unit_states.get(state)
    )
    return Bridge((all_units, *rows, last), empty)


def _url(name: str, asking: Asking, **params: str | None) -> str:
    kept = asking.params | {key: value for key, value in params.items() if value}
    return f"{reverse(name)}?{urlencode(kept)}" if kept else reverse(name)
