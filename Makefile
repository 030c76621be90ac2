# make demo: the whole line on this machine.   make test: everything the tests need, and the tests.
PYTHON ?= python3
BIN := .venv/bin
# Tests at a time. More than one a core: most of them wait for a socket or a program.
WORKERS ?= 3
# What the checks run under; not taken from the environment.
CHECK :=
PYTEST := $(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal

.PHONY: install weights demo test suite coverage quick explore soak check docs clean

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

# The checks take what the tests leave of the processors while they wait.
test: install
	$(MAKE) --jobs 2 check suite CHECK='nice -n 10 '

suite: weights
	$(PYTEST)

# What the tests reach. The tracer makes plain Python more than twice as slow, so not in make test.
coverage: weights
	$(BIN)/coverage erase
	$(PYTEST) --cov --cov-report=term

quick: weights
	$(PYTEST) -m 'not e2e and not slow and not soak'

# The handshake through thousands of new random histories, of both PLCs, and two foreign stacks for longer: some minutes.
explore: weights
	PASSGATE_HANDSHAKE_EXAMPLES=8000 PASSGATE_INTEROP_PARTS=2000 $(PYTEST) --timeout=1800 \
		tests/plc/handshake/test_both_sides.py tests/plc/structured_text/test_station.py tests/plc/interop/test_foreign_stacks.py
	$(PYTEST) --timeout=1800 -m soak

# All that is too long for CI, one after the other, into docs/measurements/soak.json: hours, on a machine that does nothing
# else. One of them: make soak ONLY=console.
soak: weights
	$(BIN)/passgate bench soak $(if $(ONLY),--only $(ONLY))

check: install
	$(CHECK)$(BIN)/ruff check .
	$(CHECK)$(BIN)/ruff format --check .
	$(CHECK)$(BIN)/mypy
	$(CHECK)$(BIN)/lint-imports

docs: weights
	$(BIN)/passgate docs screenshots

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
