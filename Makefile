# `make chat` to run it, `make test` to test it; both set up what they need in .venv.
# With uv installed it is used, else Python 3.11 or newer with venv and pip.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
UV := $(shell command -v uv 2>/dev/null)

.PHONY: chat demo test man catalogue screenshots check soak bench bench-quick bench-growth clean

chat: $(STAMPS)/run  ## install, start the daemon if none runs, open the chat
	@$(BIN)/slcpctl chat

demo: $(STAMPS)/run  ## two daemons play a session on loopback, and show it
	@$(BIN)/slcpctl demo

test: check  ## everything that must pass
	SLCP_INTERFACES=lo $(BIN)/python -m pytest

man: $(STAMPS)/run  ## write the manual pages anew
	LANGUAGE=en $(BIN)/python -m docs.man.pages

catalogue: $(STAMPS)/dev  ## bring the translations up to date with the texts in the sources, and compile them
	$(BIN)/python -m docs.catalogue

screenshots: $(STAMPS)/dev  ## the captures in docs/screens, of a chat and a window with five real daemons on loopback; needs Xvfb
	SLCP_INTERFACES=lo $(BIN)/python -m docs.screens

check: $(STAMPS)/dev  ## style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

soak: $(STAMPS)/dev  ## kills, power cuts, bad networks, an hour of load: what takes long; some of it needs root
	SLCP_INTERFACES=lo $(BIN)/python -m soak.kills --kills 500
	SLCP_INTERFACES=lo $(BIN)/python -m soak.powercut --cuts 200
	SLCP_INTERFACES=lo $(BIN)/python -m soak.faults
	SLCP_INTERFACES=lo $(BIN)/python -m soak.fuzz --minutes 10
	SLCP_INTERFACES=lo $(BIN)/python -m soak.load --minutes 60

bench: $(STAMPS)/bench  ## what each path costs beside the least that it can cost: a quarter of an hour
	SLCP_INTERFACES=lo $(BIN)/python -m benchmarks

bench-quick: $(STAMPS)/bench  ## the same in two minutes, without the largest
	SLCP_INTERFACES=lo $(BIN)/python -m benchmarks --quick

bench-growth: $(STAMPS)/bench  ## how the cost of each path grows, and what keeps the daemon's loop busy
	SLCP_INTERFACES=lo $(BIN)/python -m benchmarks.growth

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis dist

$(STAMPS)/run: pyproject.toml | $(BIN)/python
	$(call install,.)

$(STAMPS)/dev: pyproject.toml | $(BIN)/python
	$(call install,.[dev])
	@touch $(STAMPS)/run

$(STAMPS)/bench: pyproject.toml | $(BIN)/python
	$(call install,.[bench])
	@touch $(STAMPS)/dev $(STAMPS)/run

ifdef UV
define install
	uv pip install --quiet --python $(BIN)/python --editable '$(1)'
	@mkdir -p $(STAMPS) && touch $@
endef

$(BIN)/python:
	uv venv --quiet --python '>=3.11' $(VENV)
else
define install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '$(1)'
	@mkdir -p $(STAMPS) && touch $@
endef

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; say which: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
endif
