# The short list of what a person does here. `make help` prints it.
.DEFAULT_GOAL := help
.PHONY: help start test faults soak bench messages screenshots clean

SHELL := /bin/bash
BIN := .venv/bin
# `make PYTHON=/opt/python/bin/python3 …` wins over what is found.
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3 python3.13 python3.12 python3.11)
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest -q
# The tests of whole stations promise times, so no more than two stations run at once, and nothing else.
WHOLE := tests/system tests/faults --numprocesses=2 --dist=loadfile
# `make test BROWSER=required` fails where there is no Chromium, instead of skipping its tests.
PARTS := tests --ignore=tests/system --ignore=tests/faults $(if $(BROWSER),--require-browser) \
	--numprocesses=3 --dist=loadfile --no-loadscope-reorder
# What the tests need is compiled when it is imported, by whoever is first; most of it never is. So this must be allowed.
unexport PYTHONDONTWRITEBYTECODE
stage = @printf '\n== %s\n' '$(1)'

help: ## print this list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' $(MAKEFILE_LIST) | expand -t 14

# `make start ARGS="--port 8001"`. Where the system can, it is told to stop when make itself is killed.
DIE_WITH_MAKE = $(shell setpriv --pdeathsig TERM true 2>/dev/null && echo setpriv --pdeathsig TERM)
start: .venv/requirements ## start everything: pages, a station with its simulated bench, a demo batch
	@$(DIE_WITH_MAKE) $(BIN)/python manage.py start $(ARGS)

test: .venv/requirements-dev ## run every check, then all tests on SQLite and those with a database on PostgreSQL
	$(call stage,style)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(call stage,directions of import)
	$(BIN)/lint-imports
	$(call stage,types)
	$(BIN)/mypy
	$(call stage,migrations and system checks)
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check
	$(call stage,parts and pages on SQLite)
	$(PYTEST) $(PARTS) --database=sqlite
	$(call stage,whole stations on SQLite)
	$(PYTEST) $(WHOLE) --database=sqlite
	$(call stage,parts and pages on PostgreSQL)
	$(PYTEST) $(PARTS) --database=postgresql -m "database and not any_database"
	$(call stage,whole stations on PostgreSQL)
	$(PYTEST) $(WHOLE) --database=postgresql -m "not any_database"

# `make faults ARGS="-k guard"` tries some of it and leaves the page alone; ARGS="--repeat 3" tries each cell three times.
faults: .venv/requirements-dev ## every ending of every activity on both databases; writes docs/reliability.md
	@$(BIN)/python -m tests.faults $(ARGS)

# `make soak MINUTES=20 SEED=7 ARGS="--database postgresql"`
soak: .venv/requirements-dev ## work and faults at random on four slots; every promise is checked
	@$(BIN)/python -m tests.faults.soak $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) $(ARGS)

bench: .venv/requirements-dev .venv/peers/requirements ## measure; prints medians and the ratio to a goal or a peer
	@$(BIN)/python -m benchmarks $(ONLY)

messages: .venv/requirements-dev ## take new texts into the Korean catalogue, compile it, and list what is not translated
	@$(BIN)/python -m tests.languages

screenshots: .venv/requirements-dev ## take pictures of every page, light and dark, wide and phone, in both languages
	@$(PYTEST) tests/browser/screenshots.py --require-browser

clean: ## remove the virtual environment and caches; data/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@for python in $(CANDIDATES); do \
		if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Creating .venv with $$("$$python" --version)."; \
			exec "$$python" -m venv .venv; \
		fi; \
	done; \
	echo "Gwanje needs Python 3.11 or newer with venv, and found none as: $(CANDIDATES)." >&2; \
	echo "Install one (Debian, Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; \
	exit 1

# The stamps let a second run start at once; a changed list of requirements is installed again.
.venv/requirements: requirements.txt | .venv/bin/python
	@echo "Installing what Gwanje needs into .venv."
	@$(PIP) -r requirements.txt
	@touch $@

.venv/requirements-dev: requirements-dev.txt requirements-instruments.txt requirements-photographs.txt requirements.txt | .venv/bin/python
	@echo "Installing what Gwanje and its tests need into .venv."
	@$(PIP) --no-compile -r requirements-dev.txt
	@$(PIP) --no-compile --no-deps -r requirements-instruments.txt -r requirements-photographs.txt
	@touch $@ .venv/requirements

# The peers of `make bench` have an environment of their own, so that their requirements never meet ours.
.venv/peers/requirements: requirements-bench.txt | .venv/bin/python
	@echo "Installing OpenHTF, pytest and Robot Framework, the peers of the benchmarks, into .venv/peers."
	@$(BIN)/python -m venv .venv/peers
	@.venv/peers/bin/python -m pip install --quiet --quiet --disable-pip-version-check -r requirements-bench.txt
	@touch $@
