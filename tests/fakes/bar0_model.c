/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/bar0_model.h"

#include <stdlib.h>
#include <string.h>

#include "agent/gpu/bar0.h"

#define ECC 0x9a0470

const struct bar0_chip bar0_chips[] = {
	{"Turing", 0x164000a1, 0x16401000, 0x118234, 0x3ff, 0x100b20, 0, 0},
	{"Ampere", 0x170000a1, 0x17001000, 0x118234, 0x3ff, 0x100b20, 0, 0},
	{"Ampere", 0xb77000a1, 0x17701000, 0x118234, 0x3ff, 0x100b20, 0,
	 0}, /* GA107 (A16): bits that are none of the architecture's */
	{"Ada", 0x192000a1, 0x19201000, 0x118234, 0x3ff, 0x100b20, 0, 0},
	{"Hopper", 0x180000a1, 0x18001000, 0x0200bc, 0xff, 0x100b20, 0x1182cc, 0},
	{"Blackwell", 0x1a0000a1, 0x1a001000, 0x0200bc, 0xff, 0x8a004c, 0x590, 4000},
	{"Blackwell", 0x1b2000a1, 0x1b201000, 0xad00bc, 0xff, 0x8a004c, 0x590, 12000},
	{NULL, 0x1d0000a1, 0x1d001000, 0x123450, 0x77, 0, 0, 0}, /* one that is yet to come */
};

static struct {
	struct bar0_chip chip;
	enum bar0_fault fault;
	struct bar0_state state;
	uint64_t now_ms, reset_ms;
	unsigned resets, open, strangers, reads;
} model;

static uint64_t since_reset(void)
{
	return model.now_ms - model.reset_ms;
}

static bool is_booted(void)
{
	return model.fault != BAR0_NEVER_BOOTS && since_reset() >= model.state.boot_ms;
}

static bool is_scrubbed(void)
{
	return is_booted() && model.fault != BAR0_SCRUB_NEVER_ENDS &&
	       since_reset() >= model.state.boot_ms + model.state.scrub_ms;
}

/* What the whole GPU reads as, whatever the register; false: it answers. */
static bool is_mute(uint32_t *ret)
{
	*ret = BAR0_ONES;
	if (model.fault == BAR0_NEVER_OPENS || since_reset() < model.chip.shut_ms ||
	    (model.fault == BAR0_FALLS_OFF && is_booted()))
		return true;
	*ret = 0xbadf0200;
	return model.fault == BAR0_SHUT;
}

static uint32_t identity(void)
{
	if (model.fault == BAR0_RECOVERY)
		return 0;
	return model.fault == BAR0_IDENTITY_FLIPS && model.reads % 2 ? model.chip.boot0 ^ 0x40
								     : model.chip.boot0;
}

static uint32_t boot_register(void)
{
	if (model.fault == BAR0_BOOT_SHUT)
		return 0xbadf5040;
	return is_booted() ? model.chip.booted : model.chip.booted >> 2;
}

static uint32_t scrub_register(void)
{
	return model.fault == BAR0_SCRUB_FLIPS ? model.reads % 2 : is_scrubbed();
}

static uint32_t on_read(void *bar, uint32_t offset)
{
	const struct bar0_chip *c = &model.chip;
	uint32_t mute;

	(void)bar;
	model.reads++;
	if (is_mute(&mute))
		return mute;
	if (offset == 0)
		return identity();
	if (offset == 0xa00)
		return model.fault == BAR0_OTHER_BOOT42 ? c->boot42 ^ 0x01000000 : c->boot42;
	if (c->boot && offset == c->boot)
		return boot_register();
	if (c->scrub && offset == c->scrub)
		return scrub_register();
	if (c->cc && offset == c->cc)
		return model.state.cc;
	if (offset == ECC && c->scrub)
		return model.fault == BAR0_ECC_SHUT || (model.state.cc & 3) == 1 ? 0xbadf5720
										 : 0x80u | model.state.ecc;
	model.strangers++;
	return 0xbadf1100;
}

static void reset(void)
{
	model.reset_ms = model.now_ms;
}

static int on_open(const char *root, const char *address, void **ret, struct err *err)
{
	(void)root;
	if (model.fault == BAR0_CANNOT_OPEN)
		return err_set(err, ENOTSUP, "%s: no IOMMU covers it", address);
	reset();
	model.open++;
	*ret = &model;
	return 0;
}

static int on_close(void *bar, struct err *err)
{
	if (bar != &model || !model.open)
		abort();
	reset();
	model.open--;
	return model.fault == BAR0_CANNOT_CLOSE ? err_set(err, EIO, "the driver nouveau did not come to it")
						: 0;
}

static int on_reset(const char *root, const char *address, struct pci_reset *ret, struct err *err)
{
	(void)root;
	if (model.open)
		abort(); /* nobody's hand may be on it */
	if (model.fault == BAR0_CANNOT_RESET)
		return err_set(err, ENOTSUP, "%s: the kernel offers no reset", address);
	reset();
	model.resets++;
	*ret = (struct pci_reset){.method = "flr", .seconds = 0.2};
	return 0;
}

static void on_pause(unsigned ms)
{
	model.now_ms += ms;
}

static uint64_t now_ns(void)
{
	return model.now_ms * 1000000;
}

void bar0_model_start(const struct bar0_chip *chip, enum bar0_fault fault, const struct bar0_state *state)
{
	static const struct bar0_access access = {on_open, on_read, on_close, on_reset, on_pause, now_ns};

	memset(&model, 0, sizeof(model));
	model.chip = *chip;
	model.fault = fault;
	model.state = *state;
	bar0_access_replace(&access);
}

void bar0_model_stop(void)
{
	bar0_access_replace(NULL);
}

unsigned bar0_model_resets(void)
{
	return model.resets;
}

unsigned bar0_model_open(void)
{
	return model.open;
}

uint64_t bar0_model_now_ms(void)
{
	return model.now_ms;
}

unsigned bar0_model_strangers(void)
{
	return model.strangers;
}
