"""Files imported end to end: what is stored, what is kept apart, and what is refused whole."""

from __future__ import annotations

import pytest

from pomar.access.roles import SYSTEM
from pomar.engine import duck
from pomar.facts import lake
from pomar.facts.models import Import
from pomar.kernel.errors import BadInput, NotAllowed
from pomar.sources.files.actions import import_files

CUSTOMERS = "Customer ID,Name,E-mail,Colour\n1,Ana,ana@x.com,red\n2,Bia,nobody,blue\n3,Caio\n"
MORE = "Customer ID,Name,E-mail,Colour\n1,Ana,ana@x.com,red\n2,Bia,bia@x.com,blue\n4,Davi,davi@x.com,\n"


@pytest.fixture
def here(db, tmp_path, monkeypatch):
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "home"))
    return tmp_path


def stored(fact, columns):
    con = duck()
    files = lake.files(fact)
    rows = con.execute(f"SELECT {columns} FROM read_parquet($files, union_by_name=true) ORDER BY ALL", {"files": files})
    return rows.fetchall()


def test_a_dry_run_says_all_and_stores_nothing(here, write):
    told = []
    result = import_files(
        SYSTEM, [write("customers.csv", CUSTOMERS)], dry_run=True, progress=lambda what, share: told.append(what)
    )
    assert (result.import_id, result.rows, result.facts, result.repeats, result.quarantined, result.reasons) == (
        None, 3, 2, 0, 1, {"bad_row": 1},
    )  # fmt: skip
    [file] = result.files
    assert (file["fact"], file["source"], file["encoding"], file["delimiter"]) == ("profile", "files", "utf-8", ",")
    assert file["columns"] == {"customer_ref": "Customer ID", "name": "Name", "email": "E-mail"}
    assert file["unmapped"] == ["Colour"]
    assert "reading customers.csv" in told
    assert not Import.objects.exists()
    assert lake.files("profile") == []


def test_rows_are_facts_repeats_or_in_quarantine(here, write):
    first = import_files(SYSTEM, [write("customers.csv", CUSTOMERS)], source="crm")
    assert (first.rows, first.facts, first.repeats, first.quarantined) == (3, 2, 0, 1)
    again = import_files(SYSTEM, [write("customers.csv", MORE)], source="crm")
    assert (again.rows, again.facts, again.repeats, again.quarantined) == (3, 2, 1, 0)
    assert again.counts["profile"] == {
        "new": 1, "states": 1, "corrections": 0, "ends": 0, "repeats": 1, "quarantined": 0,
    }  # fmt: skip
    assert stored("profile", "source, source_id, email, properties") == [
        ("crm", "1", "ana@x.com", '{"Colour":"red"}'),
        ("crm", "2", "bia@x.com", '{"Colour":"blue"}'),
        ("crm", "2", None, '{"Colour":"blue","_invalid":{"email":"nobody"}}'),
        ("crm", "4", "davi@x.com", None),
    ]
    record = Import.objects.get(id=again.import_id)
    assert [(file["file"], file["rows"]) for file in record.files] == [("customers.csv", 3)]


def test_importing_the_same_files_twice_changes_nothing(here, write):
    files = [
        write("customers.csv", CUSTOMERS),
        write("orders.csv", "order_id,customer_id,order_date,total\nA,1,2024-01-31,5\n"),
    ]
    import_files(SYSTEM, files)
    before = stored("profile", "*"), stored("purchase", "*")
    again = import_files(SYSTEM, files)
    assert (again.rows, again.facts, again.repeats) == (4, 0, 4)
    assert (stored("profile", "*"), stored("purchase", "*")) == before


def test_two_files_of_one_name_are_told_apart(here, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "orders.csv").write_text("customer_id,order_date,total\n1,2024-01-31,5\n")
    paths = [tmp_path / "a/orders.csv", tmp_path / "b/orders.csv"]
    result = import_files(SYSTEM, paths)
    assert [file["file"] for file in result.files] == [str(path) for path in paths]
    assert (result.facts, result.repeats) == (1, 1)


def test_one_bad_file_refuses_the_whole_import(here, write):
    good = write("customers.csv", CUSTOMERS)
    with pytest.raises(BadInput, match=r"other\.csv: The file is empty"):
        import_files(SYSTEM, [good, write("other.csv", "")])
    assert lake.files("profile") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"paths": []}, "No file is named"),
        ({"fact": "purchases"}, r"--as: 'purchases' is no fact\. .*purchase"),
        ({"mapping": "none.toml"}, r"none\.toml: The mapping cannot be opened"),
    ],
)
def test_what_is_asked_wrongly(here, write, arguments, said):
    with pytest.raises(BadInput, match=said):
        import_files(SYSTEM, **({"paths": [write("customers.csv", CUSTOMERS)]} | arguments))


def test_a_viewer_may_not(here, write, viewer):
    with pytest.raises(NotAllowed):
        import_files(viewer, [write("customers.csv", CUSTOMERS)])
    assert lake.files("profile") == []
