from pomar.bases.tests.conftest import company

__all__ = ["company"]
