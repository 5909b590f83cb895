from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "pomar.privacy"
    label = "privacy"
