"""`pomar metric`: what a metric comes to, and what it means."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from pomar.cli.base import answer, reading, start
from pomar.cli.words import _

if TYPE_CHECKING:
    from pomar.insight.metric import Figure, Metric


@click.command("metric", help=_("A metric on any day with its definition; without KEY, which ones there are."))
@click.argument("key", required=False)
@reading
def metric_command(key: str | None, as_json: bool, as_of: date | None, known_at: datetime | None) -> None:
    start()
    from pomar.insight.metric import told
    from pomar.insight.quality import queries

    if key is None:
        _list(as_json)
        return
    metric, found, day = queries.figure(key, as_of, known_at)
    if as_json:
        answer(told(metric, found, day) | {"known_at": known_at})
    else:
        _show(metric, found, day)


def _list(as_json: bool) -> None:
    from pomar.insight.metric import METRICS, listed

    if as_json:
        answer(listed())
        return
    for key, one in sorted(METRICS.items()):
        click.echo(f"{key:26} {one.name}: {one.definition}")


def _show(metric: Metric, found: Figure, day: date) -> None:
    from pomar.web.quality import beside, part_name, written

    click.echo(click.style(str(metric.name), bold=True) + f" · {day}: {written(metric, found.value)}")
    click.echo(str(metric.definition))
    click.echo(str(metric.formula))
    for name, value in beside(metric, found.beside):
        click.echo(f"  {name}: {value}")
    for part in found.parts:
        if part.of:
            click.echo(f"  {written(metric, part.value):>12}  {part_name(part.key)}")
