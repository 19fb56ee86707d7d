# Every task of Tollbook. Needs Python 3.11 or newer; PYTHON=... names another one.

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= auto
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo install test cover check soak bench clean

help: ## say what each target does
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/.runtime ## install, import the sample usage and open the dashboard on 127.0.0.1:8050
	$(BIN)/tollbook demo

install: $(VENV)/.dev ## install everything that tests and linters need

test: $(VENV)/.dev ## run the tests, fault and fuzz tests with a small seeded count
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

cover: $(VENV)/.dev ## run the tests and say which lines none of them reaches
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --cov --cov-report=term:skip-covered $(ARGS)

soak: $(VENV)/.dev ## run the tests with the full counts
	TOLLBOOK_SOAK=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

check: $(VENV)/.dev ## run the linters: ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev ## measure side by side and rewrite benchmarks/README.md
	$(BIN)/python -m benchmarks

clean: ## remove what the other targets made, stores excepted
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Tollbook needs Python 3.11 or newer; name one with 'make PYTHON=python3.12'." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e ".[dev,email,oracle,solver]"
	@touch $@ $(VENV)/.runtime
