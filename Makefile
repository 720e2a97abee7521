# make demo · test · check · torture · fuzz · mutate · bench · clean: each does all its own set-up, quick the second time.
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt

.PHONY: demo test check torture bench fuzz mutate clean

demo: $(VENV)/.demo
	@$(BIN)/mailbot demo

test: $(VENV)/.test
	@.ci/servers
	$(BIN)/pytest -n 2 --dist worksteal -rs

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

torture: $(VENV)/.test # every point of death and every fault, where `make test` draws some: hours
	@.ci/servers
	MAILBOT_TORTURE=1 $(BIN)/pytest -n 2 --dist worksteal -rs tests/torture tests/integration/test_*kill*.py

bench: $(VENV)/.test # alone on the machine: about half an hour; PARTS="near starts" for some
	@.ci/servers
	$(BIN)/python -m tests.bench $(PARTS)

fuzz: $(VENV)/.test # FUZZ_SECONDS=600 for all targets together
	$(BIN)/python -m tests.fuzz

mutate: $(VENV)/.test # takes hours; MODULES="updates sender" for some
	@$(INSTALL) -e '.[mutate]'
	$(BIN)/python -m tests.mutate $(MODULES)

clean:
	rm -rf mutants .fuzz $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is older than what it depends on: install again. The stamps lie inside the folder they speak of.
$(VENV)/.demo: pyproject.toml constraints.txt
	@.ci/venv $(VENV)
	@echo "installing mailbot and what it needs (a minute, once)"
	@$(INSTALL) -e '.[dkim]'
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt
	@.ci/venv $(VENV)
	@echo "installing mailbot and what its tests need (two minutes, once)"
	@$(INSTALL) -e '.[postgres,web,xlsx,pdf,backup,dkim,dev,fuzz]'
	@touch $(VENV)/.demo $@
