from __future__ import annotations

import json
import sys
from collections.abc import Callable
from subprocess import CompletedProcess, run

from click.testing import CliRunner, Result

from pomar.cli import main
from pomar.cli.group import COMMANDS

Run = Callable[..., Result]
Shell = Callable[..., CompletedProcess[str]]


def test_every_command_tells_what_it_is_for() -> None:
    for name, (_line, _module) in COMMANDS.items():
        result = CliRunner().invoke(main, [name, "--help"])
        assert result.exit_code == 0 and f"{name} [OPTIONS]" in result.output, result.output


def test_help_needs_neither_django_nor_the_engine() -> None:
    code = """if True:
        import sys
        from click.testing import CliRunner
        from pomar.cli import main
        for name in ["", *main.list_commands(None)]:
            assert CliRunner().invoke(main, [*name.split(), "--help"]).exit_code == 0
        print(sorted({"django", "duckdb", "pyarrow", "ibis", "pandas"} & sys.modules.keys()))
    """
    assert run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


def test_an_unknown_command_is_refused() -> None:
    result = CliRunner().invoke(main, ["plough"])
    assert result.exit_code == 2 and "plough" in result.output


def test_an_error_is_one_line_that_says_where_what_and_the_fix(pomar: Run) -> None:
    result = pomar("bases", "--as-of", "yesterday")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == "--as-of: “yesterday” is not a date. Likely fix: Write it as 2026-11-21.\n"


def test_for_scripts_the_error_is_json_on_standard_error(pomar: Run) -> None:
    for arguments in (("--json", "--known-at", "25:00"), ("--known-at", "25:00", "--json")):
        result = pomar("bases", *arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert json.loads(result.stderr)["error"] == {
            "kind": "BadInput",
            "where": "--known-at",
            "what": "“25:00” is not a moment.",
            "fix": "Write it as 2026-11-21 or 2026-11-21T14:30.",
        }


def test_the_first_command_makes_the_records_database_and_says_so_once(shell: Shell) -> None:
    first, second = shell("undo", "--list", "--json"), shell("undo", "--list", "--json")
    assert (first.returncode, first.stdout, second.stdout) == (0, "[]\n", "[]\n")
    assert [first.stderr, second.stderr] == ["Bringing the records database up to date…\n", ""]


def test_undoing_what_never_was(pomar: Run) -> None:
    result = pomar("undo", "imp_none")
    assert result.exit_code == 4
    assert result.stderr == "undo: there is no import imp_none.\n"
