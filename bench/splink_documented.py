"""Splink, set up as its own documentation does for such data (the demos for febrl3 and fake_1000), on one file.

Run by an interpreter that has Splink: `python splink_documented.py FILE TRUTH THRESHOLD`; prints the clusters' counts
as JSON: pairs found, pairs that are true, pairs that are both.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pandas as pd
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

FEBRL = {
    "comparisons": [
        cl.NameComparison("given_name"), cl.NameComparison("surname"),
        cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
        cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
        cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
    ],
    "blocking": [block_on(one) for one in ("given_name", "surname", "date_of_birth", "postcode")],
    "sure": [block_on("given_name", "surname", "date_of_birth"), block_on("given_name", "surname", "postcode")],
    "recall": 0.6,
    "training": [block_on("date_of_birth"), block_on("postcode")],
}  # fmt: skip
FAKE = {
    "comparisons": [
        cl.NameComparison("first_name"), cl.JaroAtThresholds("surname"),
        cl.DateOfBirthComparison("dob", input_is_string=True),
        cl.ExactMatch("city").configure(term_frequency_adjustments=True), cl.EmailComparison("email"),
    ],
    "blocking": [block_on("first_name"), block_on("surname")],
    "sure": [block_on("first_name", "surname")],
    "recall": 0.7,
    "training": [block_on("dob"), block_on("email")],
}  # fmt: skip


def clusters(rows: Any, how: dict[str, Any], threshold: float) -> Any:
    database = DuckDBAPI()
    settings = SettingsCreator(
        link_type="dedupe_only", unique_id_column_name="unique_id", comparisons=how["comparisons"],
        blocking_rules_to_generate_predictions=how["blocking"],
    )  # fmt: skip
    linker = Linker(database.register(rows), settings)
    linker.training.estimate_probability_two_random_records_match(how["sure"], recall=how["recall"])
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    for rule in how["training"]:
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    found = linker.inference.predict(threshold_match_probability=0.01)
    told = linker.clustering.cluster_pairwise_predictions_at_threshold(
        found, threshold_match_probability=threshold
    )  # fmt: skip
    return told.as_pandas_dataframe()[["unique_id", "cluster_id"]]


def pairs(sizes: Any) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def main(file: str, truth: str, threshold: str) -> None:
    logging.disable(logging.CRITICAL)
    rows = pd.read_csv(file, dtype=str).drop(columns=["soc_sec_id", "is_duplicate", "unique_id"], errors="ignore")
    rows.insert(0, "unique_id", [str(number) for number in range(len(rows))])
    how = FEBRL if "given_name" in rows.columns else FAKE
    told = rows[["unique_id", truth]].merge(clusters(rows.drop(columns=[truth]), how, float(threshold)), on="unique_id")
    print(json.dumps({
        "found": pairs(told.groupby("cluster_id").size()), "true": pairs(told.groupby(truth).size()),
        "both": pairs(told.groupby(["cluster_id", truth]).size()),
    }))  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
