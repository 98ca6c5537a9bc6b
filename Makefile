# The front door: each target is one command of CMake, CTest or a script.  `make help` lists them.
# Only `deps`, and `check` and `demo` by it, install packages; `bench`, `check-languages` and
# `page-check` have npm bring what they need into a folder of their own.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build
MAKEFLAGS += --no-print-directory

JOBS ?= $(shell nproc)
# Some of them wait for a daemon, a disk or a clock, and leave their processor to another.
TESTS_AT_ONCE ?= $(shell echo $$(($(JOBS) + 1)))
PREFIX ?= /usr/local
KEEP ?=
FUZZ_SECONDS ?= 20
SOAK_MINUTES ?= 60
SOAK_WRITER_MINUTES ?= 0
MODULES ?= 100000
SEED ?= 1
SEEDS ?= 0
PROFILE ?= all
CASES ?=
SHAPE ?=
WASM_TESTSUITE ?=
# How far clang's analyzer follows the paths of one function: its own choice is three times as far,
# takes three times as long and has found nothing more here.
ANALYZER_NODES ?= 75000

SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
# Evaluated only where it is used, so that a tree without git formats too.
C_FILES = $(shell find * -path build -prune -o -type f \
	\( -name '*.c' -o -name '*.h' -o -name '*.cpp' -o -name '*.hpp' \) -print | sort)
TIDY_FILES = $(filter %.c,$(filter-out sdk/% tests/%,$(C_FILES)))

# The commands that compile a header alone (CMAKE_VERIFY_INTERFACE_HEADER_SETS), but make no code.
alone = .[] | select(.file | test("_verify_interface_header_sets/")) | .command \
	| sub("-O2 -g"; "-fsyntax-only") | sub(" -o [^ ]*"; "")

# The packages of packages.txt that Debian has not installed, one a line.
missing = sed 's/\#.*//' packages.txt | xargs -n1 | while read -r package; do \
	dpkg-query -W -f '$${Status}' "$$package" 2>/dev/null | grep -q ' installed$$' \
		|| echo "$$package"; done
# A build that fails for want of a package says so last, where it is read.
blame = missing=$$($(missing)); if [ -n "$$missing" ]; then \
	echo "These packages are not installed:" $$missing >&2; \
	echo "Run 'make deps', which installs them; on a system other than Debian, do so by hand." >&2; \
	fi

configure = cmake --preset $(1) >build-$(1).log 2>&1 && rm build-$(1).log \
	|| { cat build-$(1).log; rm -f build-$(1).log; $(blame); exit 1; }
compile = cmake --build --preset $(1) -j $(JOBS) || { $(blame); exit 1; }
make_target = cmake --build --preset $(1) -j $(JOBS) --target $(2) || { $(blame); exit 1; }

.PHONY: help deps build release check check-dev check-headers check-clang check-hashes \
	check-asan check-tsan check-rest lint tidy cppcheck demo demo-site demo-road bench fuzz \
	hostile differential sim cases exact spec check-languages mutants models shape soak format \
	format-check install deb deb-check page-check clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | sort | expand -t 16

deps: ## install the packages of packages.txt that are missing
	@missing=$$($(missing)); \
	if [ -n "$$missing" ]; then \
		echo "installing: " $$missing; \
		$(SUDO) apt-get update -q; \
		$(SUDO) env DEBIAN_FRONTEND=noninteractive \
			apt-get install -q -y --no-install-recommends $$missing; \
		case " $$missing " in *" prometheus "*) \
			$(SUDO) systemctl disable -q --now prometheus 2>/dev/null || true ;; \
		esac; \
	fi

build: ## build with gcc into build/dev (the default); installs nothing
	@$(call configure,dev)
	@$(call compile,dev)
	@echo "built build/dev; 'make check' tests it, 'make demo' shows it, 'make help' lists the rest"

release: ## build an optimised build/release, without tests: a minute or two
	@$(call configure,release)
	@$(call compile,release)

check: deps ## the gate: all tests, lints, compilers and sanitizers (installs what is missing)
	@JOBS=$(JOBS) tests/check.sh

check-dev: build ## all tests of the gcc build
	@ctest --preset dev -j $(TESTS_AT_ONCE)

