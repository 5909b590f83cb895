from pomar.facts.tests.conftest import company

__all__ = ["company"]
