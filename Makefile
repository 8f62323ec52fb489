# Needs python3 (3.10 or newer), make and a package index. `make help` lists what it can do.

PYTHON ?= python3
BIN := .venv/bin
RUN := $(BIN)/python -m
ARGS ?=
READY := .venv/ready

export UV_PYTHON_DOWNLOADS := never
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help setup runtimes layer layer-otlp collector jaeger bench demo demo-jaeger demo-pipeline demo-shop test unit check fuzz fmt format lint types lock upgrade clean

help: ## this list
	@echo "usage: make TARGET [PYTHON=python3.12] [ARGS='arguments of pytest']"
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 16

setup: $(READY) ## the environment .venv with everything locked, and this package in it

$(READY): requirements/uv.txt requirements/dev.txt pyproject.toml scripts/check_python.py
	@$(PYTHON) scripts/check_python.py
	@$(RUN) pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@$(RUN) pip install --quiet --require-hashes -r requirements/uv.txt
	@$(RUN) scripts.uv pip sync --quiet --require-hashes --python $(BIN)/python requirements/dev.txt
	@$(RUN) scripts.uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python -e .
	@touch $@

runtimes: setup ## the real runtime client and boto3 for every Python found: build/runtime/X.Y/
	@$(RUN) scripts.runtimes

layer: setup ## the Lambda layer: build/layer/ and dist/heliograph-layer.zip
	@$(RUN) layer.build

layer-otlp: setup ## the layers with http/protobuf and grpc: dist/heliograph-layer-otlp-*.zip
	@$(RUN) layer.otlp $(ARGS)

bench: setup layer ## Heliograph and its peers side by side: bench/RESULTS.md (as root; ARGS: options)
	@$(RUN) bench --write $(ARGS)

collector: setup ## the slim OpenTelemetry collector of collector/; needs Go, minutes once
	@$(RUN) scripts.collector

jaeger: setup ## Jaeger, for demo-jaeger and the tests; needs Go, minutes once
	@$(RUN) scripts.jaeger

demo: setup runtimes layer ## a real function through the layer, cold and warm, its traces and metrics
	@$(RUN) scripts.demo

demo-jaeger: setup runtimes layer jaeger ## the same function, and that of demo-pipeline, in Jaeger
	@$(RUN) scripts.demo_jaeger

demo-pipeline: setup runtimes layer ## three functions, a topic, queues and a bus between them: one tree
	@$(RUN) scripts.demo_pipeline

demo-shop: setup runtimes layer ## a function without a line about telemetry: FastAPI, SQLAlchemy, httpx, Redis
	@$(RUN) scripts.demo_shop

test: setup runtimes layer ## the whole suite, with coverage
	@$(RUN) scripts.collector && $(RUN) scripts.jaeger && $(RUN) scripts.zipkin && $(RUN) scripts.debian || test -z "$$CI"
	$(RUN) pytest -n 2 --cov --cov-report=term:skip-covered $(ARGS) </dev/null

unit: setup ## the tests that need neither a runtime nor the layer
	$(RUN) pytest -n 2 -m "not runtime" --ignore=tests/layer $(ARGS) </dev/null

check: format lint types test ## format, lint, types and the whole suite, as CI does

fuzz: setup ## 60,000 hostile events, values, names and settings (ARGS: --seed 2 --kind values)
	@$(RUN) scripts.fuzz $(ARGS)

fmt: setup ## put the code in form and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

format: setup ## is the code in form?
	$(BIN)/ruff format --check .

lint: setup ## ruff
	$(BIN)/ruff check .

types: setup ## mypy
	$(BIN)/mypy

lock: setup ## pin all packages anew; pins that still fit stay
	@$(RUN) scripts.locks
	@$(RUN) layer.licenses

upgrade: setup ## pin all packages anew, at their newest versions
	@$(RUN) scripts.locks --upgrade
	@$(RUN) layer.licenses

clean: ## remove all that make made here; what was downloaded stays in the cache
	rm -rf .venv build dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name .git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
