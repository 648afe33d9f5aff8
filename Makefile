# SPDX-License-Identifier: Apache-2.0
# remint: one Makefile. Each room's Kbuild names its files; the configuration picks among them.
# `make help` says what there is to make.

MAKEFLAGS += --no-builtin-rules
# As many jobs as there are CPUs, unless told otherwise.
ifeq ($(findstring j,$(firstword -$(MAKEFLAGS)))$(findstring -j,$(MAKEFLAGS)),)
MAKEFLAGS += --jobs=$(shell nproc)
endif
.SUFFIXES:
.DEFAULT_GOAL := all

O       ?= build
prefix  ?= /usr/local
DESTDIR ?=
VERSION := 0.1.0

CC      := gcc
CLANG   := clang
AR      := gcc-ar
PYTHON  := /usr/bin/python3

# V=1 shows whole commands.
Q       := $(if $(V),,@)
say      = $(if $(V),,@echo "  $(1) $(patsubst $(O)/%,%,$(2))")

# A packages check before anything that needs a compiler or a library.
packages-ok := $(O)/.packages

# ---- configuration ------------------------------------------------------------------------------

export KCONFIG_CONFIG     := $(abspath $(O))/.config
export KCONFIG_AUTOCONFIG := $(abspath $(O))/auto.conf
export KCONFIG_AUTOHEADER := $(abspath $(O))/autoconf.h
export KCONFIG_TRISTATE   := $(abspath $(O))/tristate.conf
kconfig-files := Kconfig images/boot/Kconfig

# Including what is made first makes it: the packages, then the configuration, and make starts anew.
no-config-goals := help clean menuconfig defconfig savedefconfig packages
ifneq ($(filter-out $(no-config-goals),$(or $(MAKECMDGOALS),all)),)
-include $(packages-ok)
-include $(KCONFIG_AUTOCONFIG)
endif

$(packages-ok): .ci/install-packages
	@.ci/install-packages
	@mkdir -p $(@D) && touch $@

$(KCONFIG_CONFIG): | $(packages-ok)
	@mkdir -p $(@D)
	@kconfig-conf --alldefconfig Kconfig >/dev/null

$(KCONFIG_AUTOCONFIG): $(KCONFIG_CONFIG) $(kconfig-files)
	@mkdir -p $(@D)/include/config $(@D)/include/generated
	@cp $(KCONFIG_CONFIG) $(KCONFIG_CONFIG).in && kconfig-conf --olddefconfig Kconfig >/dev/null
	@cd $(@D) && srctree=$(CURDIR) && export srctree && kconfig-conf --silentoldconfig $(CURDIR)/Kconfig >/dev/null
	@rm -f $(KCONFIG_CONFIG).in; touch $@

# ---- rooms --------------------------------------------------------------------------------------

rooms := core protocol images images/boot images/store efi redfish agent/hw agent/pipeline agent/wipe agent/gpu agent/overlay agent/steps agent station cli tests/fakes

define room-objects
obj-y :=
-include $(1)/Kbuild
objs-$(1) := $$(addprefix $(1)/,$$(sort $$(obj-y)))
endef
$(foreach r,$(rooms),$(eval $(call room-objects,$(r))))

archive-of = $(O)/$(subst /,-,$(1)).a
san-archive-of = $(O)/san/$(subst /,-,$(1)).a

pkgs := tss2-esys tss2-mu liburing libcurl jansson libcrypto libzstd blkid fdisk efivar efiboot libmnl libkmod libmicrohttpd gnutls sqlite3 cmocka
lib-cflags := $(shell pkg-config --cflags $(pkgs) 2>/dev/null)
# libarchive is linked statically with only the formats in use: its shared form brings libxml2 and ICU.
archive-libs := -l:libarchive.a -lz -llzma -lbz2 -llz4 -lzstd -lxml2 -lnettle -lacl
libs := $(shell pkg-config --libs $(pkgs) 2>/dev/null | sed 's/-lcmocka//') $(archive-libs) -lpthread -lm

