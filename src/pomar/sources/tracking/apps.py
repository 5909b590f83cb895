from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "pomar.sources.tracking"
    label = "tracking"

    def ready(self) -> None:
        from pomar.facts.roller import reads
        from pomar.sources.tracking.actions import KIND
        from pomar.sources.tracking.staging import read

        reads(KIND, read)
