# Each complete on a bare machine with Python 3.11 or newer: `make demo`, `make test`, and `make check`, which reads the
# code before a person does: types, and who may import whom.
# PYTHON=python3.12 chooses another interpreter; SUBJECT="..." another sentence.
PYTHON ?= python3
SUBJECT ?= a red boat on a blue sea at dusk
BIN := .venv/bin

.PHONY: demo test check gpu install clean

demo: .venv/installed
	$(BIN)/nodegraph run graphs/postcard.yaml --set "subject=$(SUBJECT)" --out out

test: .venv/tested
	$(BIN)/python -m pytest

# Needs a CUDA device, and writes docs/gpu.md. NOVENV=1 takes PYTHON with the libraries that it has, and installs nothing;
# GPU="--write FILE" writes elsewhere, GPU=--dry tries the script on a processor.
gpu: $(if $(NOVENV),,.venv/tested)
	$(if $(NOVENV),$(PYTHON),$(BIN)/python) benchmarks/gpu.py $(GPU)

check: .venv/tested
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest tests/nodegraph/test_floors.py

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	touch $@

.venv/tested: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[test]"
	touch $@

clean:
	rm -rf .venv