CFLAGS   ?= -O2 -g
warnings := -Wall -Wextra -Wvla -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wno-missing-field-initializers -Werror
cflags   := -std=gnu17 -D_GNU_SOURCE -DREMINT_VERSION='"$(VERSION)"' $(warnings) -I. $(lib-cflags) \
	    -include core/kconfig.h -include $(KCONFIG_AUTOHEADER) -fPIE -ffunction-sections -fdata-sections -fstack-protector-strong \
	    -ffile-prefix-map=$(CURDIR)=. -ffile-prefix-map=$(abspath $(O))=build
hardened := -D_FORTIFY_SOURCE=2
ldflags  := -pie -Wl,--gc-sections -Wl,--as-needed -Wl,-z,relro,-z,now -Wl,--build-id=sha1
sanflags := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g

$(O)/%.o: %.c $(KCONFIG_AUTOCONFIG) | $(packages-ok)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(cflags) $(hardened) $(CFLAGS) -MMD -MP -c $< -o $@

$(O)/san/%.o: %.c $(KCONFIG_AUTOCONFIG) | $(packages-ok)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(cflags) $(sanflags) -MMD -MP -c $< -o $@

$(O)/fuzz/%.o: %.c $(KCONFIG_AUTOCONFIG) | $(packages-ok)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CLANG) $(cflags) -Wno-unknown-warning-option -fsanitize=fuzzer-no-link,address,undefined -O1 -g -MMD -MP -c $< -o $@

# q, because files of different folders of a room may have one name.
define room-archive
$(call archive-of,$(1)): $$(addprefix $(O)/,$(objs-$(1)))
	@rm -f $$@
	$(Q)$(AR) qcsD $$@ $$^
$(call san-archive-of,$(1)): $$(addprefix $(O)/san/,$(objs-$(1)))
	@rm -f $$@
	$(Q)$(AR) qcsD $$@ $$^
$(O)/fuzz/$(subst /,-,$(1)).a: $$(addprefix $(O)/fuzz/,$(objs-$(1)))
	@rm -f $$@
	$(Q)$(AR) qcsD $$@ $$^
endef
$(foreach r,$(rooms),$(eval $(call room-archive,$(r))))

# ---- programs: a main file each, linked with the rooms at or below its floor ----------------------

agent-rooms  := agent agent/steps agent/overlay agent/wipe agent/gpu agent/pipeline agent/hw efi images/boot images protocol core
cli-rooms    := cli $(if $(CONFIG_STATION),station) redfish images/boot images/store agent/pipeline agent/wipe agent/gpu agent/hw efi images protocol core
mkboot-rooms := images/boot core

programs := $(O)/remint-agent $(O)/remint $(O)/remint-mkboot

$(O)/remint-agent: $(O)/agent/main.o $(foreach r,$(agent-rooms),$(call archive-of,$(r)))
$(O)/remint: $(O)/cli/main.o $(foreach r,$(cli-rooms),$(call archive-of,$(r)))
$(O)/remint-mkboot: $(O)/images/boot/mkboot_main.o $(foreach r,$(mkboot-rooms),$(call archive-of,$(r)))
$(programs):
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -o $@ -Wl,--start-group $^ -Wl,--end-group $(libs)

.PHONY: all
all: $(programs) ## build the programs
programs: $(programs)
.PHONY: programs

# ---- unit tests and fuzzers: the first lines of a file name the rooms that it is linked with -------

rooms-named-in = $(shell sed -n 's,^/\* rooms: \(.*\) \*/$$,\1,p' $(1) 2>/dev/null)
# A second line may name functions whose calls the test takes over: "wraps: pwrite" calls __wrap_pwrite() in the test.
wraps-named-in = $(patsubst %,-Wl$(comma)--wrap=%,$(shell sed -n 's,^/\* wraps: \(.*\) \*/$$,\1,p' $(1) 2>/dev/null))
comma := ,
unit-tests := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
fuzzers    := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))

