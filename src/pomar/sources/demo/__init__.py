"""The demo company: simulated by documented processes, with a known truth beside its files."""

from pomar.sources.demo.days import next_day
from pomar.sources.demo.plan import CONTACT, DEFAULT_CUSTOMERS, DEFAULT_SEED, FROZEN_NOW, NAME
from pomar.sources.demo.simulation import simulate
from pomar.sources.demo.truth import Truth, load

__all__ = [
    "CONTACT", "DEFAULT_CUSTOMERS", "DEFAULT_SEED", "FROZEN_NOW", "NAME", "Truth", "load", "next_day", "simulate",
]  # fmt: skip
