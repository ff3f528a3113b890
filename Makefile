# partyline - `make help` lists what can be asked for.

MODE ?= plain
BUILD := build$(if $(filter-out plain,$(MODE)),/$(MODE))
CC := gcc
# make V=1 shows every command.
Q := $(if $(V),,@)

PKGS := sofia-sip-ua opus spandsp speexdsp sndfile sqlite3 libwebsockets jansson yaml-0.1 libcurl openssl libcares
WARN := -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
SAN_asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O1
SAN_tsan := -fsanitize=thread -O1
OPT_plain := -O2

# Libraries' headers are not ours to mend: -isystem keeps their warnings out.
PKG_CFLAGS = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PKGS) 2>/dev/null))
PKG_LIBS = $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm -lpthread
CFLAGS_ALL = -std=gnu11 -g $(OPT_$(MODE)) $(SAN_$(MODE)) $(WARN) -D_GNU_SOURCE -I. $(PKG_CFLAGS) $(CFLAGS)
LDFLAGS_ALL = $(SAN_$(MODE)) $(LDFLAGS)

MIXER := $(wildcard mixer/*.c)
SIP := $(wildcard sip/*.c)
DIALPLAN := $(wildcard dialplan/*.c)
BRIDGE := $(wildcard bridge/*.c)
CROWD := $(wildcard tools/crowd*.c)
PLANES := $(MIXER) $(SIP) $(DIALPLAN)
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

TESTS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))
FLOWS := $(patsubst tests/flow/%.c,$(BUILD)/tests/flow/%,$(wildcard tests/flow/flow_*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAYS := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
OTHERS := $(REPLAYS) $(addprefix $(BUILD)/tests/,bench/bench bench/bare bench/routes bench/strangers bench/talkoff rt/rt rt/guard.so rt/planted)
HARNESS := $(filter-out tests/flow/flow_%,$(wildcard tests/flow/*.c)) tools/crowd_tone.c

PROMPTS := $(BUILD)/prompts/en/.made
PROGRAMS := $(BUILD)/partylined $(BUILD)/partyctl $(BUILD)/crowd

.PHONY: all help run demo test unit flow asan tsan fuzz bench rt talkoff lint lint-flags format clean deps deps-test
all: $(PROGRAMS) $(PROMPTS)

help:
	@echo "make            build everything into build/"
	@echo "make run        install what is missing, build, start a demo bridge on loopback"
	@echo "make demo       the same, and callers who dial in, talk and are recorded"
	@echo "make test       install what is missing, build, run all tests"
	@echo "make asan tsan  the same tests under the sanitizers"
	@echo "make fuzz       a minute per wire reader (FUZZ_SECONDS=60)"
	@echo "make rt         ticks under watch: malloc, locks, files, sleeping end the run"
	@echo "make talkoff    hours of speech: how often it is taken for a key (TALKOFF_HOURS=10)"
	@echo "make bench      what a leg costs; compared with tests/bench/kept.json"
	@echo "make lint       clang-tidy, arrows between folders, lone headers, banned calls"
	@echo "make format     clang-format"

deps:
	@tools/deps
deps-test:
	@tools/deps test

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(if $(V),,@echo '  CC $<')
	$(Q)$(CC) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/prompts/%/.made: prompts/%.txt tools/prompts
	tools/prompts $< $(@D)

$(BUILD)/partylined: $(call objects,$(BRIDGE) $(PLANES))
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

$(BUILD)/partyctl: $(call objects,$(wildcard tools/partyctl*.c) bridge/config.c bridge/config_interfaces.c bridge/config_http.c bridge/x5u.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

$(BUILD)/crowd: $(call objects,$(CROWD) $(MIXER))
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)

# A test names what it links in its first lines: "links: mixer/rtp.c mixer/jbuf.c".
# The seal is held against the library that everybody else uses.
$(BUILD)/tests/test_seal: PKG_LIBS += -lsrtp2

links = $(shell sed -n 's/^.*links: *\(.*[^ ]\) *\*\/.*$$/\1/p' $(1) | head -n 1)
.SECONDEXPANSION:
$(BUILD)/tests/flow/flow_%: $(BUILD)/obj/tests/flow/flow_%.o $$(call objects,$$(HARNESS) $$(call links,tests/flow/flow_$$*.c))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcmocka $(PKG_LIBS)
$(BUILD)/tests/bench/bench: $(call objects,$(filter-out tests/bench/talkoff.c tests/bench/routes.c tests/bench/strangers.c tests/bench/bare.c,$(wildcard tests/bench/*.c)) $(HARNESS))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcmocka $(PKG_LIBS)
$(BUILD)/tests/bench/bare: $(call objects,tests/bench/bare.c)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^
$(BUILD)/tests/bench/routes: $(call objects,tests/bench/routes.c $(wildcard bridge/site*.c) bridge/dialling.c bridge/pattern.c bridge/zones.c bridge/yaml.c bridge/yaml_value.c bridge/why.c bridge/err.c bridge/config_interfaces.c bridge/headers.c $(DIALPLAN) sip/trunk.c sip/ere.c sip/err.c sip/reroute_chosen.c)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)
$(BUILD)/tests/bench/strangers: $(call objects,tests/bench/strangers.c $(SIP))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)
$(BUILD)/tests/bench/talkoff: $(call objects,tests/bench/talkoff.c tests/speech.c $(MIXER))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)
$(BUILD)/tests/rt/rt: $(call objects,tests/rt/rt.c tests/caller.c tests/rawsip.c $(HARNESS))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcmocka $(PKG_LIBS)
# -fno-builtin: what stands between a program and libc calls what it says, no more and no less.
$(BUILD)/tests/rt/guard.so: tests/rt/guard.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -fno-builtin -Wno-format-nonliteral -fPIC -shared -o $@ $<
$(BUILD)/tests/rt/planted: tests/rt/planted.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS_ALL) -fno-builtin -o $@ $< -lpthread
$(BUILD)/tests/test_%: $(BUILD)/obj/tests/test_%.o $$(call objects,$$(call links,tests/test_$$*.c))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ -lcmocka $(PKG_LIBS)
# The same targets by our own compiler, fed from files.
$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/obj/tests/fuzz/fuzz_%.o $(BUILD)/obj/tests/fuzz/replay.o $$(call objects,$$(call links,tests/fuzz/fuzz_$$*.c))
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(PKG_LIBS)
build/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $$(call links,tests/fuzz/fuzz_$$*.c)
	@mkdir -p $(@D)
	$(Q)clang -std=gnu11 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
		-D_GNU_SOURCE -I. $(PKG_CFLAGS) -o $@ $^ $(PKG_LIBS)

test: deps-test
	@$(MAKE) --no-print-directory -j2 all unit-build flow-build others-build
	@tests/run $(TESTS) $(FLOWS)
unit-build: $(TESTS)
flow-build: $(FLOWS)
# What no test runs must build all the same: nothing else would tell when it has rotted.
others-build: $(OTHERS)
unit: unit-build
	@tests/run $(TESTS)
flow: all flow-build
	@tests/run $(FLOWS)

asan tsan: deps-test
	@$(MAKE) --no-print-directory -j2 MODE=$@ all unit-build flow-build
	@$(MAKE) --no-print-directory MODE=$@ sanitized
sanitized:
	@tests/run $(TESTS) $(FLOWS)

fuzz: deps-test
	@$(MAKE) --no-print-directory -j2 $(FUZZERS)
	@tests/fuzz/run $(FUZZERS)

rt: deps-test
	@$(MAKE) --no-print-directory -j2 all build/tests/rt/rt build/tests/rt/guard.so build/tests/rt/planted
	@build/tests/rt/rt

talkoff: deps-test
	@$(MAKE) --no-print-directory -j2 build/tests/bench/talkoff
	@build/tests/bench/talkoff $(TALKOFF_HOURS)

bench: deps-test
	@$(MAKE) --no-print-directory -j2 all
	@tests/bench/run

run: deps
	@$(MAKE) --no-print-directory -j2 all
	@tools/demo run
demo: deps
	@$(MAKE) --no-print-directory -j2 all
	@tools/demo talk

lint: deps-test
	@tools/lint/all
lint-flags:
	@echo '-std=gnu11 -D_GNU_SOURCE -I. $(PKG_CFLAGS)'
format:
	@git ls-files '*.[ch]' | xargs clang-format -i
clean:
	rm -rf build

.SECONDARY:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
