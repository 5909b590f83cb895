from django.apps import AppConfig


class MentionsConfig(AppConfig):
    name = "pomar.sources.mentions"
    label = "mentions"

    def ready(self) -> None:
        from pomar.facts.roller import reads
        from pomar.sources.mentions.reading import KIND, read

        reads(KIND, read)
