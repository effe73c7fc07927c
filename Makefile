# Everything a developer or an operator types. Needs only python3.11 (or newer) with venv, and make.
# Paths are relative and tools are run as modules of the virtual environment, so a checkout may live anywhere.

PY := .venv/bin/python
INSTALLED := .venv/installed
LOCKS := requirements.txt requirements-dev.txt

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check bench lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

run: $(INSTALLED) ## start the gateway with all it needs; settings as variables: make run PORT=8090
	@$(PY) -m gateway up

test: $(INSTALLED) ## run the tests on throw-away servers; make test ARGS="-k ussd"
	$(PY) -m pytest $(ARGS)

check: $(INSTALLED) ## lint, format, types, import rules, spelling, content of config/
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(PY) .venv/bin/lint-imports --no-logo
	$(PY) -m codespell_lib
	$(PY) -m gateway check

bench: $(INSTALLED) ## measure, and print ratios
	$(PY) -m bench $(ARGS)

# Universal: what only an older 3.11 needs (Debian 12 has 3.11.2) must be in the lock too, or the install is refused.
COMPILE := $(PY) -m uv pip compile --universal --python-version 3.11 --upgrade --generate-hashes --no-header

lock: $(INSTALLED) ## pin the newest allowed versions with hashes: requirements*.in -> requirements*.txt
	$(COMPILE) --output-file requirements.txt requirements.in
	$(COMPILE) --output-file requirements-dev.txt requirements-dev.in

clean: ## remove the virtual environment and caches; the data in .data stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The system's own Python first: distributions build it with the compiler's profiles, and mend it. One built without, as
# pyenv builds by default, takes a sixth more processor time a hop (bench/README.md).
# The stamp comes last: an interrupted install is taken up again. A half-made environment (no pip in it) is made anew.
$(INSTALLED): $(LOCKS)
	@$(PY) -m pip --version >/dev/null 2>&1 || { \
		for python in $(PYTHON) /usr/bin/python3 python3.11 python3.12 python3.13 python3.14 python3; do \
			"$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
			python=; \
		done; \
		test -n "$$python" || { echo 'Python 3.11 or newer with venv is needed: python3.11 and python3.11-venv' >&2; exit 1; }; \
		echo "making .venv with $$python"; \
		rm -rf .venv && "$$python" -m venv .venv; }
	@echo 'installing the locked packages into .venv'
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-dev.txt
	@touch $@
