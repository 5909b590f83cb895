from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PrivacyConfig(AppConfig):
    name = "pomar.privacy"
    label = "privacy"

    def ready(self) -> None:
        from pomar.privacy.standard import publish_missing

        post_migrate.connect(publish_missing, sender=self)
