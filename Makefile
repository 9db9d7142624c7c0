# `make` lists the targets. Each one that needs packages sets up .venv first; only Python >= 3.10 and make are assumed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# a worker per core, each with one thread; a worker keeps neighbouring tests, and so what they share
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n logical --dist worksteal
INSTALL := $(BIN)/python tests/install.py

APT := apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends

.DEFAULT_GOAL := help
.PHONY: help demo test test-all suite suite-all test-fast test-lowest style lint format bench docs soak audit sbom \
	release-check clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: setup.cfg pyproject.toml | $(BIN)/python
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.dev: setup.cfg pyproject.toml | $(BIN)/python
	$(INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/.demo

$(VENV)/.docs: setup.cfg pyproject.toml | $(BIN)/python
	$(INSTALL) --editable '.[docs]'
	@touch $@

demo: $(VENV)/.demo ## train on built-in digits, evaluate, show the result
	$(BIN)/ucch train
	@echo "next: . $(BIN)/activate, so that the shell finds ucch; then docs/start.md"

test: $(VENV)/.dev ## look at the style and run the tests, but for those marked slow
	$(MAKE) --no-print-directory -j 2 style suite

# what cannot be installed is said here, and again, in a line each, at the end of the tests, which then fail
test-all: $(VENV)/.dev ## lint and run all tests, with every store, a browser and a Ray cluster; a skip fails
	-$(INSTALL) --editable '.[dev,ray,store]'
	-$(BIN)/python -m pip install --quiet --no-deps 'milvus == 2.3.5'
	-command -v chromium chromium-browser > /dev/null || { $(APT) chromium > /dev/null; }
	-command -v npm > /dev/null || { $(APT) npm > /dev/null; }
	$(MAKE) --no-print-directory -j 2 lint suite-all

suite: $(VENV)/.dev
	$(PYTEST) -m 'not slow'

suite-all: $(VENV)/.dev
	UCCH_TEST_RAY=1 $(PYTEST) -p tests.skips --continue-on-collection-errors

test-fast: $(VENV)/.dev ## run the tests that take no training
	$(PYTEST) tests/optim tests/losses tests/binarize tests/metrics tests/data tests/test_codes.py

test-lowest: ## run the tests on the lowest versions that setup.cfg allows (constraints/lowest.txt)
	$(PYTHON) -m venv $(VENV)-lowest
	$(VENV)-lowest/bin/python -m pip install --quiet --constraint constraints/lowest.txt --editable '.[dev]'
	$(VENV)-lowest/bin/python -m pytest -q -o filterwarnings=default

soak: $(VENV)/.dev ## the long reliability tests: 50 kills, 10,000 bad files per kind of reader, 10,000 hostile requests; minutes
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.reliability.kills --trials 50
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.reliability.fuzz --cases 10000
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.reliability.hostile --requests 10000

audit: ## look the tested versions up in the database of known holes; needs network
	$(PYTHON) -m venv $(VENV)-supply
	$(VENV)-supply/bin/python -m pip install --quiet pip-audit
	$(VENV)-supply/bin/pip-audit --strict --no-deps --disable-pip --requirement constraints/tested.txt

sbom: $(VENV)/.demo ## write build/sbom.json, the bill of materials of what make demo installs (CycloneDX)
	$(PYTHON) -m venv $(VENV)-supply
	$(VENV)-supply/bin/python -m pip install --quiet cyclonedx-bom
	mkdir -p build
	$(VENV)-supply/bin/cyclonedx-py environment --output-reproducible --output-file build/sbom.json $(BIN)/python

style: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

lint: style ## ruff and mypy --strict
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
	$(BIN)/python benchmarks/bench_step.py
	$(BIN)/python benchmarks/table_grid.py
	$(BIN)/python benchmarks/bench_extraction.py
	$(BIN)/python benchmarks/bench_imports.py

docs: $(VENV)/.docs ## build the documentation, warnings as errors
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

release-check: $(VENV)/.dev ## build the wheel, look inside, install it alone, time its imports
	$(BIN)/python tests/release_check.py

clean: ## remove what the targets made
	rm -rf $(VENV) $(VENV)-lowest $(VENV)-supply build dist docs/_build *.egg-info
