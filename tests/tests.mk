# SPDX-License-Identifier: Apache-2.0
# What checks the tree: the tests, the lint, the demo.

lint-c    := $(shell find $(rooms) tests/unit tests/fuzz -maxdepth 1 -name '*.[ch]' 2>/dev/null | sort -u)
lint-src  := $(filter %.c,$(filter-out tests/%,$(lint-c)))
lint-sh   := .ci/install-packages .ci/run $(shell find tests images -name '*.sh' 2>/dev/null)
lint-done := $(patsubst %.c,$(O)/lint/%.tidy,$(lint-src))

.PHONY: check check-full lint lint-quick format demo
check: programs unit replay boot-image ## build all and run every test; T="unit qemu" picks
	$(PYTHON) tests/run.py $(O) $(T)

check-full: programs unit replay fuzzers boot-image ## check, lint, every fuzzer for a minute, the demo; adds a line to tests/full-results.jsonl
	$(PYTHON) tests/full.py $(O) $(T)

demo: programs boot-image ## an emulated server, from a former tenant's disks to a new tenant's system
	$(PYTHON) tests/lab/demo.py --build $(O)

format: ## put the C files into the tree's layout
	clang-format -i $(lint-c)

lint: lint-quick ## floors, layout, clang's warnings, cppcheck, clang-tidy, shellcheck, man pages
	@$(MAKE) --no-print-directory $(lint-done)
	@echo "clang-tidy: nothing found"

lint-quick: $(packages-ok) $(KCONFIG_AUTOCONFIG) ## the same without clang-tidy, in seconds
	$(PYTHON) tests/lint/floors.py
	@clang-format --dry-run -Werror $(lint-c)
	@echo "layout: in order"
	@cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --enable=warning,portability --library=posix,gnu \
		--suppressions-list=tests/lint/cppcheck.txt -j2 -I. --include=tests/lint/cppcheck.h --include=$(KCONFIG_AUTOHEADER) $(lint-src)
	@echo "cppcheck: nothing found"
	@shellcheck $(lint-sh) && echo "shellcheck: nothing found"
	@for page in docs/man/*; do groff -man -Tutf8 -wall -z $$page 2>&1 | sed "s,^,$$page: ,"; done | (! grep .) && echo "man pages: in order"

$(O)/lint/%.tidy: %.c .clang-tidy $(KCONFIG_AUTOCONFIG)
	@mkdir -p $(@D)
	@$(CLANG) $(cflags) -fsyntax-only $<
	@clang-tidy --quiet $< -- $(cflags) 2>/dev/null >$@.log || { cat $@.log; exit 1; }
	@rm -f $@.log; touch $@
