/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node's clock. A machine that was in a store room says 1970 or 2106: the boot image's build time is
 * the floor, so that TLS can be tried at all, and the station's time is taken once the station is
 * authenticated. A wrong clock neither blocks nor weakens.
 */
#ifndef AGENT_CLOCK_H
#define AGENT_CLOCK_H

#include <time.h>

#include "core/err.h"

/* Never earlier than this from now on: sets the clock forward when it is behind. */
int clock_floor(time_t built, struct err *err) _must_check_;

/* The authenticated station's time; a difference below 2 s is left alone. -EINVAL for a time below the
 * floor. */
int clock_set(time_t now, struct err *err) _must_check_;

#endif
