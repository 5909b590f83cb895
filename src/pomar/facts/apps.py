from django.apps import AppConfig


class FactsConfig(AppConfig):
    name = "pomar.facts"
    label = "facts"
