from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "pomar.sources.files"
    label = "files"
