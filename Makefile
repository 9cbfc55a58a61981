# The commands of the house. `make demo` and `make test` need Python 3.11 and make, nothing else.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
SECONDS ?= 60
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test killed lint format fuzz bench localise warehouse mutations rules faults rebuild crawl corpus scans pictures prose lake damage docs lock clean distclean

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

install: $(INSTALLED)  ## make the virtual environment and install from the lock

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
		{ echo "gongkai needs Python 3.11; found $$($(PYTHON) --version). Say where it is: make PYTHON=/path/to/python3.11"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing from requirements.lock (about half a minute with the packages at hand) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: install  ## run the whole annual cycle on the sample portals (PORT=8471 is the first port they take)
	@$(BIN)/gongkai run --sample $(if $(PORT),--port $(PORT))

# integration first: its files have few tests and take long, and at the end both processes should have work
test: install  ## run the unit, corpus and integration tests
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder -m "not killed" \
		tests/integration tests/unit tests/corpus

killed: install  ## runs and builds that are killed at every stage end in the same warehouse (two or three minutes)
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile -m killed tests/integration

lint: install  ## ruff, mypy and sqlfluff
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --disable-progress-bar --processes 2 dbt_project/models dbt_project/tests

format: install  ## format Python and SQL
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/sqlfluff fix --disable-progress-bar --quiet dbt_project/models dbt_project/tests

fuzz: install  ## hostile and spoilt documents, then coverage-guided fuzzing: make fuzz SECONDS=600 for each reader
	@$(BIN)/python -m pytest tests/fuzz --hypothesis-profile fuzz
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps atheris==3.0.0
	@for reader in html pdf text markdown docx; do $(BIN)/python -m tests.fuzz.guided $$reader $(SECONDS) || exit 1; done

bench: install  ## speed against yardsticks measured in the same run; throughput and memory of a core
	@$(BIN)/python -m pytest tests/benchmarks
	@$(BIN)/python -m tests.benchmarks.throughput

localise: install  ## how often the wrong cell is named, of 10,000 reports with one and with two (make localise REPORTS=1000)
	@$(BIN)/python -m tests.benchmarks.localising --reports $(or $(REPORTS),10000) --seed $(SEED)

warehouse: install  ## load, full build, assessment, increment of made-up reports: make warehouse REPORTS=1000000
	@$(BIN)/python -m tests.benchmarks.warehouse --reports $(or $(REPORTS),10000)

mutations: install  ## seed typed faults into clean reports; what each rule finds and whom it blames wrongly (REPORTS=2000)
	@$(BIN)/python -m tests.mutations.run --reports $(or $(REPORTS),2000) --seed $(SEED)

rules: install  ## write docs/rules.md anew from the registry of rules and the last proof
	@$(BIN)/python -m flows.quality.rule_page docs/rules.md

lake: install  ## the whole way after reading on a lake beside a file, then both measured (needs PostgreSQL; minutes)
	@$(BIN)/python -m pytest tests/lakes
	@$(BIN)/python -m tests.lakes.measure --reports $(or $(REPORTS),2000)

faults: install  ## collect from 200 simulated portals under random faults and kills: make faults SEED=2
	@$(BIN)/python -m tests.faults.run --portals $(or $(PORTALS),200) --reports $(or $(REPORTS),30) --seed $(SEED)

rebuild: install  ## the warehouse from the archive alone, and from a backup, equal to the first one (minutes)
	@$(BIN)/python -m pytest tests/proofs

YARDSTICK := build/scrapy
crawl: install  ## collecting beside Scrapy, then 2,000 hosts at their pace (a quarter of an hour)
	@test -x $(YARDSTICK)/bin/python || $(PYTHON) -m venv $(YARDSTICK)
	@$(YARDSTICK)/bin/python -m pip install --quiet --disable-pip-version-check scrapy==2.19.0
	@$(BIN)/python -m tests.benchmarks.crawling speed --yardstick $(YARDSTICK)/bin/python
	@$(BIN)/python -m tests.benchmarks.crawling pace

DOCUMENTS ?= 5000
SEED ?= 1
SCANS ?= 60
corpus: install  ## read made-up documents with known figures: exact, doubtful, silently wrong (make corpus DOCUMENTS=500)
	@$(BIN)/python -m tests.layouts.run --documents $(DOCUMENTS) --seed $(SEED)

damage: install  ## read documents damaged by hand: nothing wrong without a mark (make damage DOCUMENTS=12 of each in each way)
	@$(BIN)/python -m tests.layouts.damage --documents $(if $(filter file,$(origin DOCUMENTS)),12,$(DOCUMENTS)) --seed $(SEED)

scans: install  ## read made-up scans, photographs and pictures in PDF of 150 dots an inch (make scans SCANS=60 SEED=1)
	@$(BIN)/python -m tests.layouts.run --documents $(SCANS) --seed $(SEED) --formats scan,photographs,pdf_pictures --quirks ""

pictures: install  ## draw the pictures of docs/reading.md anew (needs Chromium)
	@$(BIN)/python -m tests.layouts.pictures

prose: install  ## bind labelled sentences to cells, and find copied texts: precision and recall
	@$(BIN)/python -m tests.prose.binding
	@$(BIN)/python -m tests.prose.likeness

docs: install  ## build dbt's documentation of every model and column: build/docs/index.html
	@$(BIN)/python -m flows.warehouse.dbt_docs build/docs

lock: install  ## resolve pyproject.toml into requirements.lock anew
	@$(BIN)/uv pip compile --quiet --upgrade --python-version 3.11 --extra dev --generate-hashes --no-annotate --no-strip-extras \
		--no-header pyproject.toml -o requirements.lock

clean:  ## remove what the demo, the tests and the tools left (never data/ other than the sample)
	@rm -rf data/sample build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	@rm -rf dbt_project/target dbt_project/logs logs
	@find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean  ## clean, and remove the virtual environment
	@rm -rf $(VENV)
