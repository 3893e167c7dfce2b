# Gantry's commands. `make help` lists them; what is longer than a line lives in scripts/.
#
# The release build takes --static-swift-stdlib: gantryd then needs no Swift on the machine it runs on, and gantry and
# gantry-shim become fully static. The debug build, which the tests use, does not need it.

SWIFT ?= swift
# With Debian's python3-grpcio, which the rows against containerd's snapshotters need.
PYTHON ?= python3
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
RELEASE = .build/release
# What `swift test` is told, for example TEST_FLAGS='--filter GantryWireTests' or '--no-parallel'.
TEST_FLAGS ?=
# How long `make fuzz` runs, for each target.
SECONDS ?= 60
# The rows that `make bench` measures, by the beginning of their name, separated by commas; all when empty.
ONLY ?=

.DEFAULT_GOAL := help
.PHONY: help deps build run test test-vm bench check fuzz install clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

deps: ## install the Debian packages that building, testing and measuring need (root)
	@scripts/deps

build: ## gantryd, gantry and gantry-shim in .build/release
	@scripts/deps build
	$(SWIFT) build -c release --static-swift-stdlib

run: ## build all, start a daemon of its own, load an image, run a container, stop (root)
	@scripts/deps build run
	$(SWIFT) build -c release --static-swift-stdlib
	@scripts/run $(RELEASE)

test: ## build and run the whole test suite (root)
	@scripts/deps build run test
	$(SWIFT) build --build-tests
	@SWIFT='$(SWIFT)' scripts/test $(TEST_FLAGS)

test-vm: ## the tests that want kernel 6.1, systemd and unified cgroups, in an emulated machine (root)
	@scripts/deps build run vm
	$(SWIFT) build --build-tests
	$(SWIFT) build -c release --static-swift-stdlib
	@scripts/test-vm $(TEST_FLAGS)

bench: ## measure against the other engines: make bench [ONLY=run,import] (root)
	@scripts/deps build run bench
	$(SWIFT) build -c release --static-swift-stdlib
	@$(PYTHON) bench/bench.py --programs $(RELEASE) --out .build/bench.json $(if $(ONLY),--only $(ONLY))

check: ## formatting, and no warning in our own sources
	@scripts/check

fuzz: ## feed the parsers with random input: make fuzz [SECONDS=60]
	@fuzz/run.sh $(SECONDS)

install: ## make install [PREFIX=/usr/local] [DESTDIR=] [SYSCONFDIR=/etc], after make build
	@test -x $(RELEASE)/gantryd || { echo "install: nothing is built; run 'make build' first" >&2; exit 1; }
	install -D -m 0755 -s $(RELEASE)/gantry $(DESTDIR)$(PREFIX)/bin/gantry
	install -D -m 0755 -s $(RELEASE)/gantryd $(DESTDIR)$(PREFIX)/bin/gantryd
	install -D -m 0755 -s $(RELEASE)/gantry-shim $(DESTDIR)$(PREFIX)/libexec/gantry/gantry-shim
	install -D -m 0755 -s $(RELEASE)/gantry-conformance $(DESTDIR)$(PREFIX)/libexec/gantry/gantry-conformance
	install -D -m 0644 config/gantry.toml $(DESTDIR)$(PREFIX)/share/gantry/gantry.toml
	install -D -m 0644 -t '$(DESTDIR)$(PREFIX)/share/gantry/hosts.example/registry.example.org:5000' \
		'config/hosts.example/registry.example.org:5000/host.toml'
	@# A configuration that somebody may have edited is never overwritten.
	test -e $(DESTDIR)$(SYSCONFDIR)/gantry/gantry.toml || \
		install -D -m 0644 config/gantry.toml $(DESTDIR)$(SYSCONFDIR)/gantry/gantry.toml

clean: ## remove what was built, but not the cached images
	$(SWIFT) package clean
