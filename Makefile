PYTHON ?= python3
BIN := .venv/bin
DATA ?= simulator
DATA_DIR ?=
# A data set of its own has a home of its own, unless the user names one.
export EMPORIUM_HOME ?= $(CURDIR)/.emporium$(if $(filter-out simulator,$(DATA)),-$(DATA))

.PHONY: setup test-setup demo test test-long check format lock dictionary docs notebooks clean

setup:
	@PYTHON=$(PYTHON) ./setup.sh

test-setup:
	@PYTHON=$(PYTHON) ./setup.sh test

demo: setup
	@$(BIN)/emporium demo --data $(DATA) $(if $(DATA_DIR),--data-dir $(DATA_DIR)) $(ARGS)

test: test-setup
	@$(BIN)/python -m pytest -m "not long" -n 2 --dist loadfile --no-loadscope-reorder

test-long: test-setup
	@EXAMPLES=many $(BIN)/python -m pytest -m "long or hypothesis" -n 2 --dist loadfile --no-loadscope-reorder

check: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: setup
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: setup
	@$(BIN)/uv pip compile requirements.in --override overrides.txt --generate-hashes \
	    --no-emit-index-url --no-annotate --no-header --python-version 3.11 -o requirements.lock

dictionary: setup
	@$(BIN)/python -m features.schemas.dictionary > docs/data-dictionary.md

# The site of docs/, in site/; a link that leads nowhere fails.
docs: setup
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet
	@echo "open site/index.html; with its search: python3 -m http.server -d site"

# On the data of a demo that has run; NOTEBOOKS="1 3" runs some of them.
notebooks: setup
	@$(BIN)/emporium notebooks run $(NOTEBOOKS)

clean:
	@rm -rf site .venv .emporium .emporium-*
