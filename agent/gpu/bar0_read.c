/* SPDX-License-Identifier: Apache-2.0 */
/* Reading registers, and believing them: what counts is read twice. */
#include "agent/gpu/bar0.h"

#define BOOT_0  0x000 /* NV_PMC_BOOT_0: architecture in bits 28:24, and bit 8 above them */
#define BOOT_42 0xa00 /* NV_PMC_BOOT_42: architecture in bits 29:24 */
#define ECC     0x9a0470

#define ANSWER_MS  20000 /* Blackwell keeps its registers shut for up to 15 s after a reset */
#define POLL_MS    100
#define CONFIRM_MS 20

/* The GPU's own bus puts this into the upper half where a register cannot be read: it is not powered, or not for us. */
static bool is_shut(uint32_t value)
{
	return value >> 16 == 0xbadf || value >> 16 == 0xbad0;
}

static uint32_t get(const struct bar0_gpu *gpu, uint32_t offset)
{
	return bar0_access()->read(gpu->bar, offset);
}

static unsigned waited_ms(uint64_t begun)
{
	return (unsigned)((bar0_access()->now_ns() - begun) / 1000000);
}

/* The same value twice. */
static int get_twice(const struct bar0_gpu *gpu, uint32_t offset, const char *what, uint32_t *ret,
		     struct err *err)
{
	uint32_t first = get(gpu, offset), second;

	bar0_access()->pause(CONFIRM_MS);
	second = get(gpu, offset);
	if (first == BAR0_ONES || second == BAR0_ONES)
		return err_set(err, ENODEV, "its %s (0x%x) reads as all ones: it has fallen off the bus",
			       what, offset);
	if (is_shut(first) || is_shut(second))
		return err_set(err, EIO, "its %s (0x%x) cannot be read: 0x%08x", what, offset,
			       is_shut(first) ? first : second);
	if (first != second)
		return err_set(
			err, EIO,
			"its %s (0x%x) reads as 0x%08x and then as 0x%08x: the card or its slot is at fault",
			what, offset, first, second);
	*ret = first;
	return 0;
}

static unsigned arch_of_boot0(uint32_t boot0)
{
	return (boot0 >> 24 & 0x1f) | (boot0 >> 8 & 1) << 5;
}

static unsigned arch_of_boot42(uint32_t boot42)
{
	return boot42 >> 24 & 0x3f;
}

static int wait_for_answer(const struct bar0_gpu *gpu, struct err *err)
{
	uint64_t begun = bar0_access()->now_ns();
	uint32_t boot0;

	for (;;) {
		boot0 = get(gpu, BOOT_0);
		if (boot0 != BAR0_ONES && !is_shut(boot0))
			return 0;
		if (waited_ms(begun) >= ANSWER_MS)
			break;
		bar0_access()->pause(POLL_MS);
	}
	if (boot0 == BAR0_ONES)
		return err_set(err, ENODEV,
			       "its registers read as all ones for %d s: it has fallen off the bus",
			       ANSWER_MS / 1000);
	return err_set(err, EIO, "its registers cannot be read (0x%08x): its firmware has shut them", boot0);
}

static int identify(struct bar0_gpu *gpu, struct err *err)
{
	uint32_t boot42;
	int r = wait_for_answer(gpu, err);

	if (!r)
		r = get_twice(gpu, BOOT_0, "identification", &gpu->boot0, err);
	if (r < 0)
		return r;
	if (!gpu->boot0)
		return err_set(
			err, EIO,
			"its identification reads as 0: its firmware has not started, or is in recovery");
	gpu->arch = bar0_arch_by_code(arch_of_boot0(gpu->boot0));
	if (!gpu->arch)
		return 0;
	r = get_twice(gpu, BOOT_42, "second identification", &boot42, err);
	if (r < 0)
		return r;
	if (arch_of_boot42(boot42) == gpu->arch->code)
		return 0;
	return err_set(err, EIO, "its two identifications contradict each other: 0x%08x and 0x%08x",
		       gpu->boot0, boot42);
}

int bar0_open(const char *root, const char *address, struct bar0_gpu *ret, struct err *err)
{
	struct bar0_gpu gpu = {0};
	struct err none;
	int r = bar0_access()->open(root, address, &gpu.bar, err);

	if (r < 0)
		return r;
	r = identify(&gpu, err);
	if (r < 0) {
		(void)!bar0_close(&gpu, &none);
		return err_prepend(err, "%s", address);
	}
	*ret = gpu;
	return 0;
}

int bar0_close(struct bar0_gpu *gpu, struct err *err)
{
	void *bar = gpu->bar;

	gpu->bar = NULL;
	return bar0_access()->close(bar, err);
}

static int too_late(const char *what, uint32_t offset, uint32_t wanted, uint32_t value, bool was_there,
		    unsigned ms, struct err *err)
{
	if (value == BAR0_ONES)
		return err_set(err, ENODEV,
			       "its %s register (0x%x) reads as all ones: it has fallen off the bus", what,
			       offset);
	if (was_there)
		return err_set(err, EIO,
			       "its %s register (0x%x) reads as 0x%x and then as 0x%x, for %u s: the card is "
			       "at fault",
			       what, offset, wanted, value, ms / 1000);
	return err_set(err, ETIMEDOUT,
		       "its %s has not ended after %u s: register 0x%x reads as 0x%08x, not 0x%x", what,
		       ms / 1000, offset, value, wanted);
}

/* Until the register has that value twice, one soon after the other. */
static int wait_for(const struct bar0_gpu *gpu, const char *what, uint32_t offset, uint32_t wanted,
		    unsigned limit_ms, struct err *err)
{
	uint64_t begun = bar0_access()->now_ns();
	bool was_there = false;
	uint32_t value;

	for (;;) {
		value = get(gpu, offset);
		if (value == wanted) {
			bar0_access()->pause(CONFIRM_MS);
			value = get(gpu, offset);
			if (value == wanted)
				return 0;
			was_there = true;
		}
		if (waited_ms(begun) >= limit_ms)
			return too_late(what, offset, wanted, value, was_there, limit_ms, err);
		bar0_access()->pause(POLL_MS);
	}
}

int bar0_wait_boot(const struct bar0_gpu *gpu, struct err *err)
{
	return wait_for(gpu, "boot", gpu->arch->boot, gpu->arch->booted, gpu->arch->boot_ms, err);
}

int bar0_wait_scrub(const struct bar0_gpu *gpu, struct err *err)
{
	return wait_for(gpu, "memory scrub", gpu->arch->scrub, 1, gpu->arch->scrub_ms, err);
}

int bar0_confidential(const struct bar0_gpu *gpu, const char **ret, struct err *err)
{
	static const char *const modes[] = {"off", "on", "invalid", "devtools"};
	uint32_t value;
	int r;

	if (!gpu->arch->cc) {
		*ret = NULL;
		return 0;
	}
	r = get_twice(gpu, gpu->arch->cc, "confidential-computing register", &value, err);
	if (!r)
		*ret = modes[value & 3];
	return r;
}

int bar0_ecc(const struct bar0_gpu *gpu, bool *ret, struct err *err)
{
	uint32_t value;
	int r = get_twice(gpu, ECC, "ECC register", &value, err);

	if (!r)
		*ret = value & 1;
	return r;
}
