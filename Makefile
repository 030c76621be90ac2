# make demo: the whole line on this machine.   make test: everything the tests need, and the tests.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install weights demo test quick check docs clean

install: .venv/installed

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	$(BIN)/python -m app.console.system_libraries
	touch $@

weights: install
	$(BIN)/passgate weights pull

demo: weights
	$(BIN)/passgate demo

test: weights check
	$(BIN)/coverage erase
	$(BIN)/pytest --cov --cov-report=term

quick: weights
	$(BIN)/pytest -m 'not e2e and not slow'

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: weights
	$(BIN)/passgate docs screenshots

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
