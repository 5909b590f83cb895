from django.apps import AppConfig


class BasesConfig(AppConfig):
    name = "pomar.bases"
    label = "bases"
