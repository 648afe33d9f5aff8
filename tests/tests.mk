# SPDX-License-Identifier: Apache-2.0
# What checks the tree: the tests, the lint, the demo.

lint-c    := $(shell find $(rooms) tests/unit tests/fuzz tests/bench tests/real tests/guest -name '*.[ch]' 2>/dev/null | sort -u)
lint-src  := $(filter %.c,$(filter-out tests/%,$(lint-c)))
lint-sh   := .ci/install-packages .ci/run $(shell find tests images docs -name '*.sh' 2>/dev/null)
lint-done := $(patsubst %.c,$(O)/lint/%.tidy,$(lint-src))

.PHONY: check check-full lint lint-quick format demo bench bench-programs real-gpu real-programs soak-wipe bench-wipe
check: programs unit replay boot-image bench-programs real-programs ## build all and run every test; T="unit qemu" picks
	$(PYTHON) tests/run.py $(O) $(T)

check-full: programs unit replay fuzzers boot-image bench-programs real-programs ## check, lint, every fuzzer for a minute, the demo; adds a line to tests/full-results.jsonl
	$(PYTHON) tests/full.py $(O) $(T)

demo: programs boot-image ## an emulated server, from a former tenant's disks to a new tenant's system
	$(PYTHON) tests/lab/demo.py --build $(O)

# Asks emulated drives what the models of drives are held against.
real-programs: $(O)/real/real-devices $(O)/real/vfio-device
$(O)/real/real-devices: $(patsubst tests/real/%.c,$(O)/tests/real/%.o,$(wildcard tests/real/*.c)) $(foreach r,agent/hw core,$(call archive-of,$(r)))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -o $@ -Wl,--start-group $^ -Wl,--end-group $(libs)

# What tests/qemu/test_vfio.py runs in its guest.
$(O)/real/vfio-device: $(O)/tests/guest/vfio.o $(foreach r,agent/hw core,$(call archive-of,$(r)))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -o $@ -Wl,--start-group $^ -Wl,--end-group $(libs)

# The step gpu, by hand, on a machine with GPUs.
real-gpu: $(O)/real/gpu-step ## the agent's step gpu as a program, for a machine with GPUs: docs/gpu.md
$(O)/real/gpu-step: $(O)/tests/guest/gpu.o $(O)/tests/fakes/step_job.o $(foreach r,$(filter-out agent,$(agent-rooms)),$(call archive-of,$(r)))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -o $@ -Wl,--start-group $^ -Wl,--end-group $(libs)

soak-wipe: programs boot-image ## cut the power of emulated machines in the wipe, CUTS=500 times; ARGS="--report" shows what has been done
	$(PYTHON) tests/soak/wipe.py $(O) --cuts $(or $(CUTS),500) $(ARGS)

bench-wipe: programs boot-image ## measure the wipe on emulated drives that are throttled; 5 min; docs/bench.md
	$(PYTHON) tests/bench/wiping.py $(O)

# What the bench measures with, besides the usual tools: the stages without their pipeline, and many clients.
bench-programs: $(O)/bench/stages $(O)/bench/clients
$(O)/bench/stages: $(addprefix $(O)/tests/bench/,stages.o stages_spent.o stages_write.o) $(foreach r,agent/pipeline agent/hw images core,$(call archive-of,$(r)))
$(O)/bench/clients: $(O)/tests/bench/clients.o
$(O)/bench/stages $(O)/bench/clients:
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(ldflags) -o $@ -Wl,--start-group $^ -Wl,--end-group $(libs)

bench: programs bench-programs boot-image ## measure against the machine's limits and the usual tools; root, 25 min; docs/bench.md
	$(PYTHON) tests/bench/bench.py $(O)

format: ## put the C files into the tree's layout
	@clang-format -i $(lint-c)

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

# Vendors' libraries as tests know them, to be opened at run time.
fakes-cuda := $(O)/fakes/cuda/libcuda.so.1 $(O)/fakes/cuda-without-events/libcuda.so.1
$(O)/fakes/cuda-without-events/libcuda.so.1: fake-flags := -DWITHOUT_EVENTS
$(fakes-cuda): tests/fakes/cuda/libcuda.c agent/gpu/cuda_spec.h agent/gpu/scrub_pattern.h $(KCONFIG_AUTOCONFIG) | $(packages-ok)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(cflags) -Wno-missing-prototypes -O2 -g -fPIC -fvisibility=hidden -shared $(fake-flags) -o $@ $<
$(O)/unit/test_scrub $(O)/unit/test_scrub_command: | $(fakes-cuda)
$(O)/unit/test_scrub: | $(O)/fakes/nvml-whole/libnvidia-ml.so.1

# Libraries with NVML's calls, for tests/unit/test_nvml*.c: one as it should be, one of an older version, one that is none.
nvml-fakes := $(foreach kind,whole old none,$(O)/fakes/nvml-$(kind)/libnvidia-ml.so.1)
$(O)/fakes/nvml-%/libnvidia-ml.so.1: $(wildcard tests/fakes/nvml/*.[ch]) tests/fakes/nvml/%.map agent/gpu/nvml_spec.h | $(packages-ok)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -std=gnu17 -D_GNU_SOURCE $(filter-out -Wmissing-prototypes,$(warnings)) -I. -O1 -g -fPIC -shared \
		-Wl,--version-script=tests/fakes/nvml/$*.map -Wl,-soname,$(@F) -o $@ $(filter %.c,$^)
$(O)/unit/test_nvml $(O)/unit/test_nvml_set: | $(nvml-fakes)
