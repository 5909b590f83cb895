"""Who the customers are: companies, the people in them, people of their own, and how sources name them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np

from pomar.sources.demo import words as w
from pomar.sources.demo.arrays import NONE, Flags, Ints, Rng, Words, chosen, words
from pomar.sources.demo.plan import Plan

SPLIT_SHARE = 0.10
"""Customers of the CRM who are also in the web shop, under another id, with one exact key in common."""

KEYS = ("email", "tax_id", "domain")


@dataclass(frozen=True)
class Customers:
    """One element per customer, then one per prospect (who bought nothing).

    `place` counts in `places`, NONE for prospects. `crm` and `shop` are the ids by which the two sources
    know the customer, None where that source does not. `split` says which exact key joins the two (an
    index of KEYS, NONE where there is nothing to join). `contacts` is the number of people at a company.
    """

    place: Ints
    places: tuple[str, ...]
    organization: Flags
    name: Words
    email: Words
    tax_id: Words
    domain: Words
    country: Words
    city: Ints
    currency: Words
    owner: Words
    crm: Words
    shop: Words
    split: Ints
    contacts: Ints

    def at_place(self, *names: str) -> Flags:
        return np.isin(self.place, [self.places.index(name) for name in names])


@dataclass(frozen=True)
class Contacts:
    """People at companies, sorted by `customer`; the first of each company has `rank` 0."""

    customer: Ints
    rank: Ints
    ref: Words
    name: Words
    email: Words


def customers(plan: Plan) -> Customers:
    rng = plan.rng("customers")
    total = plan.customers + plan.prospects
    place = np.full(total, NONE, dtype=np.int64)
    place[: plan.customers] = rng.permutation(np.repeat(np.arange(len(plan.places)), list(plan.places.values())))
    organization = rng.random(total) < np.where(place == NONE, 1.0, 0.6)
    abroad = rng.random(total) < 0.14
    city = np.where(abroad, rng.integers(len(w.CITIES_ABROAD), size=total), rng.integers(len(w.CITIES), size=total))
    country = words([w.CITIES_ABROAD[c][3] if a else "BR" for a, c in zip(abroad, city, strict=True)])
    numbers = scattered(total, 10_000_000, 90_000_000)
    local = country == "BR"
    tax = np.where(organization, cnpj(numbers), cpf(numbers * 10 + rng.integers(10, size=total)))
    tax[~local | (~organization & (rng.random(total) < 0.25))] = None
    english = np.isin(country, ["US", "GB"])
    names = np.where(organization, _companies(rng, english), people(rng, english))
    domain = np.where(organization, _domains(names), words([None] * total))
    crm = words([f"{'C' if o else 'P'}-{i:06d}" for i, o in enumerate(organization, 100)])
    shop, only, split = _second_source(rng, place, list(plan.places), organization, tax)
    crm[only] = None
    return Customers(
        place=place, places=tuple(plan.places), organization=organization, name=names,
        email=_emails(rng, names, domain), tax_id=tax, domain=domain, country=country, city=city,
        currency=np.where(english, "USD", "BRL").astype(object),
        owner=words(list(w.OWNERS))[rng.integers(len(w.OWNERS), size=total)],
        crm=crm, shop=shop, split=split,
        contacts=np.where(organization, 1 + rng.binomial(3, 0.2, total), 0),
    )


def contacts(plan: Plan, base: Customers) -> Contacts:
    """The people at each company; their addresses are at the company's own domain."""
    rng = plan.rng("contacts")
    customer = np.repeat(np.arange(len(base.place)), base.contacts)
    rank = np.arange(len(customer)) - np.repeat(np.cumsum(base.contacts) - base.contacts, base.contacts)
    name = people(rng, np.isin(base.country[customer], ["US", "GB"]))
    email = words([
        f"{slug(person, '.')}{rank or ''}@{domain}"
        for person, rank, domain in zip(name, rank, base.domain[customer], strict=True)
    ])
    ref = words([f"K-{i:06d}" for i in range(100, 100 + len(customer))])
    return Contacts(customer=customer, rank=rank, ref=ref, name=name, email=email)


def _second_source(
    rng: Rng, place: Ints, places: list[str], organization: Flags, tax: Words
) -> tuple[Words, Flags, Ints]:
    """Who is in the web shop: some buyers only there, some customers in both."""
    bought_only = np.isin(place, [places.index("buyer"), places.index("lapsed_buyer")])
    portal = place == places.index("unlicensed_use")
    only = bought_only & ~organization & (rng.random(len(place)) < 0.6)
    both = (place != NONE) & ~only & ((rng.random(len(place)) < SPLIT_SHARE) | portal)
    numbers = scattered(len(place), 10_000_000, 90_000_000)
    shop = words([str(n) if a or b else None for n, a, b in zip(numbers, only, both, strict=True)])
    has_tax = np.array([value is not None for value in tax])
    draw = rng.random(len(place))
    key = np.where(has_tax & (draw < 0.5), 1, np.where(organization & (draw > 0.75), 2, 0))
    return shop, only, np.where(both, key, NONE)


