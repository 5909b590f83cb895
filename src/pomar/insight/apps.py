from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "pomar.insight"
    label = "insight"
