# Everything a developer or an operator trying it out needs; `make help` lists the targets.
# Works with GNU make 3.81 and any POSIX sh. PYTHON=… picks the interpreter that .venv is made from.

VENV := .venv/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test bench soak check fix lock docs words wheel clean

help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

# Each stamp is remade only when its lock file, the package's own metadata or the recipe changes.
.venv/run.stamp: requirements/run.txt pyproject.toml scripts/venv.sh
	@sh scripts/venv.sh run

.venv/dev.stamp: requirements/dev.txt pyproject.toml scripts/venv.sh
	@sh scripts/venv.sh dev

run: .venv/run.stamp ## Start everything with a demo shop on http://127.0.0.1:8400
	@$(VENV)/regulars demo $(ARGS)

test: .venv/dev.stamp ## Run the whole test suite, browser tests included (ARGS="-k name")
	@sh scripts/test.sh $(ARGS)

bench: .venv/dev.stamp ## Print the benchmark table
	@$(VENV)/regulars bench $(ARGS)

soak: .venv/dev.stamp ## Long fault, shuffle and load runs
	@sh scripts/soak.sh $(ARGS)

check: .venv/dev.stamp ## Linters, types, import contracts, dependency and lock checks
	@sh scripts/check.sh

fix: .venv/dev.stamp ## Format the code and apply safe lint fixes
	@$(VENV)/ruff check --fix --quiet . ; $(VENV)/ruff format --quiet .

lock: ## Resolve the dependencies again (UPGRADE=1 takes newer releases)
	@sh scripts/lock.sh

docs: .venv/dev.stamp ## Write docs/reference, the client and THIRD_PARTY.md from the code
	@$(VENV)/python scripts/make_docs.py
	@$(VENV)/python scripts/make_client.py
	@$(VENV)/python scripts/third_party.py

words: .venv/dev.stamp ## Bring the console's catalogues up to date with its texts
	@$(VENV)/python scripts/make_words.py

wheel: .venv/dev.stamp ## Build the wheel into dist/ and check what is in it
	@sh scripts/wheel.sh

clean: ## Remove .venv, caches and build output; the data in .regulars stays
	@rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
