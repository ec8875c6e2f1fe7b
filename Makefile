# The commands of this project; `make` alone lists them. VENV=dir takes another virtual environment.

VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# What is installed is recorded by its content, so that a step runs again only when that changed.
digest = $(shell cat $(1) | cksum | cut -d' ' -f1)
RUN := $(VENV)/.run-$(call digest,requirements/build.txt requirements/run.txt pyproject.toml)
DEV := $(VENV)/.dev-$(call digest,requirements/dev.txt)

# ── Use ───────────────────────────────────────────────────────────────────────────────────────

.PHONY: setup demo
setup: $(RUN) ## Set up what the gateway needs to run

demo: setup ## Run the gateway on sandbox vendors, without credentials (ARGS="--port 8080")
	@exec $(BIN)/gateway demo $(ARGS)

# ── Work on it ────────────────────────────────────────────────────────────────────────────────

PYTEST := $(BIN)/python -m pytest --numprocesses=2 --dist=worksteal
COVERED := domain upstream vendors
COVERAGE := $(COVERED:%=--cov=gateway/%) --cov-branch --cov-report=term --cov-fail-under=95

.PHONY: test test-long crash check check-docs check-docker bench
test: $(DEV) chromium ## Run the tests; domain, upstream and vendors must be covered to 95 %
	$(PYTEST) --session-timeout=1200 $(COVERAGE) $(ARGS)

test-long: $(DEV) chromium ## Run the tests with twenty times as many generated cases
	HYPOTHESIS_PROFILE=long $(PYTEST) --timeout=900 --session-timeout=3600 $(ARGS)

# Every write dies at the journal's steps, around the vendor's commits, in recoveries and at random;
# `CRASH=` alone takes every such point (an hour or two), `CRASH=--every` reads as well.
CRASH ?= --points=1000 --recoveries=300 --random=550 --at-least=1200 --at-least-random=500

crash: $(DEV) ## Kill the gateway 1,800 times while it writes, and judge what is true afterwards
	$(BIN)/python -m tests.crash $(CRASH) $(ARGS)

check: $(DEV) check-docs check-docker ## Lint, types, import contracts, schema, documents, docker
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/gateway schema check
	$(BIN)/pip check

check-docs: $(DEV)
	$(BIN)/python -m gateway.config | diff docs/configuration.md -
	$(BIN)/gateway vendor list --markdown | diff docs/vendors/matrix.md -

check-docker: $(DEV)
	$(BIN)/hadolint docker/Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker/compose.yaml
	$(BIN)/compose-lint check --fail-on=low --strict-config --skip-suppressed \
		--config docker/.compose-lint.yml docker/compose.yaml
	$(BIN)/gateway --config docker/gateway.toml config check

bench: $(DEV) ## Run every benchmark; each prints a table
	for benchmark in benchmarks/*.py; do $(BIN)/python "$$benchmark"; done

# ── Make what is committed ────────────────────────────────────────────────────────────────────

# Versions stay as they are unless `make lock UPGRADE=1` asks for the newest. All that is installed
# in production is constrained by what was tested.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version=3.11 --generate-hashes \
	--no-emit-index-url --annotation-style=line --custom-compile-command="make lock" \
	$(if $(UPGRADE),--upgrade)

.PHONY: explorer lock
explorer: $(DEV) ## Build GraphiQL from its locked npm packages
	$(BIN)/python gateway/web/graphiql/build.py

lock: ## Write requirements/ from pyproject.toml: pinned, with hashes, without host names
	test -x $(BIN)/uv || $(MAKE) $(DEV)
	$(LOCK) pyproject.toml --extra=postgres --group=dev -o requirements/dev.txt
	$(LOCK) pyproject.toml --extra=postgres -c requirements/dev.txt -o requirements/run.txt
	$(LOCK) --group=build -c requirements/dev.txt -o requirements/build.txt

# ── Steps ─────────────────────────────────────────────────────────────────────────────────────

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or later is needed")'
	$(PYTHON) -m venv --clear $(VENV)

$(RUN): | $(BIN)/python
	$(BIN)/pip install --quiet --require-hashes -r requirements/build.txt -r requirements/run.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	rm -f $(VENV)/.run-*
	touch $@

$(DEV): $(RUN)
	$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	rm -f $(VENV)/.dev-*
	touch $@

.PHONY: chromium clean help
chromium:
	test -x /usr/bin/chromium || { $(as_root) apt-get update && \
		$(as_root) apt-get install -y --no-install-recommends chromium; }
as_root = $(if $(filter-out 0,$(shell id -u)),sudo)

clean: ## Remove the virtual environment and all that tools left behind
	rm -rf $(VENV) .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache \
		.ruff_cache build dist gateway/web/graphiql/dist gateway/web/graphiql/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:
	@sed -nE 's/^([a-z-]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 18