define unit-test
$(O)/unit/$(1): $(O)/san/tests/unit/$(1).o $(foreach r,$(call rooms-named-in,tests/unit/$(1).c),$(call san-archive-of,$(r)))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$(Q)$(CC) -pie $(sanflags) -Wl,--as-needed $(call wraps-named-in,tests/unit/$(1).c) -o $$@ -Wl,--start-group $$^ -Wl,--end-group \
		$(libs) -lcmocka
endef
$(foreach t,$(unit-tests),$(eval $(call unit-test,$(t))))

define fuzzer
$(O)/replay/$(1): $(O)/san/tests/fuzz/$(1).o $(O)/san/tests/fuzz/replay.o $(foreach r,$(call rooms-named-in,tests/fuzz/$(1).c),$(call san-archive-of,$(r)))
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$(Q)$(CC) -pie $(sanflags) -Wl,--as-needed -o $$@ -Wl,--start-group $$^ -Wl,--end-group $(libs)
$(O)/fuzzers/$(1): $(O)/fuzz/tests/fuzz/$(1).o $(foreach r,$(call rooms-named-in,tests/fuzz/$(1).c),$(O)/fuzz/$(subst /,-,$(r)).a)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$(Q)$(CLANG) -fsanitize=fuzzer,address,undefined -Wl,--as-needed -o $$@ -Wl,--start-group $$^ -Wl,--end-group $(libs)
endef
$(foreach f,$(fuzzers),$(eval $(call fuzzer,$(f))))

.PHONY: unit replay fuzzers
unit: $(addprefix $(O)/unit/,$(unit-tests)) ## build the unit tests, with the address and undefined-behaviour sanitizers
replay: $(addprefix $(O)/replay/,$(fuzzers)) ## build what replays the fuzzers' corpora
fuzzers: $(addprefix $(O)/fuzzers/,$(fuzzers)) ## build the fuzzers (clang, libFuzzer)

-include $(shell find $(O) -type f -name '*.d' 2>/dev/null)

include images/boot/boot.mk tests/tests.mk

# ---- the rest -------------------------------------------------------------------------------------

libexec := $(prefix)/libexec/remint
install: all boot-image ## install under DESTDIR and prefix: program, agent's boot image, lab, man pages, documents
	install -d $(addprefix $(DESTDIR)$(prefix)/,bin lib/remint/boot share/man/man1 share/man/man8 share/doc/remint/docs) $(DESTDIR)$(libexec)
	install -m 755 $(O)/remint $(DESTDIR)$(prefix)/bin/remint
	install -m 644 $(O)/boot/vmlinuz $(O)/boot/generic.img $(O)/boot/manifest.txt $(DESTDIR)$(prefix)/lib/remint/boot/
	rm -rf $(DESTDIR)$(libexec)/lab
	cp -r --no-preserve=ownership tests/lab $(DESTDIR)$(libexec)/lab
	find $(DESTDIR)$(libexec) -name __pycache__ -prune -exec rm -rf {} +
	install -m 644 $(wildcard docs/man/*.1) $(DESTDIR)$(prefix)/share/man/man1/
	install -m 644 $(wildcard docs/man/*.8) $(DESTDIR)$(prefix)/share/man/man8/
	install -m 644 README.md LICENSE $(DESTDIR)$(prefix)/share/doc/remint/
	install -m 644 docs/*.md docs/*.json docs/*.conf docs/*.sh $(DESTDIR)$(prefix)/share/doc/remint/docs/

.PHONY: help menuconfig defconfig savedefconfig packages clean install
help: ## this text
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | sort | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'
	@echo; echo "  O=DIR builds there instead of in build/"

menuconfig: $(packages-ok) ## choose what is built in
	@mkdir -p $(O) && kconfig-mconf Kconfig
defconfig: $(packages-ok) ## the default configuration
	@mkdir -p $(O) && kconfig-conf --alldefconfig Kconfig
savedefconfig: $(packages-ok) ## write what differs from the defaults to ./defconfig
	@kconfig-conf --savedefconfig=defconfig Kconfig
packages: ## install the Debian packages that all this needs
	@.ci/install-packages

clean: ## remove what was built
	rm -rf $(O)