def people(rng: Rng, english: Flags) -> Words:
    """Names of persons; some have two family names."""
    size = len(english)
    draws = rng.random((4, size))
    return words([
        _person(w.FIRST_ENGLISH if e else w.FIRST, w.LAST_ENGLISH if e else w.LAST, a, b, c, d)
        for e, a, b, c, d in zip(english.tolist(), *draws.tolist(), strict=True)
    ])


def _person(first: tuple[str, ...], last: tuple[str, ...], a: float, b: float, c: float, d: float) -> str:
    name = f"{first[int(a * len(first))]} {last[int(b * len(last))]}"
    return f"{name} {last[int(c * len(last))]}" if d < 0.3 else name


def _companies(rng: Rng, english: Flags) -> Words:
    draws = rng.random((5, len(english))).tolist()
    return words([
        _english_company(*draw) if e else _company(*draw)
        for e, draw in zip(english.tolist(), zip(*draws, strict=True), strict=True)
    ])


def _company(a: float, b: float, c: float, d: float, e: float) -> str:
    name = f"{w.COMPANY[int(a * len(w.COMPANY))]} {w.PLACE[int(b * len(w.PLACE))]}"
    if d < 0.5:
        name += f" de {w.CITIES[int(c * len(w.CITIES))][0]}"
    if e > 0.998:
        return name + w.LONG_NAME
    return f"{name} {w.FORM[int(e * len(w.FORM))]}" + (" 🍊" if d > 0.99 else "")


def _english_company(a: float, b: float, c: float, d: float, e: float) -> str:
    place = w.PLACE_ENGLISH[int(b * len(w.PLACE_ENGLISH))]
    trade = w.COMPANY_ENGLISH[int(a * len(w.COMPANY_ENGLISH))]
    return f"{place} {trade} {w.FORM_ENGLISH[int(c * len(w.FORM_ENGLISH))]}"


def _domains(names: Words) -> Words:
    """One invented domain per name, never the same twice."""
    seen: dict[str, int] = {}
    result = []
    for name in names:
        stem = slug(name, "-")[:40].strip("-")
        seen[stem] = seen.get(stem, 0) + 1
        result.append(f"{stem}{'' if seen[stem] == 1 else f'-{seen[stem]}'}.example")
    return words(result)


def _emails(rng: Rng, names: Words, domains: Words) -> Words:
    """A company's role address, or a person's own: free mail has underscores, which Gmail gives to nobody."""
    free = rng.random(len(names)) < 0.6
    return words([
        f"contato@{domain}" if domain
        else f"{slug(name, '_')}_{i}@gmail.com" if f
        else f"{slug(name, '.')}@casa{i}.example"
        for i, (name, domain, f) in enumerate(zip(names, domains, free.tolist(), strict=True), 100)
    ])


def slug(name: str, joint: str) -> str:
    """The name in plain small letters, words joined by `joint`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return joint.join("".join(c if c.isalnum() else " " for c in plain).split())


def cpf(nine_digits: Ints) -> Words:
    """CPF numbers with their two check digits (Receita Federal, modulus 11)."""
    digits = _digits(nine_digits, 9)
    for _ in range(2):
        digits = np.column_stack([digits, _check(digits, np.arange(digits.shape[1] + 1, 1, -1))])
    return words(["{}{}{}.{}{}{}.{}{}{}-{}{}".format(*row) for row in digits.tolist()])


def cnpj(eight_digits: Ints) -> Words:
    """CNPJ numbers of head offices (branch 0001) with their two check digits."""
    digits = np.column_stack([_digits(eight_digits, 8), np.tile([0, 0, 0, 1], (len(eight_digits), 1))])
    for weights in ([5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2], [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]):
        digits = np.column_stack([digits, _check(digits, np.array(weights))])
    return words(["{}{}.{}{}{}.{}{}{}/{}{}{}{}-{}{}".format(*row) for row in digits.tolist()])


def _digits(numbers: Ints, width: int) -> Ints:
    return (numbers[:, None] // 10 ** np.arange(width - 1, -1, -1)) % 10


def _check(digits: Ints, weights: Ints) -> Ints:
    rest = (digits * weights).sum(axis=1) % 11
    return np.where(rest < 2, 0, 11 - rest)


def scattered(size: int, low: int, span: int) -> Ints:
    """Distinct numbers from `low` on, in no visible order; `span` bounds them and must exceed `size`."""
    return low + (np.arange(size) * 7_368_787 + 104_729) % span


def some(rng: Rng, flags: Flags, count: int) -> Ints:
    """`count` positions among those flagged (all of them where there are fewer)."""
    positions = np.flatnonzero(flags)
    return positions[chosen(rng, len(positions), count)]
