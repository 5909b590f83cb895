"""Addresses of the pages."""

from allauth.account import views as account
from django.urls import include, path

from pomar.web.views import (
    customers,
    demo,
    health,
    imports,
    installed,
    jobs,
    preferences,
    products,
    refresh,
    today,
    upload,
)

urlpatterns = [
    path("", today.today, name="today"),
    path("customers/", customers.customers, name="customers"),
    path("customers/export", customers.export, name="export_customers"),
    path("customers/<str:customer_id>/", customers.customer, name="customer"),
    path("installed/", installed.installed, name="installed"),
    path("installed/units/", installed.units, name="units"),
    path("installed/units/export", installed.export, name="export_units"),
    path("installed/people/", installed.people, name="people"),
    path("imports/", imports.imports, name="imports"),
    path("imports/new/", upload.upload, name="upload"),
    path("imports/new/<str:job_id>/", upload.preview, name="preview"),
    path("imports/new/<str:job_id>/load", upload.load, name="load"),
    path("imports/<str:import_id>/", imports.import_, name="import"),
    path("imports/<str:import_id>/rows", imports.rows, name="rows"),
    path("imports/<str:import_id>/undo", imports.undo, name="undo"),
    path("imports/<str:import_id>/replay", imports.replay, name="replay"),
    path("jobs/<str:job_id>/", jobs.job, name="job"),
    path("jobs/<str:job_id>/again", jobs.again, name="again"),
    path("products/", products.products, name="products"),
    path("refresh", refresh.refresh, name="refresh"),
    path("demo/advance", demo.advance, name="advance"),
    path("language", preferences.set_language, name="set_language"),
    path("theme", preferences.theme, name="theme"),
    path("account/login/", account.login, name="account_login"),
    path("account/logout/", account.logout, name="account_logout"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/password/set/", account.password_set, name="account_set_password"),
    path("account/confirm/", account.reauthenticate, name="account_reauthenticate"),
    path("account/two-step/", include("allauth.mfa.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("v1/", include("pomar.api.urls")),
]
