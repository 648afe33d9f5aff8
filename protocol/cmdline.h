/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent's words of the kernel command line, all that there are. Whoever can write it can boot the node; but a typing error must not
 * pass silently, and a word that this agent does not know may be one that forbids something.
 */
#ifndef PROTOCOL_CMDLINE_H
#define PROTOCOL_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "protocol/network/net_config.h"

#define CMDLINE_MAX 4096 /* bytes; COMMAND_LINE_SIZE of x86 is 2048 */
#define HINT_MIN    16
#define HINT_MAX    128
#define HINT_SIZE   (HINT_MAX + 1)

struct cmdline {
	char hint[HINT_SIZE]; /* remint.hint=; "" without: no script started this boot */
	bool alone;           /* remint.alone: the order is on the boot medium (docs/standalone.md) */
	bool net_medium; /* remint.net=medium: the network's configuration is on it (docs/boot-media.md) */
	struct net_config net;
};

/* HINT_MIN to HINT_MAX characters of base64url? */
bool cmdline_is_hint(const char *text, size_t len);

/*
 * Reads every word that begins with "remint."; the others are the kernel's. -EINVAL: an unknown word, one that is there twice, a bad value,
 * or words that contradict one another. *ret is untouched then, and the text never holds a hint.
 */
int cmdline_parse(const char *text, struct cmdline *ret, struct err *err) _must_check_;

/* A copy to be shown: one line, without the hint; malloc'd. */
char *cmdline_shown(const char *text) _must_check_;

#endif
