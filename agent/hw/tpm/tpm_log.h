/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's log of what it measured, as the kernel keeps it. */
#ifndef AGENT_HW_TPM_LOG_H
#define AGENT_HW_TPM_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* Mounts securityfs where that has not been done. *ret is malloc'd. -ENOENT: this firmware has left none; -EFBIG: more than `limit` bytes. */
int tpm_log_read(const char *root, size_t limit, uint8_t **ret, size_t *ret_len,
		 struct err *err) _must_check_;

#endif
