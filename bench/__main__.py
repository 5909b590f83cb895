"""`python -m bench all --scale 0.02`: build the company, measure, compare with hand-written SQL, report."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from bench import measure, report

HERE = Path(__file__).resolve().parent
MEMORY = "10GB"
"""DuckDB's own limit in both contestants; the goal allows the process 12 GB."""


@click.group()
def main() -> None:
    """How fast Pomar is, as ratios to hand-written SQL in the same run."""


@main.command("all")
@click.option("--scale", default=0.02, show_default=True, help="1 is 1M customers and 100M usage events.")
@click.option("--home", type=click.Path(path_type=Path), help="Where to build (default bench/data); emptied first.")
@click.option("--repeat", default=1, show_default=True, help="Measure the full refreshes so often; the fastest counts.")
@click.option("--results", type=click.Path(path_type=Path), default=HERE / "results", show_default=True)
@click.option("--loads/--no-loads", default=True, help="Also time the demo company and Online Retail.")
def everything(scale: float, home: Path | None, repeat: int, results: Path, loads: bool) -> None:
    """Build, refresh, ask, add a day, refresh again, and write the result as JSON and as a table."""
    home = (home or HERE / "data").resolve()
    shutil.rmtree(home, ignore_errors=True)
    os.environ.setdefault("POMAR_MEMORY", MEMORY)
    found = report.Report(scale)
    found.rows = _say("build", home, scale).answer
    for _ in range(repeat):
        measure.warm(home / "lake")
        found.add("full", _say("full", home, scale))
        measure.warm(home / "lake")
        found.add("hand", _say("hand", home, scale))
    found.pages = _say("pages", home, scale).answer
    found.new_events = _say("day", home, scale).answer
    measure.warm(home / "lake")
    found.add("daily", _say("daily", home, scale))
    found.add("hand_later", _say("hand", home, scale))
    found.differences = _say("compare", home, scale).answer
    if loads:
        _loads(found, home)
    path = found.write(results)
    click.echo(found.table())
    click.echo(f"written to {path}")
    if found.differences:
        raise click.ClickException("Pomar and the hand-written SQL disagree: " + "; ".join(found.differences))


def _loads(found: report.Report, home: Path) -> None:
    """The demo company, and Online Retail where its files stand beside the repository."""
    found.add("demo", measure.command(["demo", "--no-serve"], home / "demo"))
    root = HERE.parent
    files = sorted((root.parent / "shared" / "data" / "online_retail").glob("*.parquet"))
    if files:
        mapping = str(root / "examples" / "online_retail.toml")
        found.add("retail", measure.command(["import", *map(str, files), "--map", mapping], home / "retail"))


def _say(stage: str, home: Path, scale: float) -> measure.Run:
    done = measure.run(stage, home, scale)
    click.echo(f"{stage:8} {done.seconds:8.1f} s {done.cpu:8.1f} s busy {done.peak_mb:8.0f} MB", err=True)
    return done


@main.command("intake")
@click.option("--batches", default=3000, show_default=True, help="Batches of 100 events each.")
@click.option("--connections", default=8, show_default=True)
@click.option("--home", type=click.Path(path_type=Path), help="Where to work (default bench/data); emptied first.")
@click.option("--postgres", default="postgresql://postgres@127.0.0.1:5432/postgres", show_default=True,
              help="Empty: SQLite only.")
@click.option("--results", type=click.Path(path_type=Path), default=HERE / "results", show_default=True)
def intake_command(batches: int, connections: int, home: Path | None, postgres: str, results: Path) -> None:
    """Events over HTTP: how many a second are acknowledged and brought to the lake, on both databases."""
    from bench import intake

    home = (home or HERE / "data").resolve()
    found = {}
    for database, server in (("sqlite", None), ("postgresql", postgres)):
        if server or database == "sqlite":
            shutil.rmtree(home, ignore_errors=True)
            found[database] = intake.measured(home, server, batches, connections)
    path = intake.write(found, results, batches, connections)
    click.echo(intake.table(found, batches, connections))
    click.echo(f"written to {path}")
    if lost := [one["lake"]["lost"] for one in found.values() if one["lake"]["lost"] or one["pomar"]["refused"]]:
        raise click.ClickException(f"events were lost: {lost}")


@main.command("matching")
@click.option("--splink", metavar="PYTHON", help="An interpreter that has Splink, to compare with.")
@click.option("--results", type=click.Path(path_type=Path), default=HERE / "results", show_default=True)
def matching_command(splink: str | None, results: Path) -> None:
    """How well records are matched, on the labelled sets that stand beside the repository."""
    from bench import matching

    if not matching.DATA.exists():
        raise click.ClickException("the labelled sets are absent: shared/data beside the repository")
    with TemporaryDirectory() as scratch:
        os.environ["POMAR_HOME"] = f"{scratch}/home"
        found = {name: matching.measured(name, splink, Path(scratch)) for name in matching.SETS}
    written = results / f"{datetime.now(UTC):%Y-%m-%d}-matching.md"
    written.write_text(matching.table(found) + "\n")
    click.echo(matching.table(found))
    click.echo(f"written to {written}")


@main.command("matching-size")
@click.option("--scale", default=0.02, show_default=True, help="1 is 1M profiles, then 10,000 more.")
@click.option("--home", type=click.Path(path_type=Path), help="Where to work (default bench/data); emptied first.")
@click.option("--results", type=click.Path(path_type=Path), default=HERE / "results", show_default=True)
def matching_size(scale: float, home: Path | None, results: Path) -> None:
    """How long it takes to compare many profiles, and new ones with them; and how well copies are found."""
    from bench import matching

    home = (home or HERE / "data").resolve()
    shutil.rmtree(home, ignore_errors=True)
    found = {stage: _say(stage, home, scale) for stage in ("people", "match", "clusters")}
    found |= {f"{stage} again": _say(stage, home, scale) for stage in ("newcomers", "match")}
    told = matching.size_table(found, scale)
    written = results / f"{datetime.now(UTC):%Y-%m-%d}-matching-size.md"
    written.write_text(told + "\n")
    click.echo(told)
    click.echo(f"written to {written}")


@main.command(hidden=True)
@click.argument("name")
@click.option("--scale", type=float, required=True)
def stage(name: str, scale: float) -> None:
    """One stage, in this process; its measure is the last line."""
    from bench import stages

    stages.run(name, scale)


if __name__ == "__main__":
    main()
