# Everything a person runs. A bare machine needs Python 3.11 or newer, and make; the rest is installed into .venv,
# once: a stamp named after the requirements' hash says whether anything is missing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python
UV := $(BIN)/uv
INSTALL := $(UV) pip install --quiet --python $(RUN) --require-hashes
WORKERS ?= 2

hash = $(shell cat $(1) | cksum | cut -d ' ' -f 1)
BASE := $(VENV)/.installed-base-$(call hash,requirements/base.txt)
DEV := $(VENV)/.installed-dev-$(call hash,requirements/dev.txt)
FLUX := $(VENV)/.installed-flux-$(call hash,requirements/flux.txt)
PEERS := $(VENV)/.installed-peers-$(call hash,requirements/bench.txt)
VENDOR := static/vendor/.installed-$(call hash,package-lock.json requirements/vendor.json requirements/vendor.py)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run worker flux test test-local test-scale test-browser chaos chaos-here coverage check lint format audit \
	bench client openapi vendor dev lock

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  make %-13s %s\n' "$$name" "$$text"; done

# --- The product -----------------------------------------------------------------------------------------------------

run: $(BASE) $(VENDOR) ## start Rushes: web, sockets and worker in one process; the first start makes the sample film
	@exec $(RUN) manage.py serve --first-run $(ARGS)

worker: $(BASE) ## start a worker of its own, for an installation with Redis (REDIS_URL)
	@exec $(RUN) manage.py worker $(ARGS)

flux: $(FLUX) ## install what local FLUX needs (5 GB with all for graphics cards); models come from FLUX_MODELS_DIR

# --- Tests and checks ------------------------------------------------------------------------------------------------

# Whatever a person's own .env names, tests on SQLite stay on SQLite.
LOCAL := DATABASE_URL=sqlite:///var/tests.sqlite3 REDIS_URL=

# Continuous integration leaves nothing out; elsewhere the tests of local FLUX wait for somebody to make flux.
test: $(DEV) $(VENDOR) $(if $(CI),$(FLUX)) ## all tests: on SQLite, again on PostgreSQL and Redis, and in a browser
	@$(RUN) tests/services.py -- $(MAKE) --no-print-directory --keep-going test-local test-scale test-browser

test-local: $(DEV) $(VENDOR) ## tests in the one-process mode on SQLite; ARGS="…" goes to pytest
	@test -e $(FLUX) || echo "Left out: tests of local FLUX (make flux installs what they need)." >&2
	$(LOCAL) $(BIN)/pytest -n $(WORKERS) -m "not browser and not scale" $(ARGS)

# The same tests again where a database takes part.
test-scale: $(DEV) $(VENDOR) ## tests on PostgreSQL and Redis
ifeq ($(origin TEST_DATABASE_URL),undefined)
	@$(RUN) tests/services.py -- $(MAKE) --no-print-directory test-scale
else ifeq ($(and $(TEST_DATABASE_URL),$(TEST_REDIS_URL)),)
	@echo "Left out: tests on PostgreSQL and Redis." >&2
else
	DATABASE_URL="$$TEST_DATABASE_URL" REDIS_URL="$$TEST_REDIS_URL" \
		$(BIN)/pytest -n $(WORKERS) -m "(scale or django_db) and not browser and not local" $(ARGS)
endif

# By themselves, because Playwright leaves an event loop running in the test process.
test-browser: $(DEV) $(VENDOR) ## tests in a real Chromium
ifeq ($(origin TEST_CHROMIUM),undefined)
	@$(RUN) tests/services.py -- $(MAKE) --no-print-directory test-browser
else ifeq ($(TEST_CHROMIUM),)
	@echo "Left out: tests in a browser." >&2
else
	$(LOCAL) $(BIN)/pytest -m browser $(ARGS)
endif

CLIENT ?= docs/examples/rushes_client
JOBS ?= 200
KILLS ?= 1000
SEED ?= 20261121
SECONDS ?= 600
CHAOS := CHAOS_JOBS=$(JOBS) CHAOS_KILLS=$(KILLS) CHAOS_SEED=$(SEED) CHAOS_SECONDS=$(SECONDS)

