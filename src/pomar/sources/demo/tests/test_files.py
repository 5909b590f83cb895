"""The files themselves: the same for the same seed, keys nobody shares, damage that is known to the row."""

from __future__ import annotations

import csv
import tomllib
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from stdnum.br import cnpj, cpf

from pomar.kernel.errors import BadInput
from pomar.sources.demo import Truth, load, simulate

FREE_MAIL = {"gmail.com"}


def rows(truth: Truth, name: str) -> list[dict[str, str]]:
    path = next(path for path in truth.files if path.name == name)
    delimiter = ";" if "loja" in name else ","
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def contents(truth: Truth) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in truth.files}


def test_the_same_seed_writes_the_same_files(tmp_path: Path) -> None:
    first = simulate(tmp_path / "a", customers=60, seed=5)
    assert contents(first) == contents(simulate(tmp_path / "b", customers=60, seed=5))
    assert contents(first) != contents(simulate(tmp_path / "c", customers=60, seed=6))


def test_simulating_again_into_the_same_folder_leaves_nothing_of_before(tmp_path: Path) -> None:
    simulate(tmp_path, customers=80, seed=1)
    (tmp_path / "files" / "orders_old.csv").write_text("Line ID\n1\n")
    simulate(tmp_path, customers=60, seed=5)
    assert contents(load(tmp_path)) == contents(simulate(tmp_path / "b", customers=60, seed=5))


def test_the_truth_is_kept_beside_the_files(small: Truth) -> None:
    assert load(Path(small.folder)) == small
    assert small.mapping.exists()
    assert not [path for path in small.files if "truth" in path.name]


@pytest.mark.parametrize(("customers", "installed"), [(3, None), (100, 101), (100, 2)])
def test_sizes_that_do_not_fit_are_refused(customers: int, installed: int | None, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="demo"):
        simulate(tmp_path, customers=customers, installed=installed)
    assert not list(tmp_path.iterdir())


def test_every_file_has_a_section_of_the_mapping_whose_headers_it_has(small: Truth) -> None:
    sections = tomllib.loads(small.mapping.read_text(encoding="utf-8"))["files"]
    for path in small.files:
        section = next(one for one in sections if fnmatch(path.name, one["name"]))
        parquet = path.suffix == ".parquet"
        headers = set(pq.read_schema(path).names if parquet else rows(small, path.name)[0])
        wanted = [rule if isinstance(rule, str) else rule.get("column") for rule in section["columns"].values()]
        assert {header for header in wanted if header} <= headers, path.name


def test_rows_are_as_many_as_said(small: Truth) -> None:
    counted = {path.name: len(rows(small, path.name)) for path in small.files if path.suffix == ".csv"}
    counted["usage.parquet"] = pq.read_metadata(Path(small.folder) / "files" / "usage.parquet").num_rows
    assert counted == small.rows


def test_no_two_customers_share_a_key(small: Truth) -> None:
    people, companies = rows(small, "crm_people.csv"), rows(small, "crm_companies.csv")
    emails = [row["Email"] for row in people if not row["Email"].endswith("@")]
    taxes = [row["Tax ID"] for row in people + companies if row["Tax ID"]]
    domains = [row["Website"] for row in companies]
    for keys in (emails, taxes, domains):
        assert max(Counter(keys).values()) == 1
    assert all(cpf.is_valid(tax) or cnpj.is_valid(tax) for tax in taxes)
    hosts = {email.split("@")[1] for email in emails}
    assert all(host in FREE_MAIL or host.endswith(".example") for host in hosts)


def test_duplicates_of_buyers_share_one_key_and_fuzzy_ones_share_none_and_bought_nothing(small: Truth) -> None:
    known = {row["Person ID"]: row for row in rows(small, "crm_people.csv")}
    known |= {row["Customer ID"]: row | {"Full name": row["Company name"]} for row in rows(small, "crm_companies.csv")}
    emails = {row["Email"].lower() for row in known.values()}
    shop = {row["Código"]: row for row in rows(small, "clientes_loja.csv")}
    buyers = {row["Cliente"] for row in rows(small, "pedidos_loja.csv")}
    found: Counter[str | None] = Counter()
    for pair in small.table("duplicates").to_pylist():
        mine, theirs = shop[pair["shop_ref"]], known[pair["crm_ref"]]
        found[pair["key"]] += 1
        if pair["key"] is None:
            assert pair["shop_ref"] not in buyers
            assert mine["Nome"] != theirs["Full name"]
            assert not mine["CPF/CNPJ"] and not mine["Site"] and mine["E-mail"] not in emails
        elif pair["key"] == "tax_id":
            assert mine["CPF/CNPJ"] == "".join(filter(str.isdigit, theirs["Tax ID"]))
        elif pair["key"] == "email":
            assert mine["E-mail"].lower() == theirs["Email"].lower()
        else:
            assert mine["Site"] == theirs["Website"]
    assert all(found[key] for key in ("email", "tax_id", "domain", None))
    assert found[None] == small.duplicates["fuzzy"]
    assert found.total() - found[None] == small.duplicates["exact"]


def test_damaged_rows_stand_where_the_truth_says(small: Truth) -> None:
    read = {name: rows(small, name) for name in small.rows if name.endswith(".csv")}
    seen: dict[str, Counter[str]] = {}
    for spot in small.table("damaged").to_pylist():
        row = read[spot["file"]][spot["row"] - 1]
        seen.setdefault(spot["file"], Counter())[spot["reason"]] += 1
        if spot["reason"] == "repeat":
            assert read[spot["file"]].count(row) >= 2
        elif "Line ID" in row:
            assert row["Line ID"].startswith("X-")
    repeats = {name: reasons.pop("repeat") for name, reasons in seen.items() if "repeat" in reasons}
    assert repeats == small.repeats
    assert {name: dict(reasons) for name, reasons in seen.items()} == {
        name: reasons for name, reasons in small.refused.items() if name != "usage.parquet"
    }


def test_conflicting_events_and_events_without_a_time(small: Truth) -> None:
    con = duckdb.connect()
    path = Path(small.folder) / "files" / "usage.parquet"
    assert con.execute(f"""
        SELECT count(*) FILTER (copies > 1), count(*) FILTER (occurred_at IS NULL)
        FROM (SELECT *, count(*) OVER (PARTITION BY event_id) AS copies FROM '{path}')
    """).fetchone() == (small.refused["usage.parquet"]["conflict"], small.refused["usage.parquet"]["missing"])
