"""The mapping file of the demo company: which column of its files fills which column of which fact.

The headers are ordinary enough to be detected; the mapping adds what no header says: which system the file
is from, and that systems share the CRM's customer ids.
"""

from __future__ import annotations

MAPPING = """\
# The demo company's exports. Three systems: the CRM (and what hangs on its ids), the web shop, telemetry.

[[files]]
name = "crm_companies*.csv"
fact = "profile"
source = "crm"
[files.columns]
customer_ref = "Customer ID"
kind = { value = "organization" }
name = "Company name"
email = "Email"
phone = "Phone"
tax_id = "Tax ID"
domain = "Website"
street = "Street"
city = "City"
region = "State"
postal_code = "Postal code"
country = "Country"
language = "Language"
owner = "Account owner"
tags = "Tags"

[[files]]
name = "crm_people*.csv"
fact = "profile"
source = "crm"
[files.columns]
customer_ref = "Person ID"
kind = { value = "person" }
name = "Full name"
email = "Email"
phone = "Phone"
tax_id = "Tax ID"
city = "City"
region = "State"
postal_code = "Postal code"
country = "Country"
language = "Language"
owner = "Account owner"
parent_ref = "Company ID"
role = "Job title"

[[files]]
name = "clientes_loja*.csv"
fact = "profile"
source = "shop"
[files.columns]
customer_ref = "Código"
name = "Nome"
kind = { column = "Tipo", values = { PF = "person", PJ = "organization" } }
email = "E-mail"
tax_id = "CPF/CNPJ"
domain = "Site"
phone = "Telefone"
city = "Cidade"
region = "UF"
postal_code = "CEP"
country = "País"
language = "Idioma"

[[files]]
name = "products*.csv"
fact = "product"
source = "crm"
[files.columns]
product = "SKU"
name = "Product name"
category = "Category"
kind = "Kind"
list_price = "List price"
currency = "Currency"
telemetry = "Telemetry"
replenish_days = "Replenish days"
meters = "Meters"

[[files]]
name = "orders*.csv"
fact = "purchase"
source = "crm"
[files.options]
dates = "iso"
decimal = "."
[files.columns]
source_id = "Line ID"
order_ref = "Order number"
ordered_on = "Order date"
customer_ref = "Customer ID"
product = "SKU"
quantity = "Quantity"
amount = "Amount"
currency = "Currency"
status = "Status"
channel = "Channel"
unit_ids = "Serial numbers"
occurred_at = "Updated at"

[[files]]
name = "pedidos_loja*.csv"
fact = "purchase"
source = "shop"
[files.options]
dates = "day-month-year"
decimal = ","
delimiter = ";"
[files.columns]
source_id = "ID da linha"
order_ref = "Número do pedido"
ordered_on = "Data do pedido"
customer_ref = "Cliente"
product = "Produto"
quantity = "Quantidade"
amount = "Valor total"
currency = "Moeda"
status = { column = "Situação", values = { pago = "paid", reembolsado = "refunded", cancelado = "cancelled" } }
channel = "Canal"
occurred_at = "Atualizado em"

[[files]]
name = "subscriptions*.csv"
fact = "license"
source = "crm"
[files.columns]
source_id = "Contract"
unit_id = "Subscription ID"
customer_ref = "Customer ID"
product = "Product"
plan = "Plan"
seats = "Seats"
starts_on = "Start date"
ends_on = "End date"
auto_renew = "Auto renew"
mrr = "MRR"
currency = "Currency"
limits = "Limits"
notice_days = "Notice days"
trial = "Trial"
cancelled_on = "Cancelled on"
cancel_reason = "Cancel reason"
occurred_at = "Updated at"

[[files]]
name = "deployments*.csv"
fact = "deployment"
source = "crm"
[files.columns]
unit_id = "Serial number"
customer_ref = "Customer ID"
product = "Product"
status = "Status"
site = "Site"
version = "Version"
occurred_at = "Changed at"

[[files]]
name = "usage*.parquet"
fact = "usage"
source = "telemetry"
[files.columns]
source_id = "event_id"
occurred_at = "occurred_at"
unit_id = "unit_id"
product = "product"
actor = "user_id"
feature = "feature"
quantity = "quantity"

[[files]]
name = "portal_sessions*.csv"
fact = "usage"
source = "shop"
[files.columns]
source_id = "Session ID"
customer_ref = "Customer ID"
product = "Product"
feature = "Page"
quantity = "Views"
occurred_at = "Timestamp"

[[files]]
name = "interactions*.csv"
fact = "interaction"
source = "crm"
[files.columns]
source_id = "Activity ID"
customer_ref = "Customer ID"
channel = "Channel"
direction = "Direction"
subject = "Subject"
actor = "Agent"
outcome = "Outcome"
unit_id = "Unit ID"
product = "Product"
occurred_at = "Date"

[[files]]
name = "tickets*.csv"
fact = "ticket"
source = "crm"
[files.columns]
source_id = "Ticket ID"
customer_ref = "Customer ID"
status = "Status"
priority = "Priority"
unit_id = "Unit ID"
product = "Product"
feature = "Feature"
opened_at = "Opened at"
first_response_at = "First response at"
resolved_at = "Resolved at"
reopened = "Reopened"
satisfaction = "Satisfaction"

[[files]]
name = "nps_survey*.csv"
fact = "feedback"
source = "crm"
[files.columns]
source_id = "Response ID"
customer_ref = "Customer ID"
survey = "Survey"
kind = "Type"
score = "Score"
scale_max = "Scale"
text = "Comment"
channel = "Channel"
occurred_at = "Answered at"

[[files]]
name = "consents*.csv"
fact = "consent"
source = "crm"
[files.columns]
source_id = "Consent ID"
customer_ref = "Customer ID"
purpose = "Purpose"
channel = "Channel"
status = "Status"
legal_basis = "Legal basis"
evidence = "Evidence"
occurred_at = "Date"
"""