# The short form of the same is among the other tests.
chaos: $(DEV) $(VENDOR) ## kill -9 and misbehaving providers, on both databases; JOBS= KILLS= SEED= SECONDS=
	@$(RUN) tests/services.py -- $(MAKE) --no-print-directory --keep-going chaos-here

chaos-here:
	@$(LOCAL) $(CHAOS) $(BIN)/pytest -q tests/chaos -k nothing_is_lost
	@test -z "$$TEST_DATABASE_URL" || test -z "$$TEST_REDIS_URL" || \
		DATABASE_URL="$$TEST_DATABASE_URL" REDIS_URL="$$TEST_REDIS_URL" $(CHAOS) \
		$(BIN)/pytest -q tests/chaos -k nothing_is_lost

coverage: $(DEV) $(VENDOR) ## which lines the tests on SQLite reach
	$(LOCAL) $(BIN)/pytest -n $(WORKERS) -m "not browser and not scale" --cov --cov-report=term $(ARGS)

check: lint audit test ## all that continuous integration runs

lint: $(DEV) ## formatting, ruff, types, import arrows
	@failed=; for check in "ruff format --check" "ruff check" mypy "lint-imports --no-logo"; do \
		echo "$$check"; $(BIN)/$$check || failed="$$failed [$$check]"; \
	done; test -z "$$failed" || { echo "lint failed:$$failed" >&2; exit 1; }

format: $(DEV) ## put the code in order
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

audit: $(DEV) ## locked requirements: consistent, with hashes, without known vulnerabilities
	@$(UV) pip check --quiet --python $(RUN)
	@$(RUN) requirements/audit.py

DESCRIBED := var/openapi.json

openapi: $(BASE) ## write the API's description into var/openapi.json; ARGS=--release promises it
	@$(RUN) manage.py openapi $(DESCRIBED) $(ARGS)

client: $(DEV) openapi ## generate the typed Python client of the API into docs/examples/rushes_client
	@$(BIN)/openapi-python-client generate --path $(DESCRIBED) --config docs/examples/client.yaml --meta none \
		--output-path $(CLIENT) --overwrite

bench: $(DEV) $(VENDOR) $(PEERS) ## measure the product against its targets and its peers
	@$(RUN) -m benchmarks $(ARGS)

# --- What must be there ----------------------------------------------------------------------------------------------

dev: $(DEV) $(VENDOR) ## install all that the tests and checks need, and run nothing

vendor: ## fetch the front-end libraries again
	@rm -f static/vendor/.installed-*
	@$(MAKE) --no-print-directory $(VENDOR)

lock: $(UV) ## write requirements/*.txt and package-lock.json from what asks for them
	@requirements/lock.sh
	@npm install --package-lock-only

$(UV): requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit("Rushes needs Python 3.11 or newer, this is %d.%d: make PYTHON=..." % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@test -x $(RUN) || { echo "Making $(VENV) ..."; $(PYTHON) -m venv $(VENV); } || \
		{ rm -rf $(VENV); echo "The venv module is missing (Debian: apt-get install python3-venv)." >&2; exit 1; }
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

$(BASE): | $(UV)
	@echo "Installing what Rushes needs ..."
	@$(INSTALL) --compile-bytecode -r requirements/base.txt
	@rm -f $(VENV)/.installed-base-* && touch $@

$(DEV): | $(UV)
	@echo "Installing what the tests and checks need ..."
	@$(INSTALL) --compile-bytecode -r requirements/dev.txt
	@rm -f $(VENV)/.installed-base-* $(VENV)/.installed-dev-* && touch $@ $(BASE)

$(FLUX): | $(BASE)
	@echo "Installing what local FLUX needs ..."
	@$(INSTALL) -r requirements/flux.txt
	@rm -f $(VENV)/.installed-flux-* && touch $@

$(PEERS): | $(UV)
	@echo "Installing the benchmarks' peers ..."
	@$(UV) venv --quiet --clear --python $(RUN) $(VENV)/peers
	@$(UV) pip install --quiet --python $(VENV)/peers/bin/python --require-hashes -r requirements/bench.txt
	@rm -f $(VENV)/.installed-peers-* && touch $@

$(VENDOR): | $(UV)
	@echo "Fetching the front-end libraries ..."
	@$(RUN) requirements/vendor.py
	@touch $@
