# Each target does the set-up it needs: .venv with the locked dependencies, and the Pulumi engine as .venv/bin/pulumi.
# Wanted on the machine: git, make, Python 3.11 or newer, and either `pulumi` on PATH or Go.

PYTHON := .venv/bin/python
TESTS ?= tests
ARGS ?=
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Container images often forbid bytecode files, after which each process compiles all that it imports.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup engine test nightly live lint demo contract bench clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv, and get the engine: from PATH, Pulumi's site, or Go modules
	@scripts/setup

engine: setup ## say which Pulumi engine is used, and where it is
	@.venv/bin/pulumi version

demo: setup ## the whole link between two emulated tenants, from first preview to tear-down
	@.venv/bin/entra-sync demo

# A test that hangs is ended with its stack and fails by its name: after twenty minutes by an exception, and where Python
# code no longer runs, two minutes later together with its process.
ENDS := --timeout 1200 -o faulthandler_timeout=1320 -o faulthandler_exit_on_timeout=true

test: setup ## run the tests (TESTS=path, ARGS='-k name')
	$(PYTHON) -m pytest -n 2 --dist loadgroup -rs $(ENDS) $(TESTS) $(ARGS)

nightly: setup ## the wheel on each Python, 300 other scenarios for each property that holds the impact plan against the emulator's cycle, 100 other requests for each route of the emulator, and a million random cases of each kind against .NET
	ENTRA_SYNC_EXAMPLES=300 ENTRA_SYNC_SEED=$$(date +%Y%m%d)00 $(PYTHON) -m pytest tests/impact/test_prediction.py tests/impact/prediction/test_cache.py tests/impact/prediction/test_canaries.py tests/impact/prediction/test_why_prediction.py $(ARGS)
	ENTRA_SYNC_EXAMPLES=100 ENTRA_SYNC_SEED=$$(date +%Y%m%d)00 $(PYTHON) -m pytest tests/emulator/requests/test_any_request.py $(ARGS)
	ENTRA_SYNC_PACKAGE=all $(PYTHON) -m pytest tests/release/test_package.py $(ARGS)
	ENTRA_SYNC_FAULTS=all $(PYTHON) -m pytest tests/faults/test_late_replicas.py $(ARGS)
	$(PYTHON) -m tests.faults.whole
	ENTRA_SYNC_TABLE=all $(PYTHON) -m pytest tests/ownership $(ARGS)
	$(PYTHON) scripts/mutation.py
	.venv/bin/uv pip install --quiet --python $(PYTHON) coverage==7.17.3
	$(PYTHON) scripts/mutation.py --sample 120 --seed $$(date +%F) --floor 75
	$(PYTHON) scripts/ratios.py
	ENTRA_CONTRACT=all ENTRA_SYNC_DOTNET_CASES=1000000 ENTRA_SYNC_DOTNET_SEED=$$(date +%F) $(PYTHON) -m pytest tests/contract/dotnet $(ARGS)

live: setup ## the tests of resources in two real test tenants (TENANTS=SOURCE_ID,TARGET_ID), which they change
	ENTRA_SYNC_LIVE="$(or $(TENANTS),none)" $(PYTHON) -m pytest -n 0 tests/resources $(ARGS)

lint: setup ## ruff, mypy, the order of layers, and for engine/ gofmt and go vet where there is Go
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy provider/entra_sync policies
	$(PYTHON) -m mypy scripts/setup.py
	.venv/bin/lint-imports --no-cache --no-logo
	@if command -v go >/dev/null; then set -ex; cd engine; test -z "$$(gofmt -l .)"; go vet ./...; fi

contract: setup ## the emulator against other languages' official clients, and expressions against a real .NET runtime
	ENTRA_CONTRACT=all ENTRA_SYNC_DOTNET_CASES=20000 $(PYTHON) -m pytest tests/contract $(ARGS)

bench: setup ## run each benchmark; each prints ratios to its named baseline
	@set -e; for benchmark in benchmarks/[a-z]*.py; do echo "== $$benchmark"; $(PYTHON) $$benchmark; done

clean: ## remove what runs leave in the checkout; .venv and the cached engine stay
	rm -rf .demo .pulumi build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find provider policies programs tests benchmarks scripts -name __pycache__ -prune -exec rm -rf {} +
