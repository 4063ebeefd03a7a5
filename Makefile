# One file to know: `make demo` runs it, `make check` and `make test` hold it together. CI calls these same targets.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check
PINS   := --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help install dev demo test fast check format bench pins clean

help:  ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1|/' | column -t -s '|'

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Almanac needs Python 3.11 or newer; run make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install --quiet --progress-bar on $(PINS) --editable '.[cpu]'
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt $(VENV)/.installed
	$(PIP) install --quiet --progress-bar on $(PINS) --editable '.[cpu,dev]'
	@touch $@

install: $(VENV)/.installed  ## Make .venv and install Almanac with the CPU build of FAISS

dev: $(VENV)/.installed-dev

demo: install  ## Fetch the demo data and models, build both catalogues, serve the chat at port 7860
	$(BIN)/almanac demo

test: dev  ## Run every test, slow and browser ones included (fetches the pinned assets)
	$(BIN)/python -m bot fetch
	$(BIN)/python -m pytest

fast: dev  ## Run the fast tests only
	$(BIN)/python -m pytest -m 'not slow and not browser'

check: dev  ## Format check, lint, types, layer contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: dev  ## Format the code and mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: dev  ## Run the benchmarks and write their tables to docs
	@for script in bench/*.py; do echo "== $$script"; $(BIN)/python -P $$script || exit 1; done

pins:  ## Take the newest releases that pyproject.toml allows and write them to constraints.txt
	$(PIP) install --quiet --upgrade --upgrade-strategy eager --editable '.[cpu,dev]'
	@{ sed -n '/^#/p' constraints.txt; $(PIP) freeze --exclude-editable | grep -viE '^(torch|pip|setuptools)=='; } > constraints.new
	@mv constraints.new constraints.txt

clean:  ## Remove what builds and tests leave behind (keeps .venv, var and the asset cache)
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
