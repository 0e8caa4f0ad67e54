# ecslab: one command to learn (make lab), one to work on it (make test). No step needs root.
# Needs make and Python 3.11 or newer (or uv). Docker and Chromium are used where they are, never required.

VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(BIN)/python
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup lab demo test check notebooks bench clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

setup: $(STAMP)  ## create .venv and install everything into it (quick when nothing changed)

lab: setup  ## open JupyterLab on the first lab, with the lab server running
	@$(BIN)/ecslab lab

demo: setup  ## the story in a terminal: a service heals itself, a notebook is graded
	@$(PYTHON) labs/demo.py

test: check  ## everything: style, types, floors, tests (Docker and Chromium are used where they are)
	$(BIN)/pytest --numprocesses 4 --dist worksteal -m "not alone"
	$(BIN)/pytest -m alone

check: setup  ## only style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

notebooks: setup  ## build the learners' notebooks from labs/*/lab.py
	$(PYTHON) -m grader.build

bench: setup  ## print the measurements (those that need Docker only where it is)
	$(PYTHON) benchmarks/connect.py
	$(PYTHON) benchmarks/api.py
	$(PYTHON) benchmarks/run_task.py
	$(PYTHON) benchmarks/scaling.py
	$(PYTHON) benchmarks/scale.py
	$(PYTHON) benchmarks/grading.py

clean:  ## stop the lab and delete .venv and every cache
	@if [ -x $(BIN)/ecslab ]; then $(BIN)/ecslab stop >/dev/null 2>&1 || true; fi
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml
	@set -e; \
	works() { "$$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }; \
	if command -v uv >/dev/null 2>&1; then \
	    works $(PYTHON) || { rm -rf $(VENV); uv venv --quiet --python '>=3.11' $(VENV); }; \
	    echo "make setup: installing into $(VENV) with uv"; \
	    set -- uv pip install --quiet --python $(PYTHON); \
	else \
	    python=; \
	    for found in python3 python3.14 python3.13 python3.12 python3.11; do \
	        if works $$found; then python=$$found; break; fi; \
	    done; \
	    if [ -z "$$python" ]; then \
	        echo "make setup: Python 3.11 or newer was not found; install it (Debian/Ubuntu: apt-get install python3 python3-venv; macOS: brew install python), or install uv, and run make again." >&2; exit 1; \
	    fi; \
	    if ! works $(PYTHON) || ! $(PYTHON) -m pip --version >/dev/null 2>&1; then \
	        if ! $$python -c 'import ensurepip, venv' >/dev/null 2>&1; then \
	            echo "make setup: this $$python cannot make virtual environments; install what it lacks (Debian/Ubuntu: apt-get install $$(basename $$python)-venv), or install uv, and run make again." >&2; exit 1; \
	        fi; \
	        rm -rf $(VENV); $$python -m venv $(VENV); \
	    fi; \
	    echo "make setup: installing into $(VENV) with pip (a minute or two the first time)"; \
	    set -- $(PYTHON) -m pip install --quiet --disable-pip-version-check; \
	fi; \
	"$$@" --editable '.[dev]' || { \
	    echo "make setup: the packages could not be installed; look at the lines above, check the network, and run make again." >&2; exit 1; }; \
	touch $@
