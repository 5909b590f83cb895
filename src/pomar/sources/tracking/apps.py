from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "pomar.sources.tracking"
    label = "tracking"
