"""The files that say who the customers are: the CRM's companies and people, and the web shop's own list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pomar.sources.demo import words as w
from pomar.sources.demo.arrays import NONE, Flags, Ints, Rng, Words, words
from pomar.sources.demo.people import KEYS, Contacts, Customers, slug, some
from pomar.sources.demo.plan import Plan
from pomar.sources.demo.sheets import Sheet, same

FUZZY_SHARE = 0.02
Row = dict[str, str | None]


@dataclass(frozen=True)
class Duplicate:
    """A profile of the web shop that is a customer (or person) of the CRM too; `key` is None without exact key."""

    shop_ref: str
    crm_ref: str
    key: str | None


def companies(plan: Plan, base: Customers) -> Sheet:
    rng = plan.rng("companies")
    here = np.flatnonzero(base.organization)
    city, region, code = _place(base, here)
    return Sheet("crm_companies.csv", {
        "Customer ID": base.crm[here], "Company name": base.name[here], "Email": base.email[here],
        "Phone": phone(base.country[here], here), "Tax ID": base.tax_id[here], "Website": base.domain[here],
        "Street": _street(rng, len(here)), "City": city, "State": region, "Postal code": code,
        "Country": base.country[here], "Language": _language(base.country[here]),
        "Account owner": base.owner[here], "Tags": _tags(rng, len(here)),
        "Industry": words(["fruit", "grain", "research", "food", "education"])[rng.integers(5, size=len(here))],
    })


def people(plan: Plan, base: Customers, contacts: Contacts) -> Sheet:
    """People of their own first, then those at companies."""
    rng = plan.rng("people")
    alone = np.flatnonzero(~base.organization & np.array([ref is not None for ref in base.crm]))
    customer = np.r_[alone, contacts.customer]
    own = len(alone)
    city, region, code = _place(base, customer)
    ref = np.concatenate([base.crm[alone], contacts.ref])
    return Sheet("crm_people.csv", {
        "Person ID": ref, "Full name": np.concatenate([base.name[alone], contacts.name]),
        "Email": np.concatenate([base.email[alone], contacts.email]),
        "Phone": phone(base.country[customer], np.arange(len(customer)) + 40_000_000),
        "Tax ID": np.concatenate([base.tax_id[alone], same(None, len(contacts.ref))]),
        "City": city, "State": region, "Postal code": code, "Country": base.country[customer],
        "Language": _language(base.country[customer]), "Account owner": base.owner[customer],
        "Company ID": np.concatenate([same(None, own), base.crm[contacts.customer]]),
        "Job title": np.concatenate([
            same(None, own), words(list(w.ROLES))[rng.integers(len(w.ROLES), size=len(contacts.ref))],
        ]),
    })


def shop_list(plan: Plan, base: Customers, contacts: Contacts) -> tuple[Sheet, list[Duplicate]]:
    """The web shop's customers, with those whom the CRM knows as well: by an exact key, or fuzzily."""
    rng = plan.rng("shop list")
    here = np.flatnonzero(np.array([ref is not None for ref in base.shop]))
    first = np.full(len(base.place), NONE, dtype=np.int64)
    first[contacts.customer[contacts.rank == 0]] = np.flatnonzero(contacts.rank == 0)
    listed, found = [], []
    for c in here.tolist():
        row, duplicate = _shop_row(base, contacts, c, int(first[c]))
        listed.append(row)
        found += [duplicate] if duplicate else []
    free = (base.place != NONE) & np.array([s is None for s in base.shop])
    again = some(rng, free, max(1, round(plan.customers * FUZZY_SHARE)))
    for i, c in enumerate(again.tolist()):
        listed.append(_fuzzy_row(rng, base, c, i))
        found.append(Duplicate(str(listed[-1]["Código"]), str(base.crm[c]), None))
    who = np.r_[here, again]
    city, region, code = _place(base, who)
    columns = {h: words([row[h] for row in listed]) for h in ("Código", "Nome", "Tipo", "E-mail", "CPF/CNPJ", "Site")}
    columns |= {
        "Telefone": phone(base.country[who], np.r_[here + 60_000_000, again]), "Cidade": city, "UF": region,
        "CEP": code, "País": base.country[who], "Idioma": _language(base.country[who]),
    }
    return Sheet("clientes_loja.csv", columns, delimiter=";"), found


