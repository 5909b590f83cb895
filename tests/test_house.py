"""The rules of the house that no linter knows: sizes, addresses, reasons, documented settings."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "pomar"
LONGEST_FILE = 500
LONGEST_FUNCTION = 60
SHARE_OF_LONG_FUNCTIONS = 0.02


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("needs the git checkout: this is not one")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def is_source(path: Path) -> bool:
    return not {"migrations", "tests"} & set(path.relative_to(ROOT).parts)


def text_of(path: Path) -> str:
    """The file's text; empty for pictures and other binary files."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def lengths_of_functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(text_of(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node.end_lineno - first + 1


def test_no_source_file_passes_500_lines():
    sources = [path for path in tracked("src", "bench") if is_source(path)]
    sources = [path for path in sources if path.suffix in {".py", ".css", ".js", ".html"}]

    long = {str(path.relative_to(ROOT)): len(text_of(path).splitlines()) for path in sources}

    assert sources
    assert {name: lines for name, lines in long.items() if lines > LONGEST_FILE} == {}


def test_at_most_2_percent_of_functions_pass_60_lines():
    functions = [
        found for path in tracked("src/*.py", "bench/*.py") if is_source(path) for found in lengths_of_functions(path)
    ]

    long = [found for found in functions if found[1] > LONGEST_FUNCTION]

    assert len(long) <= SHARE_OF_LONG_FUNCTIONS * len(functions), long


def test_imports_go_one_way_down():
    linter = Path(sys.executable).with_name("lint-imports")
    if not linter.exists():
        pytest.skip("needs import-linter (the lint extra)")

    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout


def test_no_tracked_file_names_a_registry_or_a_place_on_one_machine():
    registries = ("pypi" + ".org", "pythonhosted" + ".org", "npmjs" + ".org", "deb.debian" + ".org")
    places = re.compile("|".join(["index" + "-url *=", r"(?<![\w.~$}/])/(home|root|work|Users)" + r"/\w"]))

    named = [
        f"{path.relative_to(ROOT)}:{number} {line.strip()}"
        for path in tracked()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if any(host in line for host in registries) or places.search(line)
    ]

    assert named == []


def test_every_ruff_ignore_has_its_reason():
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    start = lines.index("[tool.ruff.lint]")
    end = next(n for n, line in enumerate(lines) if n > start and line.startswith("[tool.mypy"))
    ignores = [
        line for line in lines[start:end] if re.match(r'\s+"[A-Z]+\d*",', line) or re.match(r'^"[^"]+" = \[', line)
    ]

    assert ignores
    assert [line for line in ignores if not re.search(r"# \w.{8,}", line)] == []


def test_every_noqa_names_its_rule_and_says_why():
    reasoned = re.compile("# " + r"noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*\W+\w.{6,}")
    marks = [
        f"{path.relative_to(ROOT)}:{number} {line.strip()}"
        for path in tracked("*.py")
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if "# " + "noqa" in line
    ]

    assert [mark for mark in marks if not reasoned.search(mark)] == []


def settings_read_by_the_source() -> set[str]:
    return {
        name
        for path in SOURCE.rglob("*.py")
        if is_source(path)
        for name in re.findall(r"[\"'](POMAR_[A-Z_]+|DATABASE_URL)[\"']", text_of(path))
    }


def settings_in_the_readme() -> set[str]:
    return set(re.findall(r"^\| `(POMAR_[A-Z_]+|DATABASE_URL)`", (ROOT / "README.md").read_text(), re.M))


def test_the_readme_documents_every_setting_and_no_other():
    assert settings_in_the_readme() == settings_read_by_the_source()


def names_in(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0].lower() for line in requirements}


def test_the_locks_hold_every_dependency_with_hashes():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    runtime = names_in(project["project"]["dependencies"] + extras["postgres"])
    development = runtime | names_in(extras["test"] + extras["lint"] + extras["spark"])

    for name, needed in [("requirements.lock", runtime), ("requirements-dev.lock", development)]:
        lock = (ROOT / name).read_text()
        pinned = re.findall(r"^([a-z0-9-]+)==[^\n]*\\\n    --hash=sha256:", lock, re.M)
        every = re.findall(r"^[a-z]", lock, re.M)

        assert needed - set(pinned) == set(), f"{name} is behind pyproject.toml: make lock"
        assert len(pinned) == len(every), f"{name} has lines without a hash"


def test_make_help_lists_every_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^\.PHONY: (.*)$", makefile, re.M)[0].split())

    shown = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True)

    assert {line.split()[1] for line in shown.stdout.splitlines()} == targets
