# Everything the README names. Each target does its own set-up; nothing else is needed on a new machine.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
export CODECITE_DATA_DIR ?= $(CURDIR)/.codecite
export HF_HUB_OFFLINE := 1
PORT ?= 8501
DATA ?= ../shared/data
Q ?= Can 77370 be billed after treatment ends?

.PHONY: help setup run ask test lint types layers check faults eval bench browser clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(VENV)/.done ## create .venv and install the pinned dependencies

$(VENV)/.done: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or run make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

library: $(CODECITE_DATA_DIR)/.done

$(CODECITE_DATA_DIR)/.done: $(VENV)/.done $(shell find corpus ingest -type f -not -path '*/__pycache__/*' 2>/dev/null)
	$(BIN)/codecite ingest > $(VENV)/ingest.log || { tail -n 5 $(VENV)/ingest.log; exit 1; }
	@touch $@

run: library ## open the chat page on 127.0.0.1:8501 (PORT=…)
	$(BIN)/codecite chat --port $(PORT)

ask: library ## answer one question in the terminal (Q="…")
	@$(BIN)/codecite ask "$(Q)"

test: setup browser ## run every test
	$(BIN)/python -m pytest

browser: ## install Chromium for the browser tests where it is missing
	@command -v chromium >/dev/null 2>&1 || $(MAKE) --no-print-directory install-chromium

install-chromium: setup
	@if command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-liberation >/dev/null; \
	else $(BIN)/python -m playwright install chromium || echo "Chromium could not be installed; browser tests will be skipped"; fi

lint: setup ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup ## mypy --strict
	$(BIN)/mypy

layers: setup ## the direction of imports
	$(BIN)/lint-imports

check: lint types layers test ## everything that must pass before a change lands

faults: setup ## the figures of docs/reliability.md: kills of an ingest and a restore, damage, two writers, full disks, odd paths, races of asking, identifiers, hostile files, many users, in some fifteen minutes
	$(BIN)/python -m tests.faults
	ATTACKS=full $(BIN)/python -m pytest -q -s tests/browser/test_attacks.py tests/browser/test_many_users.py tests/browser/test_typed.py

eval: library ## score the assistant on the golden questions, dev split
	$(BIN)/codecite eval golden --split dev

bench: library ## every table of docs/benchmarks.md, in about two hours (DATA=folder of the public question sets)
	$(BIN)/python -m benchmarks.cold_ask
	$(BIN)/python -m benchmarks.code_lookup
	$(BIN)/python -m benchmarks.quality golden --split dev
	$(BIN)/python -m benchmarks.ingest_speed
	$(BIN)/python -m benchmarks.scale $(CODECITE_DATA_DIR)
	if [ -d $(DATA)/covidqa ]; then $(BIN)/python -m benchmarks.quality covidqa --data $(DATA) && $(BIN)/python -m benchmarks.passages --data $(DATA) && $(BIN)/python -m benchmarks.policy --sweep --data $(DATA); fi

clean: ## remove the virtual environment and the library
	rm -rf $(VENV) $(CURDIR)/.codecite
