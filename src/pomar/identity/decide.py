"""Which records of a tangled cluster belong together: pure, for the few clusters that shared keys alone do not settle.

Links are taken strongest first, in tiers: what people decided (the latest word first), tax ids, the word of a
source, addresses, domains, then similarity, likeliest first. A link is left out where it would join what must stay
apart: records that a person parted, different tax ids, a person and an organisation. Where links of one tier
contradict each other through a record between them, that record joins neither side. A similarity joins two groups
only where enough pairs of their records are similar: a single weak link does not glue two people together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

TIERS = ("t", "r", "e", "d")
"""What shared keys start with, strongest first."""

ALL_PAIRS = 60
"""Records that share a key are linked each with each up to so many; beyond, all with the first."""

SUPPORT = 0.4
"""The mean probability over all pairs of two groups from which a similarity joins them."""


@dataclass(frozen=True)
class Record:
    """What keeps a record apart from others."""

    tax: str | None = None
    kind: str | None = None


@dataclass(frozen=True)
class Word:
    """A person's decision on two records: whether they are the same."""

    left: int
    right: int
    same: bool


@dataclass
class _Group:
    """Records taken together so far."""

    members: list[int]
    taxes: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)


class _Groups:
    def __init__(self, records: Mapping[int, Record]) -> None:
        self.of = {
            node: _Group([node], {one.tax} - {None}, {one.kind} - {None})  # type: ignore[arg-type]  # None is taken out
            for node, one in records.items()
        }
        self.parted: dict[int, set[int]] = defaultdict(set)

    def together(self, left: int, right: int) -> bool:
        return self.of[left] is self.of[right]

    def part(self, left: int, right: int) -> None:
        """Keep two records apart; an earlier word than one that joined them says nothing any more."""
        if not self.together(left, right):
            self.parted[left].add(right)
            self.parted[right].add(left)

    def are_parted(self, left: int, right: int) -> bool:
        """Whether a person parted any record of the one group from any of the other."""
        one, other = self.of[left], self.of[right]
        small, large = sorted((one.members, other.members), key=len)
        within = set(large)
        return any(self.parted[node] & within for node in small if node in self.parted)

    def clash(self, left: int, right: int, taxes_too: bool = True) -> bool:
        """Whether two groups must stay apart."""
        one, other = self.of[left], self.of[right]
        if self.are_parted(left, right):
            return True
        apart = bool(one.taxes and other.taxes and not one.taxes & other.taxes)
        return taxes_too and (apart or len(one.kinds | other.kinds) > 1)

    def join(self, left: int, right: int) -> None:
        one, other = self.of[left], self.of[right]
        if one is other:
            return
        if len(one.members) < len(other.members):
            one, other = other, one
        one.members += other.members
        one.taxes |= other.taxes
        one.kinds |= other.kinds
        for node in other.members:
            self.of[node] = one

    def labels(self) -> dict[int, int]:
        return {node: min(group.members) for node, group in self.of.items()}


def split(
    records: Mapping[int, Record],
    keys: Iterable[tuple[str, Sequence[int]]],
    similar: Mapping[tuple[int, int], float],
    joining: Collection[tuple[int, int]] = (),
    words: Sequence[Word] = (),
) -> dict[int, int]:
    """The cluster of each record, named by its smallest number.

    `keys` are shared keys with those who share them; `similar` holds the probability of pairs (smaller number first),
    of which those `joining` are likely enough to join; `words` are decisions of people, the latest last.
    """
    groups = _Groups(records)
    for word in reversed(words):
        if not word.same:
            groups.part(word.left, word.right)
        elif not groups.are_parted(word.left, word.right):
            groups.join(word.left, word.right)
    tiers: dict[str, list[tuple[int, int]]] = defaultdict(list)
    sure: set[tuple[int, int]] = set()
    for key, sharing in keys:
        pairs = _pairs(sorted(set(sharing)))
        tiers[key[0]] += pairs
        sure.update(pairs)
    for tier in TIERS:
        _take(groups, sorted(set(tiers[tier])), taxes_too=tier != "t")
    likely = dict.fromkeys(sure, 1.0) | {pair: p for pair, p in similar.items() if pair not in sure}
    for left, right in sorted(joining, key=lambda pair: (-similar[pair], pair)):
        fits = not groups.together(left, right) and not groups.clash(left, right)
        if fits and _supported(groups, left, right, likely):
            groups.join(left, right)
    return groups.labels()


def _pairs(nodes: Sequence[int]) -> list[tuple[int, int]]:
    if len(nodes) <= ALL_PAIRS:
        return list(combinations(nodes, 2))
    return [(nodes[0], node) for node in nodes[1:]]


def _take(groups: _Groups, pairs: Collection[tuple[int, int]], taxes_too: bool) -> None:
    """Join by the links of one tier, but for those that clash, and those of chains that would join what clashes."""
    fitting = [(left, right) for left, right in pairs if not groups.clash(left, right, taxes_too)]
    for chain in _chains(groups, fitting):
        heads = sorted({min(groups.of[node].members) for pair in chain for node in pair})
        if any(groups.clash(one, other, taxes_too) for one, other in combinations(heads, 2)):
            chain = _unambiguous(groups, chain, taxes_too)
        for left, right in chain:
            groups.join(left, right)


def _chains(groups: _Groups, pairs: Iterable[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """The links, put together where a chain of them leads from one to the other."""
    above: dict[int, int] = {}

    def top(node: int) -> int:
        while above.get(node, node) != node:
            node = above[node]
        return node

    listed = list(pairs)
    for left, right in listed:
        one, other = top(id(groups.of[left])), top(id(groups.of[right]))
        above[max(one, other)] = min(one, other)
    chains: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for left, right in listed:
        chains[top(id(groups.of[left]))].append((left, right))
    return list(chains.values())


def _unambiguous(groups: _Groups, chain: list[tuple[int, int]], taxes_too: bool) -> list[tuple[int, int]]:
    """Without the links of groups that are linked to two which clash: nobody can say to which they belong."""
    beside: dict[int, set[int]] = defaultdict(set)
    head = {node: min(groups.of[node].members) for pair in chain for node in pair}
    for left, right in chain:
        beside[head[left]].add(head[right])
        beside[head[right]].add(head[left])
    torn = {
        one for one, near in beside.items()
        if any(groups.clash(a, b, taxes_too) for a, b in combinations(sorted(near), 2))
    }  # fmt: skip
    kept = [(left, right) for left, right in chain if head[left] not in torn and head[right] not in torn]
    for rest in _chains(groups, kept):
        heads = sorted({head[node] for pair in rest for node in pair})
        if any(groups.clash(one, other, taxes_too) for one, other in combinations(heads, 2)):
            kept = [pair for pair in kept if pair not in set(rest)]
    return kept


def _supported(groups: _Groups, left: int, right: int, likely: Mapping[tuple[int, int], float]) -> bool:
    one, other = groups.of[left].members, groups.of[right].members
    total = sum(likely.get((min(a, b), max(a, b)), 0.0) for a in one for b in other)
    return total >= SUPPORT * len(one) * len(other)
