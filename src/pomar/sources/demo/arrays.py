"""Names for the arrays the simulation is made of, and the few things done with them everywhere.

Days are whole numbers counted from the first day of the history; `NONE` means "never happened".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.object_]
Rng = np.random.Generator

NONE = -1


def words(values: Sequence[str | None]) -> Words:
    """An object array, also of an empty list."""
    result: Words = np.empty(len(values), dtype=np.object_)
    result[:] = values
    return result


def whole(values: npt.NDArray[np.floating[Any]] | Ints) -> Ints:
    return np.floor(values).astype(np.int64)


def between(rng: Rng, low: Ints | int, high: Ints | int, size: int) -> Ints:
    """Whole numbers from `low` to `high`, both included; `high` is raised to `low` where it is below."""
    bottom: Ints = np.broadcast_to(np.asarray(low, dtype=np.int64), size)
    top: Ints = np.maximum(np.broadcast_to(np.asarray(high, dtype=np.int64), size), bottom)
    result: Ints = bottom + whole(rng.random(size) * (top - bottom + 1))
    return result


def chosen(rng: Rng, size: int, count: int) -> Ints:
    """`count` distinct positions of `size`, in rising order (all of them where count is larger)."""
    return np.sort(rng.permutation(size)[:count]).astype(np.int64)


def picked(rng: Rng, weights: dict[str, float], size: int, codes: dict[str, int]) -> Ints:
    """Codes drawn with the given weights."""
    names = list(weights)
    edges = np.cumsum([weights[name] for name in names])
    places = np.searchsorted(edges, rng.random(size) * edges[-1], side="right")
    result: Ints = np.array([codes[name] for name in names], dtype=np.int64)[np.minimum(places, len(names) - 1)]
    return result


def within(groups: Ints) -> Ints:
    """The position of each element inside its run of equal neighbours."""
    if not len(groups):
        return groups
    starts = np.r_[True, groups[1:] != groups[:-1]]
    positions = np.arange(len(groups))
    return positions - np.maximum.accumulate(np.where(starts, positions, 0))


def shares(total: int, weights: dict[str, int]) -> dict[str, int]:
    """`total` split in proportion to the weights by largest remainder, so that it sums exactly."""
    whole_weight = sum(weights.values())
    exact = {name: total * weight / whole_weight for name, weight in weights.items()}
    result = {name: int(value) for name, value in exact.items()}
    left = total - sum(result.values())
    for name in sorted(exact, key=lambda name: result[name] - exact[name])[:left]:
        result[name] += 1
    return result
