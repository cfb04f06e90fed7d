# The short names for what people do here. The build itself is CMake's: see CMakePresets.json.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := all

JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
BUILD = cmake --build --parallel $(JOBS) --preset
CTEST = ctest --parallel $(JOBS) --preset
SOURCES = find src bench fuzz -name '*.h' -print0 -o -name '*.cpp' -print0

.PHONY: all run test bench format lint coverage fuzz clean

all: build/release/build.ninja  ## the program, at build/assay
	$(BUILD) release --target assay
	ln -f build/release/assay build/assay

build/release/build.ninja:
	cmake --preset release

run:  ## install what is missing, build, and plan the first example
	tools/install-deps.sh build
	$(MAKE) --no-print-directory all
	build/assay plan examples/serve-llama-70b.yaml

test:  ## everything: the fast checks, release, then the sanitizers
	tools/install-deps.sh build test
	cmake --preset release -DASSAY_TESTS=ON
	$(CTEST) release --label-regex fast
	$(BUILD) release
	$(CTEST) release --label-exclude fast
	cmake --preset asan
	$(BUILD) asan
	$(CTEST) asan

bench:  ## all benchmarks, release
	tools/install-deps.sh build test
	cmake --preset release -DASSAY_TESTS=ON
	$(BUILD) release --target run_benchmarks

format:  ## rewrite the C++ in the house format
	tools/install-deps.sh dev
	$(SOURCES) | xargs -0 clang-format-14 -i

lint:  ## clang-tidy over all of src/ (minutes)
	tools/install-deps.sh build test dev
	cmake --preset dev
	run-clang-tidy-14 -quiet -p build/dev "$(CURDIR)/(src|bench|fuzz)/.*"

coverage:  ## line coverage of the tests, at build/coverage/index.html
	tools/install-deps.sh build test dev
	cmake --preset coverage
	$(BUILD) coverage
	$(CTEST) coverage --label-regex 'unit|cases'
	gcovr --root . --filter src/ --exclude '.*_test.cpp' --exclude-throw-branches \
	  --print-summary --html-details build/coverage/index.html build/coverage

fuzz:  ## each fuzz target for a minute; FUZZ_SECONDS=600 for longer
	tools/install-deps.sh build test dev
	cmake --preset fuzz -DASSAY_FUZZ_SECONDS=$(FUZZ_SECONDS)
	$(BUILD) fuzz --target run_fuzzers

clean:  ## forget every build
	rm -rf build
