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


ORDERS = "Pedido,Cliente,Data,Valor\n1,c1,2026-01-05,10\n2,c2,2026-01-06,20\n3,c2,2026-01-07,30\n"
TWO_LINES = "4,c3,2026-01-08,5\n4,c3,2026-01-08,6\n"


def test_orders_keep_their_ids_when_a_later_export_names_one_twice(here, write):
    first = import_files(SYSTEM, [write("orders.csv", ORDERS)], source="erp")
    later = import_files(SYSTEM, [write("orders.csv", ORDERS.replace("3,c2", "3,c9") + TWO_LINES)], source="erp")
    assert (first.facts, later.facts, later.repeats, later.quarantined) == (3, 1, 2, 2)
    assert later.counts["purchase"]["states"] + later.counts["purchase"]["corrections"] == 1
    assert later.files[0]["how"]["source_id"] == "as in the file before"


def test_orders_without_ids_stay_so_when_a_later_export_names_each_once(here, write):
    first = import_files(SYSTEM, [write("orders.csv", ORDERS + TWO_LINES)], source="erp")
    assert (first.facts, first.files[0]["notes"]) == (5, [
        "Pedido stands in several rows, so no column numbers the rows: one that changes in a later file counts beside "
        "the old one. Where the system has a number for each row, export it too.",
    ])  # fmt: skip
    later = import_files(SYSTEM, [write("orders.csv", ORDERS)], source="erp")
    other = import_files(SYSTEM, [write("orders.csv", ORDERS)], source="another", dry_run=True)
    assert (later.facts, later.repeats, other.facts) == (0, 3, 3)


def test_cells_that_cannot_be_read_in_rows_that_can_are_counted(here, write):
    orders = "Order,Customer,Date,Quantity,Amount\n1,c1,2026-01-05,2,ten\n2,c1,2026-01-05,x,10\n3,c1,2026-01-05,1,a\n"
    good = "".join(f"{n},c1,2026-01-05,1,9\n" for n in range(5, 12))
    told = import_files(SYSTEM, [write("orders.csv", f"{orders}4,c1,never,1,bad\n{good}")], source="erp")
    assert (told.facts, told.quarantined) == (10, 1)
    assert told.files[0]["notes"] == [
        "Amount: 2 cells cannot be read. They count as empty; what they say stays with their rows.",
        "Quantity: 1 cell cannot be read. It counts as empty; what it says stays with its row.",
    ]


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
