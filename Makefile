# Needs make and Python 3.11 or newer; everything else goes into .venv. `make help` lists what there is.

# An interpreter of your own: make PYTHON=/path/to/python3.13 run. It is asked for once, when .venv is made.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$name"; break; }; done)

# Further arguments for the command that a target runs: make test ARGS="-k loading -x".
ARGS ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input
# A .venv that uv made has no pip.
HAVE_PIP = $(PIP) --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null

.PHONY: help run test check format performance reports clean

help: ## Say what each target does
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

run: .venv/installed ## Install, measure the relationship loading strategies, write .bench/loading.md
	@mkdir -p .bench
	$(BIN)/bench run loading --report .bench/loading.md $(ARGS)

test: .venv/installed-dev ## Install, run every test that this machine can run, say which it could not
	$(BIN)/python -m pytest $(ARGS)

check: .venv/installed-dev ## Format, lint, types, and the direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: .venv/installed-dev ## Format the code and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

performance: .venv/installed-dev ## Measure the harness itself, tests/performance (minutes; its figures are read, not asserted)
	$(BIN)/python -m pytest tests/performance $(ARGS)

reports: .venv/installed-dev ## Measure the published findings anew, or go on with it (more than two hours; ARGS=--pages writes the pages alone)
	$(BIN)/python reports/make.py $(ARGS)

clean: ## Remove .venv and what tools leave; results in .bench stay
	rm -rf .venv build dist .benchmarks .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find bench scenarios tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The two stamps say what .venv holds. Both are made anew when pyproject.toml changes, and by nothing else.
.venv/installed: pyproject.toml | $(BIN)/python
	@echo "Installing querybench and what it needs into .venv (once)"
	@$(HAVE_PIP)
	@$(PIP) install --editable .'[charts]'
	@touch $@

# Dependency groups came with pip 25.1.
.venv/installed-dev: pyproject.toml | $(BIN)/python
	@echo "Installing querybench, its tests and its checks into .venv (once)"
	@$(HAVE_PIP)
	@$(PIP) install --upgrade 'pip>=25.1'
	@$(PIP) install --editable . --group dev
	@touch $@ .venv/installed

$(BIN)/python:
	@python='$(PYTHON)'; \
	if [ -z "$$python" ]; then \
		echo "make: no Python 3.11 or newer was found: install one, or name it with PYTHON=/path/to/python" >&2; exit 1; \
	fi; \
	if ! "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		echo "make: $$python is no Python 3.11 or newer: name another with PYTHON=/path/to/python" >&2; exit 1; \
	fi; \
	if ! "$$python" -m venv --clear .venv; then \
		rm -rf .venv; \
		echo "make: $$python could not make .venv (on Debian and Ubuntu, install python3-venv)" >&2; exit 1; \
	fi
