# Two commands matter: `make demo` and `make test`. Each works alone and first, in a fresh clone.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
OUT ?= demo

.PHONY: demo test check lint types layers schema cards bench site reference constraints smoke audit sbom clean help

help:  ## List the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

demo: $(VENV)/.installed-train  ## Convert, curate, train, evaluate and gate the bundled sample (OUT=demo)
	$(BIN)/workbench demo --out $(OUT)

test: $(VENV)/.installed-dev  ## Run every test but those that need a GPU
	$(BIN)/python -m pytest -m "not gpu"

check: lint types layers schema  ## Lint, types, layers and generated schemas

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

layers: $(VENV)/.installed-dev
	$(BIN)/lint-imports

schema: $(VENV)/.installed-dev
	$(BIN)/workbench schema --check

smoke: $(VENV)/.installed-dev  ## Install the built wheel into an empty environment and run the demo from elsewhere
	PYTHON=$(PYTHON) sh scripts/smoke.sh

cards: $(VENV)/.installed-dev  ## Hold the graders to their cards' figures on the labelled sets in DATA
	$(BIN)/workbench graders measure --data $(DATA) --against workbench/graders/cards/measured.json --quiet

site: $(VENV)/.installed-dev  ## Build the documentation site (strict: links and anchors are checked) into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build

reference: $(VENV)/.installed-dev  ## Write the reference of verbs, errors and schemas as Markdown into site/reference/
	$(BIN)/python scripts/reference.py --write site/reference --check

audit: $(VENV)/.tools  ## Hold every pinned version against the published vulnerabilities (needs the network)
	$(VENV)/tools/bin/pip-audit --no-deps --disable-pip -r constraints.txt

sbom: $(VENV)/.tools $(VENV)/.installed-train  ## Write what an installation holds into sbom.json (CycloneDX), the same each time
	$(VENV)/tools/bin/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml -o sbom.json $(BIN)/python

bench: $(VENV)/.installed-dev  ## Side-by-side benchmarks; figures go to docs/benchmarks.md by hand, with the command
	$(BIN)/python -m bench.dedupe

constraints:  ## Pin the installed versions anew
	(echo "# Versions known to install and work together; every install command of this project uses this file."; \
	 echo "# Made by: make constraints"; \
	 $(PIP) freeze --exclude-editable | grep -v '@ file' | sed 's/+cpu//' | sort -f) > constraints.txt

clean:  ## Remove what the other targets made
	rm -rf $(VENV) dist site sbom.json demo demo.partial .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; found " + sys.version.split()[0] + ". Try: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.tools: | $(VENV)/bin/python
	$(PYTHON) -m venv $(VENV)/tools
	$(VENV)/tools/bin/python -m pip install --disable-pip-version-check -q 'cyclonedx-bom>=7.5' 'pip-audit>=2.10'
	touch $@

$(VENV)/.installed-train: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -c constraints.txt -e '.[train]'
	touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -c constraints.txt -e '.[train,dev]'
	touch $@ $(VENV)/.installed-train
