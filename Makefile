# make run    the bot, or without a token the preview in a browser
# make setup  asks what the bot needs to know
# make test   the tests
# make lint   style, types, which way imports go, and the papers' figures
# make lock   requirements.lock anew, with what constraints.txt pins: after a change of what the bot needs
# All make .venv first. PYTHON chooses another interpreter: make run PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
# Torch first: whatever depends on it must not bring another version.
TORCH := $(shell grep -E '^torch==' constraints.txt)

.PHONY: run setup install test lint lock benchmark benchmark-full screenshot clean

run: install
	@$(BIN)/python -m bot

setup: install
	@$(BIN)/python -m bot setup

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Marquee needs Python 3.11 or newer; choose one with: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@echo "Setting up $(VENV); this takes a minute or two the first time."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install '$(TORCH)'
	@$(PIP) install -c constraints.txt -e '.[preview]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@

# The libraries that the benchmarks run beside Marquee. cmfrec is compiled, which takes some minutes.
.venv-peers: benchmarks/peers.txt
	@echo "Setting up .venv-peers; this takes about five minutes."
	@test -x $@/bin/python || $(PYTHON) -m venv $@
	@$@/bin/python -m pip --quiet --disable-pip-version-check install '$(TORCH)'
	@$@/bin/python -m pip --quiet --disable-pip-version-check install -r $<
	@touch $@

# Two processes with one thread each: more threads than cores would wait for one another. The files come in their order, whose
# last are short; by their number of tests, the last would be those of one long test, and a process would wait for it.
# What they write goes to a disk in memory where that has 4 GB of room: nothing of it need outlive them, and each of the thousands
# of writes that the store syncs would wait for a real one. A process that ends amid a test ends the run: pytest-xdist gives the
# files that are left to another, which waits for ever (its issue 1378).
MEMORY := $(shell df -k /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 {print "TMPDIR=/dev/shm"}')

test: $(VENV)/.installed-dev
	$(MEMORY) OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --max-worker-restart 0

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy bot recommender
	$(BIN)/lint-imports
	$(BIN)/python -m benchmarks.figures
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml compose.gpu.yaml
	$(BIN)/shellcheck .ci/run

# For the container's image. Torch isn't in it: it comes by its version, from an index of its own.
lock: $(VENV)/.installed-dev
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --annotation-style line --no-emit-package torch -c constraints.txt -o requirements.lock pyproject.toml

# Their tables are kept under benchmarks/results, and the papers quote them. MARQUEE_MOVIELENS_URL names a mirror to
# download ratings from.
benchmark: $(VENV)/.installed-dev .venv-peers
	$(BIN)/python -m benchmarks.accuracy
	$(BIN)/python -m benchmarks.newcomers
	$(BIN)/python -m benchmarks.intervals
	$(BIN)/python -m benchmarks.new_films
	$(BIN)/python -m benchmarks.variational
	$(BIN)/python -m benchmarks.ranking
	$(BIN)/python -m benchmarks.later
	$(BIN)/python -m benchmarks.seen
	$(BIN)/python -m benchmarks.questions
	$(BIN)/python -m benchmarks.personas
	$(BIN)/python -m benchmarks.groups
	$(BIN)/python -m benchmarks.similar
	$(BIN)/python -m benchmarks.bombing
	$(BIN)/python -m benchmarks.poisoning
	$(BIN)/python -m benchmarks.speed
	$(BIN)/python -m benchmarks.titles
	$(BIN)/python -m benchmarks.imports
	$(BIN)/python -m benchmarks.catalogue
	$(BIN)/python -m benchmarks.processes
	$(BIN)/python -m benchmarks.lag
	$(BIN)/python -m benchmarks.importing
	$(BIN)/python -m benchmarks.distributed
	$(BIN)/python -m benchmarks.evenings
	$(BIN)/python -m benchmarks.crowd
	$(BIN)/python -m benchmarks.requests
	$(BIN)/python -m benchmarks.engines
	$(BIN)/python -m benchmarks.month
	$(BIN)/python -m benchmarks.faults
	$(BIN)/python -m benchmarks.faults_training
	$(BIN)/python -m benchmarks.faults_discord
	$(BIN)/python -m benchmarks.faults_disk
	$(BIN)/python -m benchmarks.figures --write

# More than an hour: the slow peers, more seeds, 32 million ratings, a cluster.
benchmark-full: $(VENV)/.installed-dev .venv-peers
	$(BIN)/python -m benchmarks.accuracy --full --results benchmarks/results/full
	$(BIN)/python -m benchmarks.newcomers --full --results benchmarks/results/full
	$(BIN)/python -m benchmarks.scale
	$(BIN)/python -m benchmarks.million
	$(BIN)/python -m benchmarks.cluster --ratings 1000000 --results benchmarks/results/full
	$(BIN)/python -m benchmarks.figures --write

screenshot: $(VENV)/.installed-dev
	$(BIN)/python scripts/screenshot.py

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
