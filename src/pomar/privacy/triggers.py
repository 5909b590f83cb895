"""Database triggers that refuse changing a notice once it stands, on SQLite and PostgreSQL."""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

_TABLE = "privacy_notice"
_WHY = "a notice never changes: publish its next version"

_SQLITE = f"CREATE TRIGGER {_TABLE}_stands BEFORE UPDATE ON {_TABLE} BEGIN SELECT RAISE(ABORT, '{_WHY}'); END"
_POSTGRESQL = f"""
CREATE OR REPLACE FUNCTION {_TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{_WHY}'; END $$;
CREATE TRIGGER {_TABLE}_stands BEFORE UPDATE ON {_TABLE} FOR EACH STATEMENT EXECUTE FUNCTION {_TABLE}_refuse();
"""


def install(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SQLITE if connection.vendor == "sqlite" else _POSTGRESQL)


def remove(connection: BaseDatabaseWrapper) -> None:
    table = "" if connection.vendor == "sqlite" else f" ON {_TABLE}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER IF EXISTS {_TABLE}_stands{table}")
