# Everything a person does with a checkout. `make help` lists it.

PYTHON ?= python3
DOCS   ?= eval/sets/sample/documents
PORT   ?= 7860
LIBRARY ?= .zhida
SEED   ?= 1
GOLD   ?= eval/sets/sample/gold.jsonl
DATA   ?=
SIZES  ?= 1000,10000,50000
OUT    ?= build/peers.md

BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help venv chat test test-fast faults lint format bench bench-read bench-serve gate peers shots clean

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

venv: .venv/runtime-installed ## Make the environment in .venv

chat: .venv/runtime-installed ## Index DOCS (default: the sample corpus) and serve the chat at http://127.0.0.1:PORT
	$(BIN)/zhida serve --docs "$(DOCS)" --port "$(PORT)" --home "$(LIBRARY)"

test: .venv/dev-installed ## Install what the tests need and run them all
	$(BIN)/python -m pytest -n auto --dist loadfile

test-fast: .venv/dev-installed ## The tests without browsers and language model servers
	$(BIN)/python -m pytest -m "not slow and not browser"

faults: .venv/dev-installed ## Kill, fill up, damage and crowd a library in every way: is anything lost? SEED repeats a run
	$(BIN)/python -m tests.faults --seed "$(SEED)"

lint: .venv/dev-installed ## Style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/dev-installed ## Put the code into the common format
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: .venv/runtime-installed ## Answer the sample's gold questions (quality), then the speed of libraries of SIZES over made-up text or DATA
	$(BIN)/python -m eval.bench
	$(BIN)/python -m eval.speed --sizes "$(SIZES)" $(if $(DATA),--data "$(DATA)")

bench-read: .venv/dev-installed ## How fast files of each kind are read, beside the plain libraries; also those in DATA
	$(BIN)/python -m eval.speed.reading $(if $(DATA),--data "$(DATA)")

bench-serve: .venv/dev-installed ## What serving costs: 32 conversations at once, beside a plain FastAPI stream
	$(BIN)/python -m eval.speed.serving

gate: .venv/runtime-installed ## Answer the sample's questions and hold the answers against their floors
	@work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && sample=eval/sets/sample && \
	  $(BIN)/zhida sync $$sample/documents --home $$work/home --json >$$work/sync.json && \
	  $(BIN)/zhida eval run $$sample/gold.jsonl --home $$work/home --out $$work/run && \
	  $(BIN)/zhida eval gate $$work/run --gates $$sample/gates.toml

peers: .venv-peers/installed ## Other libraries' recipes beside ours: GOLD over DOCS, data sets in DATA, table to OUT
	.venv-peers/bin/python -m eval.baselines --gold "$(GOLD)" --documents "$(DOCS)" --out "$(OUT)" \
	  $(if $(DATA),--data "$(DATA)") $(PEERS_OPTIONS)

shots: .venv/dev-installed ## Take the README's screenshots again
	$(BIN)/python -m ui.screenshot

clean: ## Remove the environment, caches and the indexed library
	rm -rf .venv .venv-peers .zhida .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A half-made environment would be taken for a whole one the next time, so it is removed.
.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "需要 Python 3.11 或更新 needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "没有建成环境 .venv was not made: 请安装 install python3-venv (apt install python3-venv), 再运行 then run make again"; exit 1; }

.venv/runtime-installed: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing Zhida into .venv (a few minutes the first time)…"
	$(INSTALL) -e .
	@$(BIN)/python -m compileall -q index rag eval ui  # for the first start
	@touch $@

.venv/dev-installed: .venv/runtime-installed
	@echo "Installing what the tests and checks need…"
	$(INSTALL) -e '.[dev]'
	@touch $@

# The other libraries stay out of our own environment.
.venv-peers/installed: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing Zhida and the libraries it is measured beside into .venv-peers (some minutes the first time)…"
	@test -x .venv-peers/bin/python || $(BIN)/python -m venv .venv-peers || { rm -rf .venv-peers; exit 1; }
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[peers]'
	@touch $@
