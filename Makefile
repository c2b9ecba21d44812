# SPDX-License-Identifier: Apache-2.0
# A thin driver over CMake and CTest. `make help` lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := kinglet
.NOTPARALLEL:

BUILD ?= build
JOBS ?= $(shell nproc)
FUZZ_RUNS ?= 50000
# Folder of trained models with expected outputs; the tests say what they skip without it.
export KINGLET_MODELS ?= $(abspath ../shared/models)

SANITIZE := $(BUILD)-sanitize
COVERAGE := $(BUILD)-coverage
CONFIGURE := cmake -G Ninja -S .
# On a terminal ninja keeps its progress on one line; elsewhere only problems are shown.
NINJA := ninja -j $(JOBS) $(shell [ -t 2 ] || echo --quiet)
CTEST := ctest --output-on-failure --no-tests=error -j $(JOBS)
# Every C source of the tree, for the formatter.
SOURCES = $(shell find device host tests examples docs bench scripts \( -name '*.c' -o -name '*.h' \) 2>/dev/null | sort)

.PHONY: kinglet demo test test-long bench setup all check docs format sanitize fuzz coverage \
        ctest clean dist help

kinglet: $(BUILD)/build.ninja ## build build/kinglet (the default; installs nothing)
	@$(NINJA) -C $(BUILD) kinglet

demo: ## install what is missing, build, and run a whole playbook from data to report
	@scripts/setup.sh build firmware
	@scripts/fetch_bearssl.sh || true
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) scripts/demo.sh

test: ## install what is missing, build, and run everything that CI runs
	@scripts/setup.sh
	@scripts/fetch_bearssl.sh || true
	@$(MAKE) --no-print-directory all sanitize fuzz coverage ctest

test-long: ## the tests that take longer than a few minutes, too
	@scripts/setup.sh
	@scripts/fetch_bearssl.sh || true
	@$(MAKE) --no-print-directory all
	@scripts/run_tests.sh $(BUILD) -j $(JOBS)

bench: ## measure the MLPerf Tiny models on the emulated boards, bootloaders, and steps of training
	@scripts/setup.sh build firmware
	@scripts/fetch_bearssl.sh || true
	@$(MAKE) --no-print-directory kinglet
	@$(NINJA) -C $(BUILD) kinglet-bench kinglet-bench-boot kinglet-bench-train
	@$(BUILD)/kinglet-bench $(BUILD)/kinglet $(KINGLET_MODELS)/tflite $(BUILD)/bench.json
	@$(BUILD)/kinglet-bench-boot
	@$(BUILD)/kinglet-bench-train

setup: ## install what is missing to build, run and test (Debian 12)
	@scripts/setup.sh
	@scripts/fetch_bearssl.sh || true

all: $(BUILD)/build.ninja ## build the program and the tests with gcc
	@$(NINJA) -C $(BUILD)

ctest: all ## only the tests of the gcc build, with their tables
	@printf '\n== all tests, gcc\n'
	@scripts/run_tests.sh $(BUILD) -LE long -j $(JOBS)

check: all ## format, include directions, style, generated pages
	@$(CTEST) --test-dir $(BUILD) -L hygiene

docs: $(BUILD)/build.ninja ## write the generated pages of docs anew
	@$(NINJA) -C $(BUILD) kinglet gen_operators gen_onnx
	@$(BUILD)/gen_operators > $(BUILD)/operators.md
	@$(BUILD)/gen_onnx > $(BUILD)/onnx-operators.md
	@scripts/gen_cli.sh $(BUILD)/kinglet > $(BUILD)/cli.md
	@awk -f scripts/include_examples.awk docs/guide/embed.md > $(BUILD)/embed.md
	@$(BUILD)/kinglet playbook schema --markdown > $(BUILD)/playbook-fields.md
	@cp $(BUILD)/playbook-fields.md docs/spec/
	@cp $(BUILD)/operators.md $(BUILD)/onnx-operators.md $(BUILD)/cli.md $(BUILD)/embed.md docs/guide/

format: ## format all C sources
	@clang-format -i $(SOURCES)

sanitize: $(SANITIZE)/build.ninja ## unit tests with clang under ASan and UBSan
	@printf '\n== unit tests, clang, AddressSanitizer and UndefinedBehaviorSanitizer\n'
	@$(NINJA) -C $(SANITIZE)
	@$(CTEST) --test-dir $(SANITIZE) -L unit

fuzz: $(SANITIZE)/build.ninja ## fuzz the readers for a fixed number of executions
	@printf '\n== fuzzing, clang, $(FUZZ_RUNS) executions\n'
	@cmake -DKINGLET_FUZZ_RUNS=$(FUZZ_RUNS) $(SANITIZE) > /dev/null
	@$(NINJA) -C $(SANITIZE)
	@$(CTEST) --test-dir $(SANITIZE) -L fuzz

coverage: $(COVERAGE)/build.ninja ## line coverage of the unit tests: summary and HTML
	@printf '\n== coverage of the unit tests, gcc\n'
	@$(NINJA) -C $(COVERAGE)
	@scripts/coverage.sh $(COVERAGE)

dist: kinglet ## an archive of the program and its plugin, for machines that do not build it
	@version=$$($(BUILD)/kinglet --version | cut -d' ' -f2); \
	archive=$(BUILD)/kinglet-$$version-$$(uname -m).tar.gz; \
	tar -C $(BUILD) --sort=name --owner=0 --group=0 --numeric-owner -czf $$archive \
	    kinglet kinglet-count.so; \
	(cd $(BUILD) && sha256sum $$(basename $$archive))

clean: ## remove all build folders
	@rm -rf $(BUILD) $(SANITIZE) $(COVERAGE)

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n  BUILD=%s  JOBS=%s  FUZZ_RUNS=%s  KINGLET_MODELS=%s\n' '$(BUILD)' '$(JOBS)' \
	    '$(FUZZ_RUNS)' '$(KINGLET_MODELS)'

# The first configuration; later, ninja runs cmake itself when a CMakeLists.txt changes.
$(BUILD)/build.ninja:
	@scripts/check_tools.sh build
	@$(CONFIGURE) -B $(BUILD) -DCMAKE_C_COMPILER=gcc > /dev/null

$(SANITIZE)/build.ninja:
	@scripts/check_tools.sh build test
	@$(CONFIGURE) -B $(SANITIZE) -DCMAKE_C_COMPILER=clang -DKINGLET_FUZZ=ON \
	    -DKINGLET_SANITIZE=address,undefined > /dev/null

$(COVERAGE)/build.ninja:
	@scripts/check_tools.sh build test
	@$(CONFIGURE) -B $(COVERAGE) -DCMAKE_C_COMPILER=gcc -DCMAKE_BUILD_TYPE=Debug \
	    -DCMAKE_C_FLAGS=--coverage > /dev/null
