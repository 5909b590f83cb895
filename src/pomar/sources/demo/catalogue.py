"""What the demo company sells: products, prices, plans, meters, features, seasons and affinities."""

from __future__ import annotations

from dataclasses import dataclass

FIELDKIT, CAMPO, IRRIGA, COFRE, SONDA, REAGENT, FILTERS, BAGS, CELLS, CALIBRATION, TRAINING = range(11)


@dataclass(frozen=True)
class Product:
    """One product; `price` in BRL (per month for a term product), `logged` where a deployment log exists."""

    code: str
    name: str
    category: str
    kind: str
    price: float
    telemetry: bool = False
    logged: bool = False
    replenish_days: int | None = None


PRODUCTS = (
    Product("FK2", "Fieldkit 2", "Instruments", "durable", 4890, telemetry=True, logged=True),
    Product("CAMPO", "Campo", "Software", "term", 349, telemetry=True, logged=True),
    Product("IRRIGA", "Irriga Controller", "Instruments", "durable", 2190, telemetry=True, logged=True),
    Product("COFRE", "Cofre Archive", "Software", "term", 240),
    Product("SONDA", "Sonda Soil Probe", "Instruments", "durable", 390),
    Product("REAG", "Reagent Pack", "Supplies", "consumable", 129.9, replenish_days=45),
    Product("FILT", "Filter Set", "Supplies", "consumable", 74.5, replenish_days=60),
    Product("BAGS", "Sample Bags (500)", "Supplies", "consumable", 58, replenish_days=30),
    Product("CELL", "Battery Cell", "Supplies", "consumable", 96, replenish_days=90),
    Product("CALIB", "Calibration", "Services", "service", 480),
    Product("TRAIN", "Training Day", "Services", "service", 1350),
)
CODES = tuple(product.code for product in PRODUCTS)
CONSUMABLES = (REAGENT, FILTERS, BAGS, CELLS)
SERVICES = (CALIBRATION, TRAINING)
TERM = (CAMPO, COFRE)

PLANS = ("Start", "Team", "Scale")
PLAN_MRR = {CAMPO: (89.0, 349.0, 1290.0), COFRE: (120.0, 240.0, 640.0)}
PLAN_SEATS = ((1, 4), (5, 15), (16, 60))
REPORT_LIMITS = (200, 1_000, 5_000)
"""Reports a month that each Campo plan includes."""

FEATURES = {
    FIELDKIT: (("measure", 0.55), ("sync", 0.30), ("calibrate", 0.15)),
    CAMPO: (("map", 0.35), ("report", 0.25), ("notes", 0.25), ("export", 0.15)),
    IRRIGA: (("schedule", 0.5), ("monitor", 0.4), ("override", 0.1)),
}
NEW_FEATURE = "routes"
NEW_FEATURE_DAYS_AGO = 430
NEW_FEATURE_ADOPTERS = 0.45
NEW_FEATURE_SHARE = 0.25

SEASONS = {
    "Supplies": (1.0, 0.9, 1.25, 1.4, 1.1, 0.8, 0.7, 0.75, 1.0, 1.2, 1.3, 0.6),
    "Services": (0.7, 0.8, 1.0, 1.0, 1.2, 1.3, 1.2, 1.1, 1.0, 0.9, 0.8, 0.5),
}
"""Quantity by calendar month, relative to an even year; January first."""

AFFINITIES = ((REAGENT, FILTERS, 0.60), (BAGS, CELLS, 0.35))
"""Who orders the first also orders the second in the same order, with this probability."""
BASE_AFFINITY = 0.05

CANCEL_REASONS = ("price", "missing feature", "moved to a competitor", "closed the site", "no longer needed")
