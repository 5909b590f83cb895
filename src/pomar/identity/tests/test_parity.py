"""Both engines find the same customers."""

from pathlib import Path

import pytest

from pomar.engine.parity import assert_same
from pomar.identity.tests.stories import identify, profile
from pomar.identity.tests.test_by_hand import edit
from pomar.kernel.ids import record_id

CNPJ, OTHER_CNPJ = "11.222.333/0001-81", "11.444.777/0001-61"


def story():
    """Every rule at least once, with accents, ties and nulls."""
    people = [
        profile(f"crm:{n}", day=n % 5, email=f"É{n % 30}@ação.com", name=f"José {n}", city="São Luís", tags=["a"])
        for n in range(60)
    ]
    firms = [profile(f"erp:{n}", kind="organization", domain=f"www.f{n}.com", name=f"F{n}", phone=f"+55 11 4000-000{n}")
             for n in range(9)]  # fmt: skip
    contacts = [profile(f"erp:c{n}", email=f"ana{n}@f{n % 12}.com", parent_ref=str(n % 5)) for n in range(20)]
    mailed = [profile(f"desk:c{n}", day=3, email=f"ANA{n}@f{n % 12}.com") for n in range(30)]
    chain = [
        profile("desk:x", source_id="a", email="ana@1.com"),
        profile("desk:x", source_id="b", email="ana@2.com"),
        profile("crm:x1", email="ana@1.com", tax_id="529.982.247-25"),
        profile("crm:x2", email="ana@2.com", tax_id="111.444.777-35"),
        profile("erp:y1", tax_id=CNPJ, domain="y.com"),
        profile("desk:y2", tax_id=OTHER_CNPJ, domain="y.com"),
        profile("desk:y3", tax_id="11222333000181", kind="person", customer_ref=None),
    ]
    same = [
        profile("app:ação-1", properties='{"same_as":"u-é1"}'),
        profile("app:anon-2", properties='{"same_as":"u-2","plan":"pro"}'),
        profile("app:u-é1", email="ana@same.com"),
        profile("app:u-2", properties='{"plan":"pro"}'),
    ]
    edits = [
        edit("crm:3", name="Zé", country="PT", empty=["city", "owner", "tags"]),
        edit("crm:3", day=6, owner="rui", tags=["b", "c"]),
        edit("crm:4", empty=["tags"]),
        edit("shop:1", name="Loja"),
        edit("crm:none", name="Nobody"),
    ]
    return [*people, *firms, *contacts, *mailed, *chain, *same, *edits]


@pytest.mark.spark
@pytest.mark.slow
def test_duckdb_and_spark_find_the_same_customers(engine, spark):
    def build(opened, _home):
        by_hand, by_phone = f"manual:{record_id('crm', '5')}", ("chat:(11) 4000-0003", "chat:1140000004")
        also = ["shop:1", "shop:2", "crm:7", by_hand, *by_phone]
        found = identify(opened, *story(), also=also)
        return {"refs": found.refs, "customers": found.customers}

    assert_same(build, engine, spark, Path())
