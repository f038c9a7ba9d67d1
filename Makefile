# Two commands matter: `make demo` and `make test`. Everything runs from .venv, made from the hashed locks.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test check bench score scenarios fuzz verify soak lock schemas clean install-demo install-dev system-tools

BIN := .venv/bin
WORKERS := $(shell expr $$(nproc) + 1)
TARGETS := demo test check bench score scenarios fuzz verify soak lock schemas clean help

help:
	@echo "make demo       a lift, people trapped in it, the alarm upstream: the whole way in under a minute"
	@echo "make test       the whole test suite (one file: make test ARGS=tests/packaging/test_pinned.py)"
	@echo "make check      ruff, formatting, mypy --strict, import rules"
	@echo "make bench      CPU, memory, bus efficiency and virtual speed beside a bare Modbus master"
	@echo "make score      how well the diagnosis names what is wrong with a bus, in virtual time"
	@echo "make scenarios  every scenario with twenty seeds in virtual time, also the long ones (docs/scenarios.md)"
	@echo "make fuzz       a million random sequences of wire faults on all cores, restartable (docs/fuzz.md)"
	@echo "make verify     the simulated lift against kinematics, traffic and safety references (docs/verification.md)"
	@echo "make soak       1 000 lift-years of the simulated lift with random faults, restartable (docs/soak.md)"
	@echo "make lock       compile the hashed locks again from pyproject.toml (UPGRADE=1: to newer versions)"
	@echo "make schemas    write the published JSON Schemas, the AsyncAPI document and the generated pages again"
	@echo "make clean      remove .venv, caches and what was built"

demo: install-demo
	@$(BIN)/liftwarden demo $(ARGS)

test: system-tools install-dev
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: install-dev
	@$(BIN)/python -m hil.bench $(ARGS)

score: install-dev
	@$(BIN)/python -m hil.score doctor $(ARGS)

scenarios: install-dev
	@$(BIN)/python tests/hil/run_catalogue.py $(ARGS)

fuzz: install-dev
	@$(BIN)/python tests/link/fault_million.py $(ARGS)

verify: install-dev
	@PYTHONPATH=tests/sim $(BIN)/python -m verify $(ARGS)

soak: install-dev
	@PYTHONPATH=tests/sim $(BIN)/python -m soak $(ARGS)

lock: install-dev
	@sh locks/compile.sh $(if $(UPGRADE),--upgrade)

schemas: install-dev
	$(BIN)/python tests/schema/regenerate.py
	$(BIN)/python tests/uplink/generate_asyncapi.py
	$(BIN)/python tests/profiles/generate_pages.py
	$(BIN)/python tests/hil/generate_requirements.py
	$(BIN)/python tests/hil/generate_mutants.py

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install-demo install-dev:
	@sh locks/install.sh $(@:install-%=%)

# The tests that need Mosquitto or mbpoll must run in CI; elsewhere they skip and name the command.
system-tools:
	@if [ "$$CI" = true ]; then sh .ci/system-tools; fi

.DEFAULT:
	$(error no target "$@"; there are: $(TARGETS))
