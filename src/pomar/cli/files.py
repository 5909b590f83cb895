"""`pomar import` and `pomar undo`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pomar.cli.base import answer, engine_option, json_option, number, progress, start
from pomar.cli.words import _

if TYPE_CHECKING:
    from pomar.bases.kinds import Category
    from pomar.sources.files.actions import FilesResult


VERDICTS = {
    "new": _("new"),
    "states": _("changed"),
    "corrections": _("corrected"),
    "ends": _("ended"),
    "repeats": _("repeated"),
    "quarantined": _("quarantined"),
}


@click.command("import", help=_("Bring in files: CSV, Excel, Parquet or JSON, mailboxes, calendars, chats."))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--as", "fact", metavar="FACT", help=_("What each row is: profile, purchase, license, usage…"))
@click.option("--map", "mapping", type=click.Path(path_type=Path), help=_("A mapping in TOML"))
@click.option("--source", metavar="NAME", help=_("The system the files come from"))
@click.option("--purpose", metavar="KEY", help=_("What the data is used for (`pomar purposes` lists them)"))
@click.option("--dry-run", is_flag=True, help=_("Show what would happen, and change nothing"))
@click.option("--full", is_flag=True, help=_("The files hold everything: what they lack has ended"))
@click.option("--yes", "confirmed", is_flag=True, help=_("Do not ask"))
@json_option
@engine_option
def import_command(files: tuple[Path, ...], as_json: bool, confirmed: bool, **options: Any) -> None:
    start()
    from pomar.access.roles import SYSTEM
    from pomar.bases import kinds
    from pomar.sources.files.actions import import_files

    if confirmed:
        options["confirmed"] = True
    with progress() as moved:
        result = import_files(SYSTEM, list(files), progress=moved, **options)
    open_kinds = kinds.undeclared(result.import_id) if result.import_id else []
    if as_json:
        answer(shape(result) | {"undeclared": [told(one) for one in open_kinds]})
    else:
        _show(result, options["dry_run"])
        ask(open_kinds)
        if result.import_id:
            _next(result)


def shape(result: FilesResult) -> dict[str, Any]:
    """The fixed JSON of `pomar import`; `counts` says more per fact, `files` how each was read."""
    names = ("import_id", "rows", "facts", "repeats", "quarantined", "reasons", "counts", "files")
    return {name: getattr(result, name) for name in names}


def told(category: Category) -> dict[str, Any]:
    """Products whose kind nobody declared, of one category (None: of none), and what they count as."""
    products = [one.product for one in category.products]
    return {"category": category.name, "products": products, "counted_as": category.counted_as}


def ask(found: list[Category]) -> None:
    """What the products are that nobody declared."""
    if not found:
        return
    click.echo(click.style(_("Nobody declared what these products are:"), bold=True))
    for category in found:
        passing = ", ".join(f"{number(count)} {kind}" for kind, count in category.counted_as.items())
        name = category.name or _("no category")
        click.echo("  " + _("%(category)s: counted as %(kinds)s") % {"category": name, "kinds": passing})
    click.echo(_("Say it with `pomar products CATEGORY term|durable|consumable|service`; both bases then follow."))


def _show(result: FilesResult, dry_run: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    from pomar.web.words import REASONS, label

    console = Console(highlight=False)
    title = _("Nothing was changed: this is what would happen") if dry_run else result.import_id
    console.print(title, style="bold")
    for file in result.files:
        _show_reading(console, file)
    table = Table("", *VERDICTS.values(), box=None, pad_edge=False)
    for fact, counts in result.counts.items():
        table.add_row(fact, *(number(counts.get(verdict, 0)) for verdict in VERDICTS))
    console.print(table)
    for reason, count in result.reasons.items():
        console.print(f"  {number(count)}  {reason}: {label(REASONS, reason)}", markup=False)
    _show_examples(console, result)


def _next(result: FilesResult) -> None:
    if result.quarantined:
        click.echo(_("Rows in quarantine count nowhere; the page Imports shows and corrects each."))
    click.echo(_("`pomar refresh` brings the figures up to date."))


def _show_reading(console: Any, file: dict[str, Any]) -> None:
    said = _("%(file)s: %(rows)s rows, each a %(fact)s of the source %(source)s")
    console.print(said % {**file, "rows": number(file["rows"])}, markup=False)
    for column, header in file["columns"].items():
        console.print(f"  {column} ← {header}", markup=False)
    if file["unmapped"]:
        console.print("  " + _("kept as they are: %s") % ", ".join(file["unmapped"]), markup=False)
    for note in file["notes"]:
        console.print(f"  {note}", markup=False)


def _show_examples(console: Any, result: FilesResult) -> None:
    from pomar.facts.queries import line

    for verdict, rows in result.examples.items():
        heading = VERDICTS.get(verdict) or VERDICTS.get(f"{verdict}s") or VERDICTS["quarantined"]
        console.print(heading, style="bold")
        for row in rows:
            cells = json.loads(row.get("raw") or "{}")
            number_ = line(result.files, row["file"], row["seq"])
            place = _("%(file)s, row %(row)s") % {"file": row["file"], "row": number_}
            filled = ", ".join(f"{name} {cell}" for name, cell in cells.items() if cell)
            console.print(f"  {place}: {filled}", markup=False)
            for problem in row.get("problems") or []:
                console.print(f"    {problem['column']} “{problem['value']}”: {problem['fix']}", markup=False)


@click.command("undo", help=_("Take an import back; it can be imported again."))
@click.argument("import_id", required=False)
@click.option("--list", "listing", is_flag=True, help=_("List the imports"))
@json_option
def undo_command(import_id: str | None, listing: bool, as_json: bool) -> None:
    start()
    if listing or not import_id:
        _list(as_json)
        return
    from pomar.access.roles import SYSTEM
    from pomar.facts import actions

    record = actions.undo(SYSTEM, import_id)
    if as_json:
        answer({"import_id": record.id, "status": record.status, "undone_at": record.undone_at})
    else:
        click.echo(_("Import %s is undone. `pomar refresh` brings the figures up to date.") % record.id)


def _list(as_json: bool) -> None:
    from pomar.facts import queries

    found = queries.imports()
    if as_json:
        answer([
            {
                "import_id": one.id, "status": one.status, "received_at": one.received_at, "facts": one.facts,
                "files": [{name: file.get(name) for name in ("file", "fact", "source")} for file in one.files],
            }
            for one in found
        ])  # fmt: skip
        return
    for one in found:
        names = ", ".join(_named(file) for file in one.files)
        click.echo(f"{one.id}  {one.received_at:%Y-%m-%d %H:%M}  {one.status:9} {number(one.facts):>10}  {names}")


def _named(file: dict[str, Any]) -> str:
    """The file, what its rows are and whose: `orders.csv (purchase, erp)`."""
    about = ", ".join(str(file[name]) for name in ("fact", "source") if file.get(name))
    return f"{file.get('file') or '-'} ({about})"
