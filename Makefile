# Each complete on a bare machine with Python 3.11 or newer: `make demo`, `make test`, and `make check`, which reads the
# code before a person does. PYTHON=python3.12 chooses another interpreter; SUBJECT="..." another sentence.
# uv is used where it is there (UV= goes without), and PyTorch's build for processors where there is no graphics card
# (TORCH= takes whatever the package index has).
PYTHON ?= python3
SUBJECT ?= a red boat on a blue sea at dusk
BIN := .venv/bin
UV ?= $(shell command -v uv 2>/dev/null)
CARD := $(wildcard /dev/nvidiactl /proc/driver/nvidia /dev/dxg /dev/kfd)$(filter Darwin,$(shell uname -s))
TORCH ?= $(if $(CARD),,cpu)
CPU_BUILDS := https://download.pytorch.org/whl/cpu

# Asked before anything is fetched: pip would look only behind PyTorch's 300 MB.
NEW_ENOUGH = -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else \
    "nodegraph wants Python 3.11 or newer, and this is %d.%d: write, say, make $(or $(MAKECMDGOALS),demo) PYTHON=python3.11" % sys.version_info[:2])'

ifneq ($(UV),)
VENV = $(UV) venv --allow-existing --seed --python $(PYTHON) .venv && $(BIN)/python $(NEW_ENOUGH)
INSTALL = $(UV) pip install --python $(BIN)/python --constraint constraints.txt
TORCH_FIRST = $(INSTALL) --torch-backend $(TORCH) torch
else
VENV = $(PYTHON) $(NEW_ENOUGH) && $(PYTHON) -m venv .venv
INSTALL = $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt
TORCH_FIRST = $(INSTALL) --no-deps --retries 1 --extra-index-url $(CPU_BUILDS) torch
endif

# Compiled modules are kept (in __pycache__, or where PYTHONPYCACHEPREFIX says) whatever the shell says: without them each worker
# and each process that a test starts reads and rewrites hundreds of files anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test quick check gpu docs install clean

demo: .venv/installed
	$(BIN)/nodegraph run graphs/postcard.yaml --set "subject=$(SUBJECT)" --out out --overwrite

# Each file of tests is run by one of two workers; CORES=4 takes four. ALL=1 takes those that are marked slow too.
CORES ?= 2
ALL ?=
test: .venv/tested
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(CORES) --dist loadfile --no-loadscope-reorder $(if $(ALL),,-m "not slow")

# What needs no model and no window, in about a minute.
quick: .venv/tested
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(CORES) --dist loadfile --no-loadscope-reorder tests/nodegraph -m "not slow"

# Needs a CUDA device, and writes docs/gpu.md. NOVENV=1 takes PYTHON with the libraries that it has, and installs nothing;
# GPU="--write FILE" writes elsewhere, GPU=--dry tries the script on a processor.
gpu: $(if $(NOVENV),,.venv/tested)
	$(if $(NOVENV),$(PYTHON),$(BIN)/python) benchmarks/gpu.py $(GPU)

check: .venv/tested
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest tests/nodegraph/test_floors.py tests/test_ratchet.py

# The site of the docs, into site/, without a network. The graphs on its pages are run: minutes the first time, then seconds.
docs: .venv/documented
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "Done: open site/index.html in a browser."

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	@echo "Installing into .venv, mostly PyTorch: some 300 MB, which takes a few minutes the first time."
	@$(VENV)
	$(if $(TORCH),$(TORCH_FIRST))
	$(INSTALL) --editable .
	@touch $@
	@echo "Done. \`source .venv/bin/activate\`, and the command nodegraph is there."

.venv/tested: .venv/installed
	$(INSTALL) --editable ".[test]"
	$(INSTALL) --no-deps spandrel
	@touch $@

.venv/documented: .venv/installed
	$(INSTALL) --editable ".[docs]"
	@touch $@

clean:
	rm -rf .venv
