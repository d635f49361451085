# Everything a person runs. `make help` lists it.
.DEFAULT_GOAL := help
.PHONY: help run reload demo test test-services check openapi bench services services-stop lock clean
PYTHON := .venv/bin/python
EMBEDDED := env -u MC_DATABASE_URL -u MC_REDIS_URL
PYTEST := $(PYTHON) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder
OPENAPI := $(PYTHON) manage.py spectacular --format openapi-json --validate --fail-on-warn

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

run: ## install, migrate and serve everything in one process
	@scripts/setup base
	@exec $(PYTHON) manage.py up

reload: ## the same, starting anew when a source file changes
	@scripts/setup dev
	@exec $(PYTHON) manage.py up --reload

demo: ## let simulated agents work against the running server
	@scripts/setup base
	@MC_TOKEN="$${MC_TOKEN:-$$($(PYTHON) manage.py createservicetoken "demo-$$(date +%s)" --project demo --scopes read,write,operate,admin --expires-in-s 86400)}" \
		exec $(PYTHON) -m clients.demo $(ARGS)

test: ## run the tests on SQLite, with a real browser
	@scripts/setup dev
	@for each in chromium-headless-shell chromium chromium-browser google-chrome; do command -v $$each && break; done >/dev/null || { echo "The browser tests need Chromium (Debian: apt-get install chromium)." >&2; exit 1; }
	$(EMBEDDED) $(PYTEST) -m "not services and (embedded or not browser)"

test-services: ## run the tests on PostgreSQL and Redis, all of the browser's too (see: make services)
	@scripts/setup dev
	@test -n "$$MC_DATABASE_URL" -a -n "$$MC_REDIS_URL" || { echo "MC_DATABASE_URL and MC_REDIS_URL are not set: eval \"\$$(make -s services)\"" >&2; exit 1; }
	$(PYTEST) -m "services or not own"

check: ## lint, types, layers, migrations, API description
	@scripts/setup dev
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy missioncontrol tasks agents notifications clients
	.venv/bin/lint-imports
	$(EMBEDDED) $(PYTHON) manage.py makemigrations --check --dry-run
	@$(EMBEDDED) $(OPENAPI) --file .venv/openapi.json
	@cmp docs/openapi.json .venv/openapi.json || { echo "docs/openapi.json is not what the code says: make openapi" >&2; exit 1; }

openapi: ## write the API description to docs/openapi.json
	@scripts/setup dev
	$(EMBEDDED) $(OPENAPI) --file docs/openapi.json

bench: ## measure what the product promises (several minutes)
	@scripts/setup dev
	$(PYTHON) -m bench

services: ## start PostgreSQL and Redis where they are installed, print what to export
	@scripts/services start

services-stop: ## stop them
	@scripts/services stop

lock: ## pin every package anew (needs uv)
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 requirements/base.in -o requirements/base.lock
	uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 requirements/dev.in -o requirements/dev.lock

clean: ## remove the environment and caches; data stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
