/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of an NVIDIA GPU's registers behind agent/gpu/bar0.h, written from docs/gpu-registers.md, not from agent/gpu's table: it says for itself at
 * which offsets a chip answers. It boots and scrubs its memory as time goes by, which is the model's own: pause() moves it. As vfio-pci does, opening and closing
 * reset it. One GPU at a time.
 */
#ifndef TESTS_FAKES_BAR0_MODEL_H
#define TESTS_FAKES_BAR0_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

/* A chip. Registers at 0: it has none. */
struct bar0_chip {
	const char *name;
	uint32_t boot0, boot42;
	uint32_t boot, booted; /* register, and its value when booted */
	uint32_t scrub;
	uint32_t cc;
	unsigned shut_ms; /* after a reset all registers read as all ones, as Blackwell's do */
};

/* TU104 (T4), GA100 (A100), AD102 (L40S), GH100 (H100), GB100 (B200), GB202 (RTX PRO 6000), and at the end one without a name. */
extern const struct bar0_chip bar0_chips[];

enum bar0_fault {
	BAR0_NO_FAULT,
	BAR0_NEVER_OPENS, /* all ones for ever */
	BAR0_SHUT,        /* 0xbadf0200 for ever: its firmware has shut its registers */
	BAR0_NEVER_BOOTS,
	BAR0_BOOT_SHUT, /* the boot register cannot be read */
	BAR0_SCRUB_NEVER_ENDS,
	BAR0_FALLS_OFF,      /* all ones, once it is booted */
	BAR0_SCRUB_FLIPS,    /* the scrub register has another value with every read */
	BAR0_IDENTITY_FLIPS, /* so has the identification */
	BAR0_OTHER_BOOT42,   /* the two identifications name different architectures */
	BAR0_RECOVERY,       /* its identification is 0 */
	BAR0_ECC_SHUT,
	BAR0_CANNOT_OPEN, /* this machine lets nobody map it: -ENOTSUP */
	BAR0_CANNOT_RESET,
	BAR0_CANNOT_CLOSE, /* its former driver does not come back */
};

struct bar0_state {
	unsigned boot_ms, scrub_ms; /* from a reset; the scrub begins when it has booted */
	uint32_t cc;                /* of its register */
	bool ecc;
};

/* Puts the model in place, reset just now. */
void bar0_model_start(const struct bar0_chip *chip, enum bar0_fault fault, const struct bar0_state *state);
void bar0_model_stop(void);

unsigned bar0_model_resets(void);    /* by the kernel */
unsigned bar0_model_open(void);      /* how many are open now */
uint64_t bar0_model_now_ms(void);    /* since the start */
unsigned bar0_model_strangers(void); /* reads of registers that the chip has not */

#endif
