from pomar.identity.tests.conftest import engine

__all__ = ["engine"]
