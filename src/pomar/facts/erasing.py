"""Forgetting a person in the lake: rows stay, so that counts hold, but lead to nobody.

References, ids of profiles and actors become random ids; personal columns and everything nobody
mapped are emptied. The rewritten tables keep no earlier version, neither files nor log.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from deltalake import DeltaTable

from pomar.engine import duck
from pomar.facts import derived, lake
from pomar.facts.by_hand import EDIT, names_source
from pomar.facts.schema import FACTS, MANUAL, Fact
from pomar.kernel.erasing import Subject, register

ADDRESS = ("city",)
"""Of the profile, dropped beside its personal columns; region and country are too coarse to tell."""


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _among(column: str, values: Iterable[str]) -> str:
    listed = ", ".join(map(_text, sorted(values)))
    return f"{column} IN ({listed})" if listed else "false"


def _by_source(values: Iterable[tuple[str, str]], otherwise: str) -> str:
    """SQL: the value given for the row's source."""
    cases = "".join(f" WHEN source = {_text(source)} THEN {_text(value)}" for source, value in values)
    return f"CASE{cases} ELSE {otherwise} END" if cases else otherwise


def _of_source(source: str) -> str:
    return f"source = {_text(source)}"


def _or_edited(source: str) -> str:
    """SQL: the source's own rows, and what people edited of them."""
    edited = f"source = {_text(MANUAL)} AND starts_with(source_id, {_text(EDIT)})"
    return f"({_of_source(source)} OR {edited} AND strpos(source_id, {_text(names_source(source))}) > 0)"


def _refers(column: str, subject: Subject, said_by: Callable[[str], str] = _or_edited) -> str:
    """SQL: `column` is one of the subject's references in the source that says so."""
    sources = sorted({source for source, _ref in subject.refs})
    each = [
        f"({said_by(source)} AND {_among(column, (ref for s, ref in subject.refs if s == source))})"
        for source in sources
    ]
    return "(" + (" OR ".join(each) or "false") + ")"


def _pseudonym(column: str, subject: Subject) -> str:
    """SQL for `Subject.pseudonym`; null stays null."""
    digest = f"encode(sha256({_text(subject.salt)} || {column}), 'hex')"
    return f"'erased-' || substr({digest}, 1, 20)"


def _reference(subject: Subject) -> str:
    """SQL for the person's new reference; what was entered by hand stays with the record it names."""
    if not subject.renamed:
        return _pseudonym("customer_ref", subject)
    cases = "".join(f" WHEN {_text(old)} THEN {_text(new)}" for old, new in subject.renamed.items())
    entered = f"source = {_text(MANUAL)} AND {_among('customer_ref', subject.renamed)}"
    return f"CASE WHEN {entered} THEN CASE customer_ref{cases} END ELSE {_pseudonym('customer_ref', subject)} END"


def _id_of_profile(subject: Subject) -> str:
    """SQL: an edit is still known as one."""
    edit = f"source = {_text(MANUAL)} AND starts_with(source_id, {_text(EDIT)})"
    return f"CASE WHEN {edit} THEN {_text(EDIT)} ELSE '' END || {_pseudonym('source_id', subject)}"


def _own_rows(fact: Fact, subject: Subject) -> dict[str, str]:
    """What becomes of the columns of the subject's own rows."""
    changes = dict.fromkeys((*fact.personal, "properties"), "NULL")
    changes["customer_ref"] = _reference(subject)
    if "actor" in fact.columns:
        changes["actor"] = _pseudonym("lower(actor)", subject)
    if fact.name == "profile":
        changes |= dict.fromkeys(ADDRESS, "NULL")
        changes |= {
            "source_id": _id_of_profile(subject),
            "email": _address(subject),
            "kind": _text(subject.kind) if subject.kind else "kind",
            "parent_ref": _by_source(subject.parents, "parent_ref"),
            "domain": _text(subject.domain) if subject.domain else "NULL",
        }
    return changes


def _address(subject: Subject) -> str:
    """One address for all profiles of the person, so that they still count as one customer."""
    name = subject.pseudonym("email")
    return _text(f"{name}@{name}.invalid")


def _mentions(fact: Fact, subject: Subject) -> list[tuple[dict[str, str], str]]:
    """What becomes of other people's rows that name the subject: columns, and the condition on rows."""
    if fact.name == "profile":
        company = "coalesce(domain, split_part(lower(email), '@', 2))"
        changes = {"email": _address(subject), "phone": "NULL", "domain": company}
        contact = (changes, _among("lower(trim(email))", subject.emails))
        references = [
            ({column: _pseudonym(column, subject)}, _refers(column, subject))
            for column in ("parent_ref", "referred_by")
        ]
        return [contact, *references]
    if "actor" in fact.columns:
        named = f"({_among('lower(actor)', subject.emails)} OR {_refers('actor', subject)})"
        return [({"actor": _pseudonym("lower(actor)", subject)}, named)]
    return []


