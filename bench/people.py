"""Made-up people for the matching benchmark: names and places as common as real ones, some of them said twice."""

from __future__ import annotations

import random

import duckdb
import pyarrow as pa

SYLLABLES = ("ma", "ri", "jo", "se", "an", "to", "ca", "li", "fer", "nan", "da", "bru", "no", "gui", "le", "pa", "tri",
             "sil", "va", "san", "tos", "o", "vei", "ra", "cos", "ta", "pe", "rei", "mor", "gan", "wil", "son", "bak",
             "er", "cla", "rk", "ben", "net", "hu", "go", "lu", "is", "a", "ze", "ve", "do", "mel", "lo",
             "cha", "ves")  # fmt: skip
CITIES, STREETS, GIVEN, SURNAMES = 400, 30_000, 3_000, 60_000


def build(con: duckdb.DuckDBPyConnection, count: int, share: float = 0.1, seed: int = 1, first: int = 0) -> None:
    """Table `people`: source_id, customer_ref, name, email, phone, street, city, region, postal_code, born, truth.

    `share` of `count` are copies of others with a slip or two and something left out. Numbered from `first` on.
    """
    dice = random.Random(seed)
    con.execute(f"SELECT setseed({seed / 1000})")
    pools = (("given", GIVEN, 3), ("surname", SURNAMES, 4), ("street", STREETS, 4), ("city", CITIES, 3))
    for name, size, parts in pools:
        words = sorted({"".join(dice.choices(SYLLABLES, k=dice.randint(2, parts))) for _ in range(3 * size)})
        dice.shuffle(words)
        con.register(f"{name}s", pa.table({"nth": list(range(size)), "word": (words * 3)[:size]}))
    common = "least(({size} * pow(random(), 3))::BIGINT, {size} - 1)"
    picked = ", ".join(
        f"{common.format(size=size)} AS {name}"
        for name, size in (("g", GIVEN), ("s", SURNAMES), ("t", SURNAMES), ("r", STREETS), ("c", CITIES))
    )
    originals = round(count * (1 - share))
    con.execute(f"""CREATE OR REPLACE TEMP TABLE originals AS
        SELECT n AS truth, g.word AS given, s.word || CASE WHEN n % 3 = 0 THEN ' ' || t.word ELSE '' END AS surname,
            CASE WHEN n % 5 < 3 THEN g.word || '.' || s.word || n || '@mail' || (n % 3) || '.com' END AS email,
            CASE WHEN n % 4 < 3 THEN (11000000000 + (hash(n) % 89999999999))::VARCHAR END AS phone,
            'Rua ' || r.word || ', ' || (1 + hash(n * 7) % 900) AS street, c.word AS city,
            'R' || (c.nth % 27) AS region,
            lpad(((c.nth * 200 + r.nth % 200) % 99999)::VARCHAR, 5, '0') AS postal_code,
            CASE WHEN n % 2 = 0 THEN DATE '1940-01-01' + (hash(n * 13) % 25000)::INT END AS born
        FROM (SELECT range + {first} AS n, {picked} FROM range({originals})) AS p
        JOIN givens AS g ON g.nth = p.g JOIN surnames AS s ON s.nth = p.s JOIN surnames AS t ON t.nth = p.t
        JOIN streets AS r ON r.nth = p.r JOIN citys AS c ON c.nth = p.c""")
    slip = "left({0}, 2) || substr({0}, 4)"
    con.execute(f"""CREATE OR REPLACE TEMP TABLE people AS
        WITH copies AS (SELECT *, random() AS a, random() AS b, random() AS c FROM originals
            USING SAMPLE {count - originals} ROWS (reservoir, {seed}))
        SELECT 'p' || truth AS source_id, given, surname, email, phone, street, city, region, postal_code, born, truth
        FROM originals UNION ALL
        SELECT 'd' || truth,
            CASE WHEN a < .25 THEN {slip.format("given")} WHEN a < .35 THEN left(given, 1) ELSE given END,
            CASE WHEN b < .25 THEN {slip.format("surname")} ELSE surname END, CASE WHEN a < .6 THEN NULL ELSE email END,
            CASE WHEN b < .4 THEN NULL ELSE phone END, CASE WHEN c < .2 THEN NULL ELSE street END,
            CASE WHEN c < .1 THEN NULL ELSE city END, region, CASE WHEN c > .8 THEN NULL ELSE postal_code END,
            CASE WHEN b > .9 THEN NULL ELSE born END, truth
        FROM copies""")