check-headers: build ## compile each header alone
	@jq -r '$(alone)' build/dev/compile_commands.json >build/dev/headers
	@[ "$$(wc -l <build/dev/headers)" -ge 100 ] || { echo "too few headers"; exit 1; }
	@xargs -P $(JOBS) -d '\n' -n 1 sh -c <build/dev/headers
	@echo "each of $$(wc -l <build/dev/headers) headers compiles alone"

check-clang: ## build with clang, and the address and undefined sanitizers
	@$(call configure,asan)
	@$(call compile,asan)

check-hashes: build check-clang ## the simulator ends the same: gcc and clang
	@sim/same_hashes.sh build/dev build/asan

check-asan: check-clang ## unit, property and simulation tests with those sanitizers
	@ctest --preset asan -j $(TESTS_AT_ONCE)

check-rest: build check-clang ## those tests of the gcc build that check-asan does not run
	@ctest --preset asan -N | sed -n 's/^ *Test *#[0-9]*: //p' >build/dev/elsewhere
	@[ "$$(wc -l <build/dev/elsewhere)" -ge 100 ] || { echo "too few tests elsewhere"; exit 1; }
	@ctest --preset dev -j $(TESTS_AT_ONCE) -E "^($$(paste -s -d '|' build/dev/elsewhere))$$"

check-tsan: ## the tests with threads under the thread sanitizer
	@$(call configure,tsan)
	@$(call make_target,tsan,tsan_tests)
	@ctest --preset tsan -j $(JOBS)

check-languages: build ## agents in all languages, AssemblyScript too (by npm; not in `make check`)
	@command -v npm >/dev/null || { \
		echo "npm is not installed; on Debian: apt install npm" >&2; exit 69; }
	@tests/e2e/languages.sh build/dev C++ Rust AssemblyScript

lint: build ## the rules of the tree: arrows, raw money, clocks, guards, names, lines
	@ctest --preset dev -L lint

shape: ## the tree in figures (SHAPE='--compare A B': two commits; '--help': all that it can do)
	@tests/lint/shape.py $(SHAPE)

tidy: check-clang ## clang-tidy, as .clang-tidy says (ANALYZER_NODES=225000 looks deeper)
	@printf '%s\n' $(TIDY_FILES) | grep -Fx "$$(jq -r '.[].file' \
		build/asan/compile_commands.json | sed "s|^$$PWD/||")" \
		| xargs -P $(JOBS) -n 4 clang-tidy -p build/asan --quiet \
		$(addprefix --extra-arg=,-Xclang -analyzer-config -Xclang max-nodes=$(ANALYZER_NODES)) \
		2> >(grep -v \
		-e 'warnings\? generated' -e 'Suppressed' -e 'Use -header-filter' >&2 || true)
	@echo "clang-tidy: clean"

cppcheck: build ## cppcheck, of what is built for use
	@mkdir -p build/cppcheck
	@cppcheck --project=build/dev/compile_commands.json --cppcheck-build-dir=build/cppcheck \
		-i tests \
		--enable=warning,performance,portability --inline-suppr --error-exitcode=1 --quiet \
		--library=tests/lint/cppcheck.cfg \
		--suppressions-list=tests/lint/cppcheck.suppress \
		-j $(JOBS)
	@echo "cppcheck: clean"

demo: deps ## both stories on real daemons, one site and a road of four (installs what is missing)
	@$(MAKE) demo-site demo-road

demo-site: build ## the story of one honest site, on a real daemon (KEEP=1 keeps its directory)
	@KEEP=$(KEEP) site/demo/demo.sh build/dev

demo-road: build ## the story of a road: four sites joined by links (KEEP=1 as above)
	@KEEP=$(KEEP) site/demo/road.sh build/dev

bench: release ## measure; prints what it found, whatever it is
	@$(call make_target,release,benches)
	@tests/bench/run.sh build/release

fuzz: ## each fuzz target for FUZZ_SECONDS (20)
	@$(call configure,fuzz)
	@$(call compile,fuzz)
	@for target in build/fuzz/fuzz/fuzz_*; do \
		name=$$(basename "$$target"); \
		echo "$$name: $(FUZZ_SECONDS) s"; \
		tests/fuzz/run.sh "$$target" "build/fuzz/corpus/$$name" \
			-max_total_time=$(FUZZ_SECONDS) -verbosity=0 -print_final_stats=1 || exit 1; \
	done

