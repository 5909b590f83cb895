import networkx
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pomar.engine import open_engine
from pomar.identity.components import components

NAMES = pa.schema([("node", pa.int64()), ("key", pa.string())])


def ours(engine, pairs):
    rows = [{"node": node, "key": key} for node, key in pairs]
    found = components(engine, engine.table(pa.Table.from_pylist(rows, NAMES)))
    return {row["node"]: row["label"] for row in engine.arrow(found).to_pylist()}


def theirs(pairs):
    graph = networkx.Graph((node, f"k{key}") for node, key in pairs)
    parts = [[n for n in part if isinstance(n, int)] for part in networkx.connected_components(graph)]
    return {node: min(part) for part in parts for node in part}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.lists(st.tuples(st.integers(0, 150), st.integers(0, 120).map(str)), max_size=300))
def test_equal_to_networkx_on_any_graph(engine, pairs):
    assert ours(engine, pairs) == theirs(pairs)


@pytest.mark.parametrize("size", [500, 3000])
def test_long_chains_settle(engine, size):
    mixed = [(node * 7919) % 10007 for node in range(size)]
    pairs = [(mixed[n + side], f"{n}") for n in range(size - 1) for side in (0, 1)]
    assert set(ours(engine, pairs).values()) == {min(mixed)}


def test_sorted_chains_settle_too():
    with open_engine("duckdb") as engine:
        pairs = [(n + side, f"{n}") for n in range(3000) for side in (0, 1)]
        assert set(ours(engine, pairs).values()) == {0}
