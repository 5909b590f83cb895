"""Refreshing the bases, and deciding how they are counted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _

from pomar.access.actions import Action
from pomar.access.roles import SYSTEM, Actor, Right, require
from pomar.bases import models, snapshots
from pomar.bases.compute import Progress
from pomar.bases.decide import Rules
from pomar.engine import duck, open_engine
from pomar.facts import lake
from pomar.facts.actions import ImportResult, check_import, load
from pomar.facts.derived import Snapshot
from pomar.facts.loading import PROBLEMS
from pomar.facts.schema import FACTS, MANUAL, TEXT, TIME
from pomar.kernel import clock
from pomar.kernel.errors import BadInput


def _silent(what: str, share: float) -> None:
    """Progress nobody watches."""


def refresh(user: Actor = SYSTEM, progress: Progress = _silent) -> Snapshot:
    """Bring the derived tables up to date and make them current; costs nothing where nothing changed.

    A failure leaves the last good snapshot in place. Raises NotAllowed, and Conflict when another
    refresh is running.
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


@dataclass
class _Entered:
    """The staged table of what a person entered."""

    table: str = "entered"
    fact: str = "product"
    source: str = MANUAL
    file: str = MANUAL


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
        con.register("given", _entered(kinds))
        con.execute(f"CREATE TEMP TABLE entered AS SELECT *, []::{PROBLEMS} AS problems FROM given")
        return load(user, con, [_Entered()], kind=MANUAL)


def _entered(kinds: Mapping[str, str]) -> pa.Table:
    products, count = sorted(kinds), len(kinds)
    nothing = {"customer_ref": TEXT, "changed_at": TIME, "properties": TEXT} | FACTS["product"].columns
    return pa.table(
        {name: pa.nulls(count, kind) for name, kind in nothing.items()}
        | {
            "file": [MANUAL] * count,
            "seq": range(1, count + 1),
            "source_id": products,
            "retracted": [False] * count,
            "raw": ["{}"] * count,
            "product": products,
            "kind": [kinds[product] for product in products],
        }
    )
