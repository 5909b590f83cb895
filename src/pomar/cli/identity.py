"""`pomar identity`: who is who, decided and measured."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pomar.cli.base import answer, json_option, number, progress, start
from pomar.cli.words import _

if TYPE_CHECKING:
    import pyarrow as pa


@click.group("identity", help=_("Which records are one customer: how well that is found, and what people decide."))
def identity_command() -> None:
    pass


@identity_command.command("match", help=_("Compare new and changed records now, instead of waiting for the worker."))
@json_option
def match_command(as_json: bool) -> None:
    start()
    from dataclasses import asdict

    from pomar.access.roles import SYSTEM
    from pomar.identity.actions import match

    with progress() as told:
        done = match(SYSTEM, told)
    if as_json:
        answer(asdict(done) if done else None)
    elif done is None:
        click.echo(_("Nothing changed since records were compared last."))
    else:
        said = _("%(fresh)s records were compared, %(pairs)s pairs stored. `pomar refresh` counts by it.")
        click.echo(said % {"fresh": number(done.fresh), "pairs": number(done.pairs)})


@identity_command.command("evaluate", help=_("How well the shipped configuration matches the records of FILE."))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--truth", required=True, help=_("The column that says which records are truly one"))
@json_option
def evaluate_command(file: Path, truth: str, as_json: bool) -> None:
    start()
    from pomar.engine import open_engine
    from pomar.identity.evaluate import evaluate

    profiles, told = _labelled(file, truth)
    with open_engine() as engine:
        found = evaluate(engine, engine.table(profiles), told)
    if as_json:
        answer({"pairs": found.pairs, "precision": found.precision, "recall": found.recall, "f1": found.f1})
        return
    click.echo(_("Pairs found: %s") % found.pairs)
    click.echo(_("Of them right (precision): %.4f") % found.precision)
    click.echo(_("Of the true ones found (recall): %.4f") % found.recall)
    click.echo(_("F1: %.4f") % found.f1)


def _labelled(file: Path, truth: str) -> tuple[pa.Table, pa.Table]:
    """Profiles as an import would read them, each row a record of its own, and which are truly one; what the column
    of the truth says is read for that alone."""
    from pomar.engine import duck
    from pomar.facts.schema import FACTS
    from pomar.kernel.errors import BadInput
    from pomar.sources.files.actions import staged_part
    from pomar.sources.files.parts import Asked, parts_of

    with closing(duck()) as con:
        part = parts_of([file], Asked("profile", "file", None, None), None, {})[0]
        staged = staged_part(con, part, "labelled")
        headers = staged.detection.layout.headers
        if truth not in headers:
            known = ", ".join(headers)
            raise BadInput(str(file), _("no column is called “%s”.") % truth, _("Known: %s.") % known)
        told = {name for name, rule in staged.detection.mapping.columns.items() if truth in rule.headers}
        schema = FACTS["profile"].schema
        key = '$."' + truth.replace('"', '\\"') + '"'
        own = {
            "source": "'file'", "source_id": "seq::VARCHAR", "customer_ref": "seq::VARCHAR",
            "occurred_at": "TIMESTAMPTZ '1970-01-01 00:00:00+00'", "seq": "seq::BIGINT", "import_id": "''",
            "received_at": "TIMESTAMPTZ '1970-01-01 00:00:00+00'", "retracted": "false",
        }  # fmt: skip
        own = {name: f'"{name}"' for name in schema.names} | dict.fromkeys(told, "NULL") | own
        columns = ", ".join(f'{own[name]} AS "{name}"' for name in schema.names)
        rows = con.execute(f"SELECT {columns} FROM labelled ORDER BY seq").to_arrow_table()
        labels = con.execute(
            "SELECT seq::VARCHAR AS ref, json_extract_string(raw, ?) AS truth FROM labelled", [key]
        ).to_arrow_table()
        return rows.cast(schema), labels
