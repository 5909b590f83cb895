"""Database triggers that refuse changing or removing audit entries, on SQLite and PostgreSQL."""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

_TABLE = "access_auditentry"

_SQLITE = {
    f"{_TABLE}_no_{event.lower()}": f"CREATE TRIGGER {_TABLE}_no_{event.lower()} BEFORE {event} ON {_TABLE} "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    for event in ("UPDATE", "DELETE")
}

_POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION {_TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
CREATE TRIGGER {_TABLE}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {_TABLE}
FOR EACH STATEMENT EXECUTE FUNCTION {_TABLE}_refuse();
"""


def install(connection: BaseDatabaseWrapper) -> None:
    statements = list(_SQLITE.values()) if connection.vendor == "sqlite" else [_POSTGRESQL]
    _execute(connection, statements)


def remove(connection: BaseDatabaseWrapper) -> None:
    if connection.vendor == "sqlite":
        _execute(connection, [f"DROP TRIGGER IF EXISTS {name}" for name in _SQLITE])
    else:
        _execute(connection, [f"DROP TRIGGER IF EXISTS {_TABLE}_append_only ON {_TABLE}"])


def _execute(connection: BaseDatabaseWrapper, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