hostile: release ## what hostile guests get for their money, and who is kept waiting
	@$(call make_target,release,hostile)
	@tests/hostile/run.sh build/release

differential: release ## compare the engine with V8 and wabt on MODULES random modules from SEED on
	@$(call make_target,release,differential)
	@tests/differential/run.sh build/release $(MODULES) $(SEED) $(JOBS)

exact: build release ## the same to the last bit: engine and simulator, from -O0 to LTO
	@tests/engine/exact.sh build/dev all
	@$(call make_target,release,serai-sim)
	@$(call configure,debug)
	@$(call make_target,debug,serai-sim)
	@SEEDS=20 sim/same_hashes.sh build/dev build/debug build/release

spec: release ## the WebAssembly test suite of the folder WASM_TESTSUITE, in both tiers
	@test -n "$(WASM_TESTSUITE)" || { \
		echo "say where a copy of github.com/WebAssembly/testsuite is:" \
			"make spec WASM_TESTSUITE=dir"; exit 64; }
	@$(call make_target,release,spec)
	@tests/spec/spec.py build/release/tests/spec/spec "$(WASM_TESTSUITE)"

sim: build ## the simulator, without end (SEED=n, PROFILE=p or all, SEEDS=n of each and then stop)
	@build/dev/sim/serai-sim --profile $(PROFILE) --seed $(SEED) --seeds $(SEEDS) --jobs $(JOBS) \
		--steps 400 --shrink

cases: $(if $(CASES),build) ## try each CASES/*/run.sh on the program: right, WRONG or CANNOT
	@tests/cases.sh build/dev "$(CASES)"

mutants: ## plant deliberate faults in a copy of the tree, one by one, and see each caught
	@JOBS=$(JOBS) tests/mutants/run.sh build/mutants

models: ## the models of protocols within higher bounds than in `make check`; minutes
	@tests/models/link.sh deep
	@tests/models/adoption.sh deep

soak: build ## a writer for SOAK_WRITER_MINUTES (0), then all faults at random for SOAK_MINUTES (60)
	@test $(SOAK_WRITER_MINUTES) -eq 0 || \
		tests/e2e/disk_writer.sh build/dev $$((60 * $(SOAK_WRITER_MINUTES))) 64
	@end=$$((SECONDS + 60 * $(SOAK_MINUTES))); rounds=0; \
	while [ "$$SECONDS" -lt "$$end" ]; do \
		tests/e2e/hardship.sh build/dev 24; \
		tests/e2e/crash.sh build/dev 50; \
		CRASH_IMAGES=1000 CRASH_ROTS=500 build/dev/tests/store/test_crash_states; \
		PROPERTY_TURNS=200000 build/dev/tests/site/core/test_core_property; \
		rounds=$$((rounds + 1)); \
	done; echo "soak: $$rounds rounds passed"

format: ## lay out all C as .clang-format says
	@clang-format -i $(C_FILES)

format-check: ## fail when a file is laid out otherwise
	@clang-format --dry-run --Werror $(C_FILES)
	@echo "clang-format: clean"

deb: ## build the Debian package in build/deb (debhelper)
	@JOBS=$(JOBS) packaging/deb.sh build/deb || { $(blame); exit 1; }

deb-check: deb ## build it, and look at it: lintian, its files, its scripts, what it installs
	@tests/packaging/deb.sh build/deb

page-check: build ## the page in headless Chromium, with axe; pictures in build/page (npm, chromium)
	@chromium=$${CHROMIUM:-$$(command -v chromium || command -v chromium-browser || true)}; \
	[ -n "$$chromium" ] || { echo "chromium is not installed: apt-get install chromium" >&2; \
		exit 1; }; \
	command -v npm >/dev/null || { echo "npm is not installed" >&2; exit 1; }; \
	mkdir -p build/page && cp tests/page/package.json tests/page/package-lock.json build/page/ && \
	(cd build/page && npm ci --silent --no-audit --no-fund) && \
	CHROMIUM=$$chromium tests/page/page.sh build/dev build/page

install: release ## install under PREFIX (/usr/local); DESTDIR is honoured
	@cmake --install build/release --prefix $(abspath $(PREFIX))

clean: ## remove what was built
	@rm -rf build
