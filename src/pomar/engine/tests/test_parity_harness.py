from decimal import Decimal

import pyarrow as pa
import pytest

from pomar.engine.parity import compare


def test_the_order_of_rows_and_the_last_digit_of_floats_do_not_matter():
    left = pa.table({"id": ["a", "b", None], "value": [0.1 + 0.2, 2.0, float("nan")]})
    right = pa.table({"id": [None, "b", "a"], "value": [float("nan"), 2.0, 0.3]})
    compare("t", left, right)


@pytest.mark.parametrize(
    ("left", "right", "complaint"),
    [
        ({"n": [1, 2]}, {"n": [1, 3]}, r"t\.n, row 1: 2 is not 3"),
        ({"n": [1]}, {"n": [1, 1]}, "t: 1 rows, not 2"),
        ({"n": [1]}, {"n": ["1"]}, "is not n: string"),
        ({"n": [1.0]}, {"n": [1.00000001]}, "row 0"),
        ({"n": [Decimal("0.1000")]}, {"n": [Decimal("0.1001")]}, "row 0"),
        ({"n": [["a", "b"]]}, {"n": [["b", "a"]]}, "row 0"),
        ({"n": [1, None]}, {"n": [1, 0]}, "row 0"),
    ],
)
def test_everything_else_does(left, right, complaint):
    with pytest.raises(AssertionError, match=complaint):
        compare("t", pa.table(left), pa.table(right))
