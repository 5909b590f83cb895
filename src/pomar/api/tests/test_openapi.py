"""The API is what its document says."""

from __future__ import annotations

import re
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from django.urls import get_resolver
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pomar.api.tests.test_tracking import basic, key
from pomar.api.urls import CALLS, urlpatterns
from pomar.facts.tests.conftest import company

__all__ = ["company", "key"]

PROMISED = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def test_the_document_names_every_address_and_no_other():
    described = Client().get("/v1/openapi.json").json()["paths"]

    holes = re.compile(r"<\w+:(\w+)>")
    there_are = {holes.sub(r"{\1}", f"/v1/{one.pattern}") for one in urlpatterns} - {"/v1/openapi.json"}
    assert (set(described), "v1/" in {str(one.pattern) for one in get_resolver().url_patterns}) == (there_are, True)


@pytest.fixture
def described(db: None) -> Any:
    return schemathesis.openapi.from_wsgi("/v1/openapi.json", WSGIHandler())


OTHERS = ("settings", "mentions", "notice", "notice_of_key")


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("address", [*(one for several in CALLS.values() for one in several), *OTHERS])
def test_every_answer_is_one_it_promises(described: Any, key: str, address: str) -> None:
    operation = described.find_operation_by_id(address)

    @settings(max_examples=20, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy(), operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def ask(good: Any, bad: Any) -> None:
        for case in (good, bad):
            case.call_and_validate(headers=basic(key) if case.method == "POST" else {}, checks=PROMISED)

    ask()