def _shop_row(base: Customers, people: Contacts, c: int, contact: int) -> tuple[Row, Duplicate | None]:
    """What the shop says of a customer: everything, or the one key that it shares with the CRM."""
    split = int(base.split[c])
    row: Row = {
        "Código": base.shop[c], "Nome": base.name[c], "Tipo": "PJ" if base.organization[c] else "PF",
        "E-mail": base.email[c], "CPF/CNPJ": base.tax_id[c], "Site": None,
    }
    if split == NONE:
        return row, None
    crm = str(base.crm[c])
    if KEYS[split] == "email" and base.organization[c]:
        crm = str(people.ref[contact])
        row |= {"Nome": people.name[contact], "Tipo": "PF", "CPF/CNPJ": None}
        row["E-mail"] = str(people.email[contact]).upper()
    elif KEYS[split] == "email":
        row |= {"E-mail": str(base.email[c]).title(), "CPF/CNPJ": None}
    elif KEYS[split] == "tax_id":
        other = None if base.organization[c] else f"{slug(base.name[c], '.')}@correio{c}.example"
        row |= {"E-mail": other, "CPF/CNPJ": "".join(d for d in base.tax_id[c] if d.isdigit())}
    else:
        row |= {"E-mail": f"compras@{base.domain[c]}", "CPF/CNPJ": None, "Site": base.domain[c]}
    return row, Duplicate(str(base.shop[c]), crm, KEYS[split])


def _fuzzy_row(rng: Rng, base: Customers, c: int, nth: int) -> Row:
    """The same customer typed in again, with errors, another address and no document; it bought nothing."""
    name = misspelt(rng, str(base.name[c]))
    mail = None if base.organization[c] else f"{slug(name, '.')}@outro{nth}.example"
    return {
        "Código": f"9{nth:07d}0", "Nome": name, "Tipo": "PJ" if base.organization[c] else "PF",
        "E-mail": mail, "CPF/CNPJ": None, "Site": None,
    }


def misspelt(rng: Rng, name: str) -> str:
    """Two letters swapped, one left out, or one doubled."""
    place = 1 + int(rng.random() * max(1, len(name) - 3))
    kind = int(rng.random() * 3)
    if kind == 0:
        return name[:place] + name[place + 1 : place + 2] + name[place] + name[place + 2 :]
    return name[:place] + name[place + 1 :] if kind == 1 else name[:place] + name[place] + name[place:]


def phone(country: Words, number: Ints) -> Words:
    """Numbers from ranges kept free for fiction, or that no operator gave out."""
    return words([
        f"+55 {11 + n % 80} 90{n // 10_000 % 100:02d}{n // 1000 % 10}-{n * 7 % 10_000:04d}" if land == "BR"
        else f"+1 503 555 01{n % 100:02d}" if land == "US"
        else f"+44 7700 900{n % 1000:03d}" if land == "GB"
        else f"+351 900 {n // 1000 % 1000:03d} {n % 1000:03d}"
        for land, n in zip(country, number.tolist(), strict=True)
    ])


def _place(base: Customers, who: Ints) -> tuple[Words, Words, Words]:
    home = [
        (*w.CITIES[c][:2], f"{w.CITIES[c][2]}-{i % 1000:03d}") if land == "BR" else w.CITIES_ABROAD[c][:3]
        for c, land, i in zip(base.city[who].tolist(), base.country[who], who.tolist(), strict=True)
    ]
    return words([h[0] for h in home]), words([h[1] for h in home]), words([h[2] for h in home])


def _street(rng: Rng, size: int) -> Words:
    street = rng.integers(len(w.STREETS), size=size).tolist()
    number = rng.integers(1, 4000, size=size).tolist()
    return words([f"{w.STREETS[s]}, {n}" for s, n in zip(street, number, strict=True)])


def _language(country: Words) -> Words:
    english: Flags = np.isin(country, ["US", "GB"])
    return np.where(english, "en", np.where(country == "PT", "pt-PT", "pt-BR")).astype(object)


def _tags(rng: Rng, size: int) -> Words:
    tag = rng.integers(len(w.TAGS), size=size).tolist()
    return words([w.TAGS[t] if d < 0.2 else None for t, d in zip(tag, rng.random(size).tolist(), strict=True)])
