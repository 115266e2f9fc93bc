# Saksi. Two commands set everything up: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamps
# Where the system allows it, the tests run in a network namespace without any network: nothing leaves.
OFFLINE := $(shell unshare -rn true 2>/dev/null && echo unshare -rn)

.PHONY: demo test lint types proof bench docs clean help

help:
	@echo "make demo   install, build the sample phone's case, print where the report is"
	@echo "make test   everything the tests need (browser included), then all tests"
	@echo "make lint   ruff and strict types"
	@echo "make proof  the long runs: kills, fuzzing, mutation tables; figures under docs/proof/"
	@echo "make bench  speed and memory against peers in the same run; figures under docs/bench/"

$(STAMP)/venv:
	$(PYTHON) -m venv $(VENV)
	@mkdir -p $(STAMP)
	@touch $@

$(STAMP)/run: $(STAMP)/venv pyproject.toml requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e .
	@touch $@

$(STAMP)/test: $(STAMP)/run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[test,lint]'
	@touch $@

$(STAMP)/bench: $(STAMP)/test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@

demo: $(STAMP)/run
	@$(BIN)/python tools/demo.py

test: $(STAMP)/test
	@$(PYTHON) tools/test_needs.py
	$(OFFLINE) $(BIN)/python -m pytest -n 2 --dist worksteal -m "not proof"

lint: $(STAMP)/test
	$(BIN)/ruff check .
	$(BIN)/mypy

types: lint

$(STAMP)/proof: $(STAMP)/bench
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[proof]'
	@touch $@

proof: $(STAMP)/proof
	@$(PYTHON) tools/test_needs.py --proof
	$(BIN)/python tools/proof.py

bench: $(STAMP)/bench
	-@$(PYTHON) tools/test_needs.py --bench
	$(BIN)/python -m benchmarks

docs: $(STAMP)/run
	$(BIN)/python tools/bundle_words.py
	$(BIN)/python tools/reference.py

clean:
	rm -rf $(VENV) demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
