"""Reads about purposes: the notices, and what is stated of each source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pomar.facts.models import Import
from pomar.facts.schema import FACTS, MANUAL
from pomar.kernel.errors import NotFound
from pomar.privacy.models import Notice, Statement
from pomar.privacy.standard import purpose_of_facts


@dataclass(frozen=True)
class Use:
    """What data of one source and fact ("": any) is used for; `statement` is None where nobody said so yet."""

    source: str
    fact: str
    statement: Statement | None


def purposes() -> list[Notice]:
    """The notice in force of each purpose, by purpose."""
    latest: dict[str, Notice] = {}
    for notice in Notice.objects.all():
        latest.setdefault(notice.purpose, notice)
    return list(latest.values())


def notice(purpose: str, version: int | None = None) -> Notice:
    """That version of a purpose's notice; the one in force unless told. Raises NotFound."""
    found = Notice.objects.filter(purpose=purpose, **({} if version is None else {"version": version})).first()
    if found is None:
        raise NotFound("purposes", _("there is no notice %s.") % purpose, _("`pomar purposes` lists them."))
    return found


def versions(purpose: str) -> list[Notice]:
    """All versions of a purpose's notice, the one in force first."""
    return list(Notice.objects.filter(purpose=purpose))


def in_language(by_language: dict[str, str], language: str | None = None) -> str:
    """The text in the reader's language, else in the first one there is."""
    wanted = language or get_language() or settings.LANGUAGE_CODE
    return by_language.get(wanted) or next(iter(by_language.values()), "")


def usual(source: str, fact: str) -> str:
    """The purpose to state unless a person chooses: that of last time, else the one such facts serve."""
    said = stated(source, fact)
    return said.notice.purpose if said else purpose_of_facts()[fact]


def stated(source: str, fact: str) -> Statement | None:
    """The statement that holds for a source and fact: the last one about it, or about all of the source."""
    about = Statement.objects.filter(source=source, fact__in=("", fact)).select_related("notice")
    return about.last()


def stated_by(about: str) -> list[Statement]:
    """What one import stated."""
    return list(Statement.objects.filter(about=about).select_related("notice"))


def uses() -> list[Use]:
    """What each source brought, or may bring, with what it is used for. Reads the list of all imports."""
    return _in_force(dict.fromkeys(_brought()), Statement.objects.all())


def uses_of(sources: Iterable[str]) -> list[Use]:
    """What is stated of these sources; of one of which nothing is, that."""
    wanted = set(sources)
    return _in_force({(source, ""): None for source in wanted}, Statement.objects.filter(source__in=wanted))


def _in_force(found: dict[tuple[str, str], Statement | None], said: QuerySet[Statement]) -> list[Use]:
    """Per source and fact the statement that holds: a later word about all goes before. What is said of any fact
    stands for itself only where none is named."""
    for one in said.select_related("notice"):
        if not one.fact:
            found |= {pair: one for pair in found if pair[0] == one.source}
        found[one.source, one.fact] = one
    named = {source for source, fact in found if fact}
    return [Use(*pair, found[pair]) for pair in sorted(found) if pair[1] or pair[0] not in named]


def _brought() -> set[tuple[str, str]]:
    """Which source brought which fact, by the imports that count."""
    told = Import.objects.filter(status=Import.Status.COMPLETE).values_list("kind", "files", "counts")
    return set(_pairs(told.iterator()))


def _pairs(imports: Iterable[tuple[str, list[dict[str, str]], dict[str, object]]]) -> Iterator[tuple[str, str]]:
    for kind, files, counts in imports:
        if kind == MANUAL:
            yield from ((MANUAL, fact) for fact in counts if fact in FACTS)
        for file in files:
            if file.get("source") and file.get("fact"):
                yield file["source"], file["fact"]
