/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of this boot, and the record that it signs. The key never leaves the machine's memory: nobody can sign another record with it
 * later, and nobody vouches for it either. docs/standalone.md, "The record"
 */
#ifndef AGENT_ALONE_SEAL_H
#define AGENT_ALONE_SEAL_H

#include <stdint.h>

#include "agent/alone_use.h"

struct alone_seal {
	const char *key_folder;  /* in memory; what an earlier worker of this boot left there is replaced */
	const char *site_folder; /* the site part, whose files' digests go into the record */
	const struct alone_order *order;
	const struct alone_use *use;
};

/* The record's text and its detached signature (CMS, DER), malloc'd. */
int alone_seal(const struct alone_seal *seal, const json_t *evidence, char **ret_text, size_t *ret_len,
	       uint8_t **ret_sig, size_t *ret_sig_len, struct err *err) _must_check_;

#endif
