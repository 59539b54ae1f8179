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

.PHONY: help run test check format performance reports reliability pythons lowest audit lock clean

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

reports: .venv/installed-dev ## Measure the published findings anew, or go on with it (an hour and a half; ARGS=--pages writes the pages alone)
	$(BIN)/python reports/make.py $(ARGS)

reliability: .venv/installed-dev ## Inject every fault anew, and write what came of it into docs/reliability.md
	$(BIN)/python -m tests.reliability.page $(ARGS)

pythons: .venv/installed-dev ## Test on each Python that this machine has (minutes; ARGS="-- tests/unit" chooses the tests)
	$(BIN)/python -m tests.packaging.elsewhere pythons $(ARGS)

lowest: .venv/installed-dev ## Test with the lowest versions that pyproject.toml allows (minutes)
	$(BIN)/python -m tests.packaging.elsewhere lowest $(ARGS)

audit: .venv/installed-dev ## Look for known vulnerabilities in what requirements-dev.lock names (asks the network)
	$(BIN)/uv venv --quiet --allow-existing .bench/environments/audit
	$(BIN)/uv pip install --quiet --upgrade --python .bench/environments/audit --group audit
	.bench/environments/audit/bin/pip-audit --requirement requirements-dev.lock --disable-pip --strict $(ARGS)

lock: .venv/installed-dev ## Name the newest versions of everything for development in requirements-dev.lock, with hashes
	$(BIN)/uv pip compile pyproject.toml --group dev --all-extras --universal --python-version 3.11 --generate-hashes \
		--upgrade --quiet --custom-compile-command "make lock" --output-file requirements-dev.lock $(ARGS)

clean: ## Remove .venv, the other environments and what tools leave; results in .bench stay
	rm -rf .venv .bench/environments build dist .benchmarks .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find bench scenarios tests -name __pycache__ -type d -prune -exec rm -rf {} +

# The two stamps say what .venv holds. Both are made anew when pyproject.toml changes, that for development when the lock
# does too, and by nothing else.
.venv/installed: pyproject.toml | $(BIN)/python
	@echo "Installing querybench and what it needs into .venv (once)"
	@$(HAVE_PIP)
	@$(PIP) install --editable .'[charts]'
	@touch $@

# What develops and tests is the same everywhere: the versions that requirements-dev.lock names, each with its hashes.
.venv/installed-dev: pyproject.toml requirements-dev.lock | $(BIN)/python
	@echo "Installing querybench, its tests and its checks into .venv (once)"
	@$(HAVE_PIP)
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@$(PIP) install --no-deps --editable .
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
