"""What the README tells people to do works as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pomar.access.roles import SYSTEM
from pomar.bases import actions, queries, snapshots
from pomar.cli.group import COMMANDS
from pomar.sources.files.actions import import_files

README = Path(__file__).resolve().parents[1].joinpath("README.md").read_text()


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files of the README's example, with the headers of its mapping."""
    monkeypatch.setenv("POMAR_HOME", str(tmp_path / "my-company"))
    tmp_path.joinpath("orders.toml").write_text(re.search(r"```toml\n(.*?)```", README, re.S)[1].replace("\n   ", "\n"))
    tmp_path.joinpath("customers.csv").write_text(
        "customer_id,name,email\n1,Ana Souza,ana@example.com\n2,Bruno Lima,bruno@example.com\n"
    )
    tmp_path.joinpath("orders.csv").write_text(
        "Pedido;Cod. cliente;Emissao;Produto;Total;Vendedor\n"
        "P1;1;03/02/2026;Adubo;1.234,50;Rita\n"
        "P2;2;05/02/2026;Adubo;99,00;Rita\n"
        "P3;1;31/02/2026;Muda;10,00;Rui\n"
    )
    return tmp_path


@pytest.mark.slow
@pytest.mark.django_db
def test_own_data_in_ten_minutes(files: Path):
    orders = {"paths": [files / "orders.csv"], "mapping": files / "orders.toml"}
    import_files(SYSTEM, [files / "customers.csv"], fact="profile", source="erp")
    looked = import_files(SYSTEM, **orders, dry_run=True)
    loaded = import_files(SYSTEM, **orders)
    again = import_files(SYSTEM, **orders)

    actions.refresh()
    found = queries.bases()
    [ana] = queries.customers(sort="name").rows[:1]
    snapshots.close_readers()

    assert (looked.import_id, looked.facts, looked.quarantined) == (None, 2, 1)
    assert (loaded.rows, loaded.facts, loaded.quarantined) == (3, 2, 1)
    assert (again.facts, again.repeats) == (0, 3)
    assert found.customers == 2
    assert (ana.name, ana.revenue) == ("Ana Souza", {"BRL": 1234.5})


def test_every_command_is_listed_and_no_other():
    listed = re.findall(r"^\| `pomar (\w+)", README, re.M)

    assert sorted(listed) == sorted(COMMANDS)


def test_its_links_and_pictures_lead_somewhere():
    root = Path(__file__).resolve().parents[1]
    named = re.findall(r"\]\(([^)#]+)\)", README)

    assert [name for name in named if not (root / name).exists()] == []