def _erase_fact(fact: Fact, subject: Subject) -> int:
    with lake.writing("import"):
        table = lake.table(fact.name)
        if table is None:
            return 0
        reference = "coalesce(customer_ref, source_id)" if fact.name == "profile" else "customer_ref"
        own = (_own_rows(fact, subject), _refers(reference, subject))
        changed = sum(_update(table, *each) for each in [own, *_mentions(fact, subject)])
        if changed:
            forget_history(table)
        return changed


def _erase_quarantine(subject: Subject) -> int:
    """Empty the cells of quarantined rows that name the subject; their place and reason stay."""
    with lake.writing("import"):
        table = lake.table("quarantine")
        if table is None:
            return 0
        quoted = [f"strpos(raw, {_text(chr(34) + ref + chr(34))}) > 0" for _source, ref in sorted(subject.refs)]
        addresses = [f"strpos(lower(raw), {_text(email)}) > 0" for email in sorted(subject.emails)]
        emptied = dict.fromkeys(("raw", "value", "problems", "source_id", "digest"), "NULL")
        changed = _update(table, emptied, " OR ".join([*quoted, *addresses]) or "false")
        if changed:
            forget_history(table)
        return changed


def _erase_usage_by_day(subject: Subject) -> int:
    """The daily roll-up gets the same random ids as the lake, file by file."""
    with lake.writing("refresh"):
        changed = sum(_erase_part(path, subject) for path in (derived.root() / "usage").glob("*/*.parquet"))
        if changed:
            _count_anew()
        return changed


def _count_anew() -> None:
    """Let the next refresh take nothing over from the snapshot, which still names the person."""
    now = derived.current()
    if now is not None:
        spare = now.folder / "info.new"
        spare.write_text(json.dumps(now.info | {"inputs": {"facts": {}}}))
        spare.replace(now.folder / "info.json")


def _erase_part(path: Path, subject: Subject) -> int:
    own, named = (_refers(column, subject, _of_source) for column in ("customer_ref", "actor"))
    rows = f"{own} OR {named} OR {_among('lower(actor)', subject.emails)}"
    ref, actor = f"sha256({_text(subject.salt)} || customer_ref)", f"sha256({_text(subject.salt)} || lower(actor))"
    spare = path.with_suffix(".new")
    con = duck()
    try:
        con.execute("CREATE TEMP VIEW part AS FROM read_parquet(" + _text(str(path)) + ")")
        found = con.execute(f"SELECT count(*) FROM part WHERE {rows}").fetchall()[0][0]
        if found:
            con.execute(f"""COPY (SELECT * REPLACE (
                CASE WHEN {own} THEN 'erased-' || {ref}[:20] ELSE customer_ref END AS customer_ref,
                CASE WHEN {rows} THEN 'erased-' || {actor}[:20] ELSE actor END AS actor)
                FROM part) TO {_text(str(spare))} (FORMAT parquet)""")
            spare.replace(path)
    finally:
        con.close()
    return int(found)


def drop_older_snapshots() -> None:
    """Leave only the current snapshot: what was derived before an erasure still names the person."""
    with lake.writing("refresh"):
        shutil.rmtree(derived.root() / "known", ignore_errors=True)
        now = derived.current()
        for folder in (derived.root() / "snapshots").glob("*"):
            if now is None or folder != now.folder:
                shutil.rmtree(folder, ignore_errors=True)


def _update(table: DeltaTable, changes: dict[str, str], rows: str) -> int:
    return int(table.update(updates=changes, predicate=rows)["num_updated_rows"])


def forget_history(table: DeltaTable) -> None:
    """Drop every file and log entry of earlier versions: they hold the values, and the statements
    that replaced them."""
    table.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    table.alter.set_table_properties({"delta.logRetentionDuration": "interval 0 seconds"})
    table.create_checkpoint()
    table.cleanup_metadata()


for _fact in FACTS.values():
    _columns = ("customer_ref", "properties", *_fact.personal)
    register(f"lake.{_fact.name}", _columns, partial(_erase_fact, _fact))
register("lake.quarantine", ("raw", "value", "problems", "source_id", "digest"), _erase_quarantine)
register("derived.usage", ("customer_ref", "actor"), _erase_usage_by_day)
