# Everything needs make and Python 3.11 to 3.13; nothing else has to be installed first.
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
POSTGRES ?= postgresql://postgres@127.0.0.1:5432/postgres
# Test files are dealt to two processes, as conftest.py groups them.
PORT ?= 8000
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadgroup

.PHONY: help demo test test-postgres slow long lint bench lock messages clean
.DEFAULT_GOAL := help

help: ## List what make can do
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.run ## Install, build the demo company and serve it on http://127.0.0.1:8000 (PORT=N)
	$(BIN)/pomar demo --port $(PORT)

test: $(VENV)/.dev ## Install and run the default tests (about two minutes)
	$(PYTEST)

test-postgres: $(VENV)/.dev ## The tests that use the records database, on PostgreSQL (POSTGRES=url)
	DATABASE_URL=$(POSTGRES) $(PYTEST) --records-only

slow: $(VENV)/.dev ## The tests that take more than a few seconds each
	$(PYTEST) -m "slow and not long" --durations=15

long: $(VENV)/.dev ## The tests that take minutes and the full-size benchmarks; results in bench/results/
	$(BIN)/python -m pytest -m long || [ $$? = 5 ] # 5: no test is that long
	$(BIN)/python -m bench all --scale 1
	$(BIN)/python -m bench intake

lint: $(VENV)/.dev ## ruff, mypy and the import contracts
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev ## The benchmark at 2% of full size
	$(BIN)/python -m bench all --scale 0.02

# The runtime lock is held to the versions of the development lock: one set of versions, two lists.
lock: $(VENV)/bin/python ## Renew requirements.lock and requirements-dev.lock from pyproject.toml
	$(PIP) install --quiet uv
	$(BIN)/uv pip compile $(COMPILE) --extra test --extra lint --extra spark \
	  --output-file requirements-dev.lock pyproject.toml
	$(BIN)/uv pip compile $(COMPILE) --constraint requirements-dev.lock \
	  --output-file requirements.lock pyproject.toml

COMPILE := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --no-header --no-annotate --extra postgres --group build

messages: $(VENV)/.dev ## Collect the texts people read and compile their translations (needs gettext)
	cd src/pomar && ../../$(BIN)/django-admin makemessages --settings pomar.settings -l en -l pt_BR \
	  --no-location --no-obsolete --no-wrap
	msgattrib --no-wrap --clear-fuzzy --empty -o src/pomar/locale/en/LC_MESSAGES/django.po src/pomar/locale/en/LC_MESSAGES/django.po
	msgen --no-wrap -o src/pomar/locale/en/LC_MESSAGES/django.po src/pomar/locale/en/LC_MESSAGES/django.po
	cd src/pomar && ../../$(BIN)/django-admin compilemessages --settings pomar.settings

clean: ## Remove the virtual environment and the caches, never pomar-data
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@for name in python3.13 python3.12 python3.11 python3 python; do \
	  if $$name -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; \
	  then echo "$$name -m venv $(VENV)"; exec $$name -m venv $(VENV); fi; \
	done; echo "Pomar needs Python 3.11, 3.12 or 3.13 with its venv module, and found none." >&2; exit 1

$(VENV)/.run: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --quiet --require-hashes -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.run
