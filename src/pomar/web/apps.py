from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "pomar.web"
    label = "web"
