from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "pomar.access"
    label = "access"
