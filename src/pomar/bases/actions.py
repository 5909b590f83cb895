"""Refreshing the bases, and deciding how they are counted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _

from pomar.access.actions import Action
from pomar.access.roles import SYSTEM, Actor, Right, require
from pomar.bases import models, snapshots
from pomar.bases.decide import Rules
from pomar.engine import duck, open_engine
from pomar.facts import lake
from pomar.facts.actions import ImportResult, check_import, load
from pomar.facts.derived import Snapshot
from pomar.facts.entering import entered
from pomar.facts.schema import FACTS, MANUAL
from pomar.kernel import clock
from pomar.kernel.errors import BadInput
from pomar.kernel.progress import Progress, unwatched


def refresh(user: Actor = SYSTEM, progress: Progress = unwatched) -> Snapshot:
    """Bring the derived tables up to date and make them current; costs nothing where nothing changed.

    A failure leaves the last good snapshot in place. Raises NotAllowed, and Conflict when another refresh is running.
    """
    require(user, Right.REFRESH, "refresh")
    with lake.writing("refresh"), open_engine() as engine:
        return snapshots.make(engine, progress)


class _SetPolicy(Action[Rules]):
    name = "set policy"
    right = Right.SET_POLICY
    object_kind = "policy"

    def __init__(self, user: Actor, values: dict[str, Any]) -> None:
        super().__init__(user)
        self.values = values

    def change(self) -> Rules:
        rules = snapshots.rules().changed(**self.values)
        models.Policy.objects.create(
            decided_at=clock.now(), decided_by=str(getattr(self.user, "username", "")), rules=asdict(rules)
        )
        return rules

    def note(self, result: Rules) -> dict[str, Any]:
        return {"details": {"rules": asdict(result)}}


def set_policy(user: Actor, **values: Any) -> Rules:
    """Change counting rules from now on (see `decide.Rules`); "as known" before still uses the old ones.

    Raises NotAllowed, BadInput.
    """
    return _SetPolicy(user, values).run()


def declare(user: Actor, kinds: Mapping[str, str]) -> ImportResult:
    """Enter of which kind products are, by product; both bases follow at the next refresh.

    An import like any other: it can be undone, and said anew. Raises NotAllowed, BadInput, Conflict.
    """
    check_import(user)
    known = FACTS["product"].choices["kind"]
    wrong = sorted(set(kinds.values()) - set(known))
    if wrong or not kinds:
        what = _("“%s” is no kind of product.") % wrong[0] if wrong else _("no product was chosen.")
        raise BadInput("products", what, _("Known: {facts}.").format(facts=", ".join(known)))
    with closing(duck()) as con:
        rows = [{"source_id": product, "product": product, "kind": kinds[product]} for product in sorted(kinds)]
        return load(user, con, [entered(con, "product", rows)], kind=MANUAL)
