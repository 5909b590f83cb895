"""Both languages are complete: what a person reads exists in the catalogues, compiled."""

import ast
import gettext
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

POMAR = Path(__file__).parents[2]
AGAIN = "make messages, then translate what is new in pt_BR and make messages again"
CALLS = {
    "_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 2, "ngettext_lazy": 2,
    "pgettext": 1, "pgettext_lazy": 1, "npgettext": 2,
}  # fmt: skip


Messages = dict[tuple[str, int], str]
"""Message (its context before it, with EOT between) and plural form -> translation."""


def catalogue(language: str) -> Messages:
    """As compiled, which is what pages show."""
    with (POMAR / f"locale/{language}/LC_MESSAGES/django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog
    return {key if isinstance(key, tuple) else (key, 0): text for key, text in compiled.items() if key}


def source(language: str) -> Messages:
    """As edited; untranslated messages are empty."""
    found = {}
    for block in (POMAR / f"locale/{language}/LC_MESSAGES/django.po").read_text().split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#")]
        joined = re.sub(r'"\n"', "", "\n".join(lines))
        parts = {key: ast.literal_eval(value) for key, value in re.findall(r'^(\S+) (".*")$', joined, re.M)}
        message = "\x04".join(filter(None, (parts.get("msgctxt"), parts.get("msgid"))))
        for form, name in enumerate(("msgstr[0]", "msgstr[1]") if "msgid_plural" in parts else ("msgstr",)):
            found[message, form] = parts[name]
    return {key: text for key, text in found.items() if key[0]}


def _strings(code: ast.AST) -> Iterator[str]:
    for call in ast.walk(code):
        name = getattr(getattr(call, "func", None), "id", getattr(getattr(call, "func", None), "attr", None))
        if not isinstance(call, ast.Call) or name not in CALLS:
            continue
        texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if not texts:
            continue
        yield f"{texts[0]}\x04{texts[1]}" if name.lstrip("n").startswith("pgettext") else texts[0]


def _of_template(path: Path) -> Iterator[str]:
    """`templatize` turns a template into pseudo Python: its gettext calls are read token by token."""
    text = templatize(path.read_text())
    for call in re.finditer(r"\b(n?gettext)\((?=u?['\"])", text):
        tokens = tokenize.generate_tokens(io.StringIO(text[call.end() :]).readline)
        yield ast.literal_eval(next(tokens).string)


def written() -> dict[str, Path]:
    found = {}
    for path in sorted(POMAR.rglob("*.py")):
        if not {"tests", "migrations"} & set(path.parts):
            found |= dict.fromkeys(_strings(ast.parse(path.read_text())), path)
    for path in sorted(POMAR.rglob("*.html")):
        found |= dict.fromkeys(_of_template(path), path)
    return found


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_every_message_is_translated_and_compiled(language: str) -> None:
    known = catalogue(language)
    missing = {text: str(path.relative_to(POMAR)) for text, path in written().items() if not known.get((text, 0))}
    assert missing == {}, AGAIN


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_the_compiled_catalogue_is_the_edited_one(language: str) -> None:
    assert catalogue(language) == source(language), AGAIN


def test_translations_keep_every_placeholder() -> None:
    holes = re.compile(r"%\(\w+\)s|\{\w+\}|%s")
    wrong = {
        text: said
        for (text, _form), said in source("pt_BR").items()
        if set(holes.findall(text)) != set(holes.findall(said))
    }
    assert wrong == {}
