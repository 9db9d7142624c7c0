# `make` lists the targets. Each one that needs packages sets up .venv first; only Python >= 3.10 and make are assumed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast lint format bench docs release-check clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/.demo

$(VENV)/.docs: setup.cfg pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	@touch $@

demo: $(VENV)/.demo ## train on built-in digits, evaluate, show the result
	$(BIN)/ucch train

test: $(VENV)/.dev ## lint and run the whole test suite
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -q

test-fast: $(VENV)/.dev ## run the tests that take no training
	$(BIN)/python -m pytest -q tests/optim tests/losses tests/binarize tests/metrics tests/data tests/test_codes.py

lint: $(VENV)/.dev ## ruff and mypy --strict
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev ## rewrite the sources in the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## measure speed and memory against plain references, minutes
	$(BIN)/python benchmarks/bench_contrastive.py
	$(BIN)/python benchmarks/bench_metrics.py
	$(BIN)/python benchmarks/bench_search.py kinds --sizes 100000
	$(BIN)/python benchmarks/bench_negative_labels.py
	$(BIN)/python benchmarks/bench_table.py
	$(BIN)/python benchmarks/bench_extraction.py

docs: $(VENV)/.docs ## build the documentation, warnings as errors
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

release-check: $(VENV)/.dev ## build the wheel, look inside, install it alone, time its imports
	$(BIN)/python tests/release_check.py

clean: ## remove what the targets made
	rm -rf $(VENV) build dist docs/_build *.egg-info
