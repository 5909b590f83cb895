from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "pomar.identity"
    label = "identity"
