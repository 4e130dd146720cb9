# SPDX-License-Identifier: Apache-2.0
# `make help` lists what there is. Everything happens below this folder; nothing needs root.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := .uv/bin/uv
STATE  ?= .demo
CLOUD  ?= .cloud
# Of the cloud: separate, separate-nodes, separate-fibre-channel.
PROFILE ?= separate
# How many processes run tests: they wait much of the time, so one more than there are processors.
WORKERS ?= 3
# Tempest's tests that see most for their time.
SMOKE := ^tempest\.api\.compute\.(servers\.test_create_server\.ServersTestJSON|servers\.test_server_actions\.ServerActionsTestJSON|admin\.test_live_migration\.LiveMigrationTest|volumes\.test_attach_volume\.AttachVolumeTestJSON)
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Byte-code is written once at install; without it each of the eight demo processes compiles OpenStack anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo down status cloud cloud-status cloud-down tempest tempest-smoke test test-faults test-matrix test-eventlet lint types coverage docs bench clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(UV):
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is incomplete here. On Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .uv
	.uv/bin/pip install --quiet --disable-pip-version-check uv

$(VENV)/.ready: pyproject.toml requirements/constraints.txt | $(UV)
	test -x $(BIN)/python || $(UV) venv --quiet --python $(PYTHON) $(VENV)
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip install --quiet --compile-bytecode -c requirements/constraints.txt \
	  -e '.[server,cli,openstack,vnc]' --group test --group lint --group docs
	@touch $@

setup: $(VENV)/.ready  ## install OpenStack and this project into .venv

demo: setup  ## boot a Linux guest on a simulated z/VM through a real OpenStack
	$(BIN)/zvm cloud demo --state $(STATE)

down:  ## end every process the demo started
	@test ! -x $(BIN)/zvm || $(BIN)/zvm cloud down --state $(STATE)

status: setup  ## what runs, and where
	$(BIN)/zvm cloud status --state $(STATE)

cloud: setup  ## the same with a process per service, MariaDB, RabbitMQ and two z/VM systems
	$(BIN)/zvm cloud up --profile $(PROFILE) --state $(CLOUD)

cloud-status: setup  ## what of that runs, and where
	$(BIN)/zvm cloud status --state $(CLOUD)

tempest: setup  ## OpenStack's own tests of a running cloud, against that
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip install --quiet -c requirements/constraints.txt --group tempest
	$(BIN)/zvm cloud up --profile $(PROFILE) --state $(CLOUD)
	$(BIN)/zvm cloud tempest --state $(CLOUD)

tempest-smoke: setup  ## a few of them
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(UV) pip install --quiet -c requirements/constraints.txt --group tempest
	$(BIN)/zvm cloud up --profile $(PROFILE) --state $(CLOUD)
	$(BIN)/zvm cloud tempest --state $(CLOUD) --regex "$(SMOKE)"

cloud-down:  ## end every process of that
	@test ! -x $(BIN)/zvm || $(BIN)/zvm cloud down --state $(CLOUD)

test: setup lint types  ## lint, types, all tests but those of the next line
	@rm -f build/test-results.json
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m "not faults"

test-faults: setup  ## servers while something is killed, full, busy or gone under them
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -m faults

test-matrix: setup  ## after the two lines above: each test that the support matrix names has passed
	$(BIN)/python tools/reference_pages.py --check --proved

test-eventlet: setup  ## the driver's unit tests under eventlet in place of native threads
	OS_NOVA_DISABLE_EVENTLET_PATCHING=0 $(BIN)/python -m pytest tests/unit/nova

lint: setup  ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup  ## mypy --strict on all but the subclasses of Nova and Neutron
	$(BIN)/mypy

coverage: setup  ## test coverage, a line per package
	$(BIN)/python tools/coverage_by_package.py

docs: setup  ## HTML documentation in doc/build/html
	$(BIN)/sphinx-build -W -q -b html doc/source doc/build/html

screenshot: setup  ## the simulator's page as a picture in the documentation; needs Chromium
	ZVM_DOC_IMAGES=doc/source/images $(BIN)/python -m pytest -q tests/interop/test_page_in_a_browser.py

bench: setup  ## counts and times of spawn and delete against their budgets
	$(BIN)/python -m benchmarks

clean: down  ## remove the environment and the demo's state
	rm -rf $(VENV) .uv $(STATE) doc/build build
