SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.8
# dagster.yaml lies here; its storage goes to .dagster/ in the working directory.
export DAGSTER_HOME := $(CURDIR)

.DEFAULT_GOAL := help
.PHONY: help setup demo dev test test-long check lint types imports definitions bench lock down clean \
  infra-setup infra-test infra-golden infra-lock

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: $(BIN)/.ready ## the virtual environment, from the hashed requirements

$(BIN)/.ready: requirements-dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)) and "lake_platform needs Python 3.11 or 3.12: make PYTHON=/path/to/python3.11 setup")'
	$(PYTHON) -m venv $(VENV)
	if $(BIN)/python -m pip install --quiet uv==$(UV_VERSION); then \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt && \
	  $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e . ; \
	else \
	  $(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.txt && \
	  $(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . ; \
	fi
	touch $@

demo: setup ## set up, then run the pipelines on generated sample data and print the figures
	$(BIN)/lake demo

dev: setup ## the Dagster UI on http://127.0.0.1:3000, with the arrivals sensor running
	$(BIN)/lake dev

test: setup ## set up, then all tests
	$(BIN)/python -m pytest

test-long: setup ## whole runs that are killed, and every order of snapshots; minutes, on a quiet machine
	$(BIN)/python -m pytest -m long

check: lint types imports definitions test ## what CI runs: lint, types, import contracts, definitions, tests

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/basedpyright

imports: setup
	$(BIN)/lint-imports

definitions: setup
	$(BIN)/lake check
	$(BIN)/dg check toml
	$(BIN)/dg check yaml
	$(BIN)/dg check defs
	$(BIN)/dagster definitions validate -w workspace.yaml

bench: setup ## the benchmarks, one after the other
	for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

lock: setup ## write the hashed requirements anew from pyproject.toml
	$(BIN)/uv pip compile -q --generate-hashes --no-strip-extras --no-header --no-emit-index-url --python-version 3.11 pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --generate-hashes --no-strip-extras --no-header --no-emit-index-url --python-version 3.11 pyproject.toml --group dev -o requirements-dev.txt

infra-setup: infra/.venv/.ready infra/.venv-tools/.ready ## the environments of the infrastructure: CDK and its node; tools

infra/.venv/.ready: infra/requirements.txt
infra/.venv-tools/.ready: infra/requirements-tools.txt
infra/.venv/.ready infra/.venv-tools/.ready:
	$(PYTHON) -m venv $(@D)
	if $(@D)/bin/python -m pip install --quiet uv==$(UV_VERSION); then \
	  $(@D)/bin/uv pip install --quiet --python $(@D)/bin/python --require-hashes -r $< ; \
	else \
	  $(@D)/bin/python -m pip install --quiet --require-hashes -r $< ; \
	fi
	touch $@

infra-test: setup infra-setup ## the templates: in step with the declaration, linted, and safe from the known traps
	$(BIN)/basedpyright -p infra
	cd infra && .venv/bin/python -m pytest

infra-golden: setup infra-setup ## write the declaration and the templates anew from the dataset files
	$(BIN)/lake infra declaration --out infra/declaration.json
	$(BIN)/lake infra synth --out infra/templates

infra-lock: setup ## write the hashed requirements of the infrastructure anew
	$(BIN)/uv pip compile -q --generate-hashes --no-strip-extras --no-header --no-emit-index-url --python-version 3.11 infra/requirements.in -o infra/requirements.txt
	$(BIN)/uv pip compile -q --generate-hashes --no-strip-extras --no-header --no-emit-index-url --python-version 3.11 infra/requirements-tools.in -o infra/requirements-tools.txt

down: ## stop the warm JVM and the local Redshift endpoint
	$(BIN)/lake down

clean: ## stop everything and remove the local lake, Dagster's storage and the environment
	-test -x $(BIN)/lake && $(BIN)/lake down
	rm -rf .lake .dagster $(VENV) infra/.venv infra/.venv-tools
