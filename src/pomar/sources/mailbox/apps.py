from django.apps import AppConfig


class MailboxConfig(AppConfig):
    name = "pomar.sources.mailbox"
    label = "mailbox"

    def ready(self) -> None:
        from pomar.facts.roller import reads
        from pomar.sources.mailbox.reading import KIND, read

        reads(KIND, read)
