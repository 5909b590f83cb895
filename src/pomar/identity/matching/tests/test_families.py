"""Families share a surname, an address and often a telephone, twins a birthday: they are not joined by themselves."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from pomar.cli import main

GIVEN = [
    "Ana", "Bruno", "Carla", "Davi", "Elisa", "Fabio", "Gilda", "Heitor", "Iris", "Joana", "Kaio", "Laura",
    "Marcos", "Nina", "Otavio", "Paula", "Rafael", "Sonia", "Tiago", "Ursula", "Vera", "Wagner", "Yara", "Zeca",
    "Maria", "Jose", "Pedro", "Lucas", "Julia", "Clara",
]  # fmt: skip
SURNAMES = [
    "Souza", "Lima", "Rocha", "Mendes", "Prado", "Teles", "Viana", "Barros", "Castro", "Dias", "Silva",
    "Santos", "Oliveira", "Pereira", "Costa", "Almeida", "Nunes", "Freitas", "Moura", "Campos",
]  # fmt: skip


def families(seed: int) -> list[dict[str, object]]:
    """Some 1,250 people in 500 households, a quarter of them typed in again with slips and gaps."""
    dice = random.Random(seed)
    rows: list[dict[str, object]] = []
    people = 0
    for _household in range(500):
        surname = " ".join(dice.sample(SURNAMES, dice.choice((1, 1, 2))))
        city = f"City {dice.randrange(12)}"
        street = f"Rua {dice.choice(SURNAMES)} {dice.choice(GIVEN)}, {dice.randrange(1, 2000)}"
        telephone, birthday = _telephone(dice), _birthday(dice)
        for given in dice.sample(GIVEN, dice.choice((1, 2, 3, 4))):
            people += 1
            mail = f"{given}.{surname.split()[0]}{people}@gmail.com".lower() if dice.random() < 0.7 else ""
            row = {
                "given_name": given, "surname": surname, "email": mail, "street": street, "city": city,
                "date_of_birth": birthday if dice.random() < 0.1 else _birthday(dice),
                "phone": telephone if dice.random() < 0.5 else _telephone(dice), "truth": people,
            }  # fmt: skip
            rows.append(row)
            while dice.random() < 0.25:
                rows.append({name: _again(dice, name, value) for name, value in row.items()})
    dice.shuffle(rows)
    return [{"id": number} | row for number, row in enumerate(rows)]


def _telephone(dice: random.Random) -> str:
    return f"+55 11 9{dice.randrange(10**7, 10**8)}"


def _birthday(dice: random.Random) -> str:
    return f"{dice.randrange(1940, 2005)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 28):02}"


def _again(dice: random.Random, name: str, value: object) -> object:
    chance = dice.random()
    if name in ("truth", "city"):
        return value
    if name in ("given_name", "surname"):
        return _slip(dice, str(value)) if chance < 0.45 else value
    return "" if chance < 0.3 else _slip(dice, str(value)) if chance < 0.42 else value


def _slip(dice: random.Random, text: str) -> str:
    if len(text) < 4:
        return text
    place = dice.randrange(1, len(text) - 1)
    doubled, left_out = text[:place] + text[place] + text[place:], text[:place] + text[place + 1 :]
    return dice.choice((doubled, left_out, text[:place] + text[place + 1] + text[place] + text[place + 2 :]))


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_families_are_kept_apart_and_copies_found(tmp_path: Path, seed: int) -> None:
    rows = families(seed)
    file = tmp_path / "families.csv"
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)

    found = json.loads(
        CliRunner().invoke(main, ["identity", "evaluate", str(file), "--truth", "truth", "--json"]).stdout
    )
    assert (found["precision"] >= 0.99, found["recall"] >= 0.9) == (True, True), found
