/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel command line says of this boot's kind: the hint, or stand-alone. The other remint. words are agent/net.h's. */
#ifndef AGENT_CMDLINE_H
#define AGENT_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#define CMDLINE_MAX (64 * 1024) /* bytes of /proc/cmdline; x86 has 2048 */
#define HINT_MIN    16
#define HINT_MAX    128
#define HINT_SIZE   (HINT_MAX + 1)

/* HINT_MIN to HINT_MAX characters of base64url? */
bool cmdline_is_hint(const char *text, size_t len);

/*
 * remint.hint=<HINT_MIN to HINT_MAX characters of base64url>, exactly once. -ENOENT without one: this machine was not
 * booted by the station's script. -EBADMSG: malformed, or there twice. Its text is never in *err.
 */
int cmdline_hint(const char *cmdline, char ret[HINT_SIZE], struct err *err) _must_check_;

/*
 * remint.alone, at most once, without a value, and not together with a hint: 1 when it is there, 0 when not, -EBADMSG. It tells where the
 * order is and nothing else: what may be done rests on the order's signature.
 */
int cmdline_alone(const char *cmdline, struct err *err) _must_check_;

#endif
