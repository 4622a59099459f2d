# Only Python 3.11 to 3.13 with venv, sh and make are needed. The first run makes .venv. Other
# programs that tests run are installed by tests/setup.sh, or their tests are left out.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet
UV := $(BIN)/uv

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
# WHY: without bytecode, each process compiles the program and pytest rewrites every test anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test programs lint tests browser drills random contract verapdf pins assets sbom clean
.NOTPARALLEL:

help:
	@echo "make demo   a server with sample data, and what to try on it"
	@echo "make test   lint, types, the published contract, every test but the two next commands'"
	@echo "make browser the tests of the console in Chromium"
	@echo "make drills the tests of tens of seconds: servers killed under load, the bench, the fuzz"
	@echo "make lint   ruff and mypy alone"
	@echo "make tests  the tests of make test alone"
	@echo "make random the tests that draw their examples, with others and more"
	@echo "make verapdf the documents against PDF/A and PDF/UA, by veraPDF from Maven"
	@echo "make pins   resolve the pinned requirements anew"
	@echo "make assets copy the console's style sheet, script and fonts from npm anew"
	@echo "make sbom   write dist/gpd-soap.cdx.json: the program's dependencies, as CycloneDX"
	@echo "make clean  remove the files that the other targets made"

demo: $(VENV)/.runtime
	@$(BIN)/gpd-soap demo

test: programs lint contract tests

programs:
	@sh tests/setup.sh

# In a new clone the tests are compiled beside mypy, once, and not by each process of pytest.
lint: $(VENV)/.tests
	$(BIN)/ruff check --quiet
	$(BIN)/ruff format --check --quiet
	@echo "$(BIN)/mypy"
	@[ -d tests/__pycache__ ] || $(BIN)/pytest --collect-only -qq >/dev/null 2>&1 & \
	  $(BIN)/mypy; types=$$?; wait; exit $$types

PYTEST = WITHOUT_PROGRAMS="$$(sh tests/setup.sh missing)" $(BIN)/pytest -q -n 4 --dist worksteal

tests: $(VENV)/.tests
	$(PYTEST) -m "not drill and not browser and not verapdf"
	@echo "Chromium and the drills did not run: make browser and make drills run them."
	@sh tests/setup.sh verdict

browser: programs $(VENV)/.tests
	$(PYTEST) -m browser
	@sh tests/setup.sh verdict

drills: programs $(VENV)/.tests
	$(PYTEST) -m drill
	@sh tests/setup.sh verdict

random: $(VENV)/.tests
	DRAWN_ANEW=1 $(BIN)/pytest -q -n 3 --dist worksteal -m random
	$(BIN)/python -m tests.fuzz --seconds 300 --seed "$$(date +%s)"

verapdf: $(VENV)/.tests
	@command -v verapdf >/dev/null || sh tests/verapdf/install.sh
	$(BIN)/pytest -q -m verapdf tests/features/documents

contract: $(VENV)/.tests
	$(BIN)/python -m tests.contract.checker

# $PYTHON if set, else the newest supported Python that runs: a name on PATH may be a mere shim.
$(BIN)/python:
	@for python in "$$PYTHON" python3.13 python3.12 python3.11 python3; do \
	  if [ -n "$$python" ] && "$$python" -c \
	    'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	    2>/dev/null; then \
	    echo "making $(VENV) with $$python"; \
	    exec "$$python" -m venv $(VENV); \
	  fi; \
	done; \
	echo "no Python 3.11, 3.12 or 3.13 with venv: install one, or set PYTHON" >&2; exit 1

$(VENV)/.runtime: deploy/requirements.txt deploy/requirements-build.txt pyproject.toml | $(BIN)/python
	@echo "installing the program and its dependencies"
	@$(PIP) install --require-hashes -r deploy/requirements.txt
	@$(PIP) install --require-hashes -r deploy/requirements-build.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.tests: tests/requirements.txt $(VENV)/.runtime
	@echo "installing the dependencies of the tests"
	@$(PIP) install --require-hashes -r tests/requirements.txt
	@touch $@

COMPILE = $(UV) pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
  --no-emit-index-url --no-emit-find-links --custom-compile-command "make pins"

pins: | $(BIN)/python
	@$(PIP) install uv
	@$(COMPILE) pyproject.toml -o deploy/requirements.txt
	@$(COMPILE) pyproject.toml --extra documents --extra bucket --constraint deploy/requirements.txt \
	  -o deploy/requirements-documents.txt
	@$(COMPILE) pyproject.toml --extra passkey --extra oidc --constraint deploy/requirements.txt \
	  -o deploy/requirements-console.txt
	@$(COMPILE) pyproject.toml --extra spreadsheets --constraint deploy/requirements.txt \
	  -o deploy/requirements-spreadsheets.txt
	@$(COMPILE) pyproject.toml --extra documents --extra bucket --extra passkey --extra oidc \
	  --extra spreadsheets --group test --group lint \
	  --constraint deploy/requirements-documents.txt \
	  --constraint deploy/requirements-console.txt \
	  --constraint deploy/requirements-spreadsheets.txt -o tests/requirements.txt
	@$(COMPILE) --group build --constraint tests/requirements.txt -o deploy/requirements-build.txt
	@! grep -nE '://|^--(extra-)?index|^--find-links|@ |[( ]/' deploy/*.txt tests/requirements.txt \
	  || { echo "a pin names a host or a path" >&2; exit 1; }

assets: $(VENV)/.tests
	@$(BIN)/python -m tests.console.assets.build

sbom: $(VENV)/.runtime
	@mkdir -p dist
	@$(BIN)/python -m tests.sbom > dist/gpd-soap.cdx.json
	@echo "dist/gpd-soap.cdx.json"

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
