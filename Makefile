# Two commands, always true: `make app` serves Winnow with the demo ready, `make test` runs every test.
PYTHON ?= python3
BIN := .venv/bin
# Where the environment forbids it every program compiles Winnow anew: a third of each start, of the tests minutes.
unexport PYTHONDONTWRITEBYTECODE
# Where the database matters; any other test takes --database postgresql as well.
IN_DATABASE := tests/database tests/pool tests/review tests/audit tests/statistics tests/gate tests/runs tests/importing tests/project tests/appendix \
	tests/cli/test_command_line.py tests/selfinstruct/test_loop.py tests/corpus/test_corpus_job.py \
	tests/reinstruct/test_reinstruct_loop.py tests/reinstruct/test_reinstruct_stops.py tests/reinstruct/test_reinstruct_kills.py \
	tests/release/test_release_making.py tests/release/test_release_members.py tests/release/test_release_selection.py tests/pages/test_query_plans.py

.PHONY: app test quick test-postgresql test-servers trust lint bench docs clean

app: .venv/app.stamp
	$(BIN)/python -m core app

test: .venv/dev.stamp
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

# Without browsers, kills, training and what else takes long.
quick: .venv/dev.stamp
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not browser and not slow"

test-postgresql: .venv/postgresql.stamp
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --database postgresql $(IN_DATABASE)

# Both methods through vLLM, llama.cpp and `transformers serve`, to a release that TRL trains on. The first time it
# installs each into an environment of its own under .venv-servers (minutes; llama.cpp needs a C++ compiler).
test-servers: .venv/dev.stamp
	$(BIN)/python -m tests.servers

# Kills, faults and load against the whole program; minutes with SHORT=--short, else about an hour.
trust: .venv/dev.stamp
	$(BIN)/python -m tests.trust $(SHORT)

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/dev.stamp
	$(BIN)/python -m tests.benchmarks

# The documents as pages in site/; what docs/reference says is checked by the tests. The tutorials' pictures are taken by
# `python -m tests.docs.pictures`.
docs: .venv/docs.stamp
	$(BIN)/properdocs build --config-file mkdocs.yml

clean:
	rm -rf .venv .venv-servers .pytest_cache .mypy_cache .ruff_cache

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Winnow needs Python 3.11 or newer; set PYTHON=python3.11")'
	$(PYTHON) -m venv .venv

.venv/app.stamp: requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

.venv/dev.stamp: requirements-dev.txt requirements.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@ .venv/app.stamp

.venv/docs.stamp: requirements-docs.txt | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.txt
	touch $@

.venv/postgresql.stamp: requirements-postgresql.txt .venv/dev.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-postgresql.txt
	touch $@
