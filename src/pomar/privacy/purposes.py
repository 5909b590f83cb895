"""What data is used for: publishing notices, and stating the purpose of what a source brings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from pomar.access.actions import Action
from pomar.access.roles import Actor, Right
from pomar.facts.schema import FACTS
from pomar.kernel import clock
from pomar.kernel.errors import BadInput, Conflict
from pomar.privacy import queries, stating
from pomar.privacy.models import Basis, Notice, Statement

KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
LONGEST = 20_000
"""Characters of a notice's text in one language."""


@dataclass(frozen=True)
class Wording:
    """What a notice says, in each language of the product."""

    legal_basis: str
    names: dict[str, str]
    texts: dict[str, str]
    controller: str = ""
    contact: str = ""


class _Publish(Action[Notice]):
    name = "publish notice"
    right = Right.SET_PURPOSES
    object_kind = "notice"

    def __init__(self, user: Actor, purpose: str, wording: Wording, after: int | None) -> None:
        super().__init__(user)
        self.purpose, self.wording, self.after = purpose, wording, after

    def change(self) -> Notice:
        _check(self.purpose, self.wording)
        last = Notice.objects.filter(purpose=self.purpose).first()
        version = last.version if last else 0
        if self.after is not None and self.after != version:
            what = _("somebody published version %s meanwhile.") % version
            raise Conflict("purposes", what, _("Look at it, then publish yours again."))
        if last is not None and _wording(last) == self.wording:
            return last
        return Notice.objects.create(
            purpose=self.purpose, version=version + 1, published_at=clock.now(),
            published_by=str(getattr(self.user, "username", "")), **vars(self.wording),
        )  # fmt: skip

    def note(self, result: Notice) -> dict[str, Any]:
        return {"object_id": str(result), "details": {"version": result.version, "legal_basis": result.legal_basis}}


def publish(user: Actor, purpose: str, wording: Wording, after: int | None = None) -> Notice:
    """The next version of a purpose's notice, or the first of a new purpose; the same wording publishes nothing.

    `after` is the version the person saw. Raises NotAllowed, BadInput, Conflict.
    """
    return _Publish(user, purpose, wording, after).run()


class _Introduce(Action[list[Notice]]):
    name = "publish who is responsible"
    right = Right.SET_PURPOSES
    object_kind = "notice"

    def __init__(self, user: Actor, controller: str, contact: str) -> None:
        super().__init__(user)
        self.controller, self.contact = controller, contact

    def change(self) -> list[Notice]:
        if not self.controller or not self.contact:
            what = _("It is not said who is responsible, or where people turn to.")
            raise BadInput("purposes", what, _("Fill in both."))
        _check_lengths(self.controller, self.contact)
        said, now = {"controller": self.controller, "contact": self.contact}, clock.now()
        return [
            Notice.objects.create(
                purpose=one.purpose, version=one.version + 1, published_at=now,
                published_by=str(getattr(self.user, "username", "")), **vars(_wording(one)) | said,
            )
            for one in queries.purposes() if (one.controller, one.contact) != (self.controller, self.contact)
        ]  # fmt: skip

    def note(self, result: list[Notice]) -> dict[str, Any]:
        return {"details": {"notices": [str(one) for one in result]}}


def introduce(user: Actor, controller: str, contact: str) -> list[Notice]:
    """Say in every notice who is responsible and where people turn to: the next version of each that says
    otherwise. Raises NotAllowed, BadInput."""
    return _Introduce(user, controller.strip(), contact.strip()).run()


class _State(Action[list[Statement]]):
    name = "state purpose"
    right = Right.SET_PURPOSES
    object_kind = "source"

    def __init__(self, user: Actor, source: str, purpose: str, facts: Sequence[str]) -> None:
        super().__init__(user)
        self.source, self.purpose, self.facts = source, purpose, facts or ("",)

    def change(self) -> list[Statement]:
        brought = {use.fact for use in queries.uses() if use.source == self.source}
        for fact in self.facts:
            if fact and fact not in FACTS:
                raise BadInput("purposes", _("“%s” is no fact.") % fact, ", ".join(FACTS))
            if not brought or (fact and fact not in brought):
                what = _("nothing such came from %s.") % self.source
                raise BadInput("purposes", what, _("`pomar purposes` lists what came from where."))
        said = [(self.source, fact, self.purpose) for fact in self.facts]
        return stating.put(self.user, said, Statement.Through.PERSON)

    def note(self, result: list[Statement]) -> dict[str, Any]:
        details = {"facts": [one.fact for one in result], "notice": str(result[0].notice)}
        return {"object_id": self.source, "details": details}


def state(user: Actor, source: str, purpose: str, *facts: str) -> list[Statement]:
    """Say what the data of a source is used for, of these facts or of all, from now on.

    Raises NotAllowed, NotFound (no such purpose), BadInput (nothing such came from there).
    """
    return _State(user, source, purpose, facts).run()


def _wording(notice: Notice) -> Wording:
    return Wording(notice.legal_basis, notice.names, notice.texts, notice.controller, notice.contact)


def _check(purpose: str, wording: Wording) -> None:
    if not KEY.fullmatch(purpose):
        what = _("“%s” cannot be the key of a purpose.") % purpose
        raise BadInput("purposes", what, _("Use small letters, digits, dashes and underscores, 40 at most."))
    if wording.legal_basis not in Basis.values:
        what = _("“%s” is no legal basis.") % wording.legal_basis
        raise BadInput("purposes", what, ", ".join(Basis.values))
    for language, name in settings.LANGUAGES:
        if not wording.names.get(language) or not wording.texts.get(language):
            what = _("the notice lacks its name or its text in %s.") % name
            raise BadInput("purposes", what, _("Write both: people read it in their language."))
        _check_lengths(wording.names[language])
        if len(wording.texts[language]) > LONGEST:
            raise BadInput("purposes", _("the text is too long."), _("Keep it to two pages."))
    _check_lengths(wording.controller, wording.contact)


def _check_lengths(*lines: str) -> None:
    if any(len(line) > 200 for line in lines):
        raise BadInput("purposes", _("a line is too long."), _("Keep it to 200 characters."))
