# The two commands: `make run` and `make test`. Both install what is missing from Debian's packages, naming it first.
.PHONY: all run test fuzz bench bench-sign bench-hosting bench-replica bench-traffic install coverage format clean packages-%

SECONDS ?= 60
PASSES ?= 15
ARGS ?=
DESTDIR ?=
PREFIX ?= /usr/local

# A PREFIX that is given counts, whatever the folder was set up with.
all: build/plain/build.ninja
	$(if $(filter-out file,$(origin PREFIX)),@meson configure build/plain --prefix=$(PREFIX))
	ninja -C build/plain product

packages-%:
	@tools/install-packages $*

build/plain/build.ninja:
	@tools/install-packages build
	meson setup build/plain --prefix=$(PREFIX) >/dev/null

# Starts sekishod, a private Postfix and a DNS server on loopback, delivers sample messages, shows the verdicts.
run: packages-run
	@$(MAKE) --no-print-directory all >/dev/null
	@demo/run $(ARGS)

test: packages-test
	@tools/unpack-sendmail
	@tools/test

# make fuzz SECONDS=n: n seconds for each target.
fuzz: packages-fuzz
	@tools/fuzz $(SECONDS)

# make bench [ARGS=--quick]: against OpenDKIM+OpenDMARC, Rspamd and the floor, in one run.
bench: packages-bench build/plain/build.ninja
	@ninja -C build/plain >/dev/null
	@tests/bench/run.py $(ARGS)

# make bench-sign [PASSES=n]: what signing costs, beside its floor and beside libopendkim. A minute.
bench-sign: packages-bench build/plain/build.ninja
	@ninja -C build/plain tests/bench/make_corpus tests/bench/dkim_sign_bench >/dev/null
	@mkdir -p build/plain/sign-corpus && build/plain/tests/bench/make_corpus build/plain/sign-corpus 200 1
	@echo "load average at the start: $$(cut -d' ' -f1 /proc/loadavg)"
	@build/plain/tests/bench/dkim_sign_bench build/plain/sign-corpus $(PASSES)

# make bench-hosting [ARGS="100000 1000000"]: domains imported, a store of that size walked and followed. Two minutes.
bench-hosting: packages-bench build/plain/build.ninja
	@ninja -C build/plain tests/bench/hosting_bench >/dev/null
	@echo "load average at the start: $$(cut -d' ' -f1 /proc/loadavg)"
	@tests/bench/hosting.py build/plain $(ARGS)

# make bench-traffic [ARGS=1000000]: messages taken over and judged again, who fails, and a record of the journal. Ten minutes.
bench-traffic: packages-bench build/plain/build.ninja
	@ninja -C build/plain src/cli/sekisho tests/traffic_maker tests/bench/traffic_bench tests/bench/failing_bench tests/bench/journal_bench >/dev/null
	@echo "load average at the start: $$(cut -d' ' -f1 /proc/loadavg)"
	@tests/bench/traffic.py build/plain $(ARGS)

# make bench-replica [ARGS="1000000 4000000"]: the replica built, looked up in and followed, with so many domains. A minute.
bench-replica: packages-bench build/plain/build.ninja
	@ninja -C build/plain tests/bench/replica_bench >/dev/null
	@echo "load average at the start: $$(cut -d' ' -f1 /proc/loadavg)"
	@folder=$$(mktemp -d) && build/plain/tests/bench/replica_bench $$folder $(ARGS); rm -rf "$$folder"

coverage: packages-coverage
	[ -d build/coverage ] || meson setup build/coverage -Db_coverage=true >/dev/null
	ninja -C build/coverage >/dev/null && meson test -C build/coverage >/dev/null; ninja -C build/coverage coverage-text
	@cat build/coverage/meson-logs/coverage.txt

install: all
	DESTDIR=$(DESTDIR) meson install -C build/plain --no-rebuild

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

clean:
	rm -rf build _run
