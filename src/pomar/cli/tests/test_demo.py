"""`pomar demo` and `pomar advance`, on a small company."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from django.contrib.auth import authenticate

from pomar.cli.testing import answered, brought_in, refused
from pomar.facts.models import Import
from pomar.kernel import clock
from pomar.sources import demo
from pomar.web import company

Run = Callable[..., Result]
SIZE = ("--customers", "90", "--installed", "50", "--seed", "5")


def build(pomar: Run, *arguments: str) -> Result:
    return pomar("demo", "--no-serve", "--json", *arguments)


@pytest.mark.slow
def test_the_company_is_built_counted_kept_and_moved_on(pomar: Run, own_home: Path) -> None:
    built = answered(build(pomar, *SIZE))
    assert (built["customers"], built["seed"], clock.stored()) == (90, 5, demo.FROZEN_NOW)
    assert authenticate(username=built["username"], password=built["password"]) is not None
    counted = answered(pomar("bases", "--json"))
    assert (counted["customer_base"]["customers"], counted["installed_base"]["customers"]) == (90, 50)
    assert sum(place["count"] for place in counted["bridge"]["customers"]) == 90

    assert answered(build(pomar)) == answered(build(pomar, *SIZE)) == built
    assert Import.objects.count() == 1
    code, error = refused(build(pomar, "--customers", "91"))
    assert (code, error["where"]) == (6, "demo") and "90 customers" in error["what"]

    assert answered(pomar("advance", "--json"))["now"] == "2026-11-21T20:00:00+00:00"
    assert Import.objects.count() == 2
    assert answered(pomar("bases", "--json"))["as_of"] == "2026-11-21"
    assert answered(pomar("bases", "--json", "--as-of", "2026-11-20")) == counted
    answered(pomar("advance", "45", "--silent", "--json"))
    assert Import.objects.count() == 2
    assert answered(pomar("bases", "--json"))["installed_base"]["customers"] < 50


@pytest.mark.slow
def test_a_build_that_was_interrupted_is_taken_up_again(pomar: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(company.bases, "refresh", _fail)
        with pytest.raises(OSError, match="power"):
            build(pomar, *SIZE)
    answered(build(pomar))
    assert answered(pomar("bases", "--json"))["customer_base"]["customers"] == 90


def _fail(**anything: object) -> None:
    raise OSError("power cut")


def test_a_real_company_is_never_mixed_with_the_demo(pomar: Run, own_home: Path) -> None:
    brought_in("imp_1", purchase=[{"customer_ref": "c1", "quantity": 1.0}])
    code, error = refused(build(pomar))
    assert (code, error["kind"]) == (6, "Conflict") and "POMAR_HOME" in error["fix"]
    assert clock.stored() is None and not (own_home / "demo.json").exists()


def test_only_the_demo_has_a_clock_to_advance(pomar: Run) -> None:
    code, error = refused(pomar("advance", "--json"))
    assert code == 2 and "pomar demo" in error["fix"]


def test_a_company_too_small_is_refused_before_anything_is_written(pomar: Run, own_home: Path) -> None:
    code, error = refused(build(pomar, "--customers", "3"))
    assert (code, error["where"]) == (2, "demo")
    assert json.loads(pomar("undo", "--list", "--json").stdout) == []
    assert not (own_home / "demo.json").exists() and clock.stored() is None
