/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking the firmware to clear the TPM at the next boot (TCG PC Client Physical Presence Interface 1.30), through the kernel's
 * /sys/class/tpm/tpm0/ppi. What comes of it the firmware tells after the boot.
 */
#ifndef AGENT_HW_PPI_H
#define AGENT_HW_PPI_H

#include <stdbool.h>

#include "core/err.h"

enum ppi_clear {
	PPI_NONE,    /* this firmware does not offer it, or blocks it for operating systems */
	PPI_BY_USER, /* somebody at the console must say yes */
	PPI_ALONE,   /* the firmware does it by itself */
};

/* `root` as in block.h. */
enum ppi_clear ppi_clear_offered(const char *root);
/* -ENOTSUP where it is not offered, and where the firmware wants the power switched off, which no machine can do for itself and come back. */
int ppi_clear_request(const char *root, struct err *err) _must_check_;
/* The operation that the firmware has been asked for and has not begun, by whomever; 0: none. */
unsigned ppi_pending(const char *root);
/* What the firmware said to the last request, in words; malloc'd. */
char *ppi_response(const char *root) _must_check_;

#endif
