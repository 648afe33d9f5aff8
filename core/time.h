/* SPDX-License-Identifier: Apache-2.0 */
/* Time: RFC 3339 in UTC with seconds ("2026-11-22T21:00:00Z"), and a monotonic clock in nanoseconds. */
#ifndef CORE_TIME_H
#define CORE_TIME_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "core/err.h"

#define TIME_TEXT_SIZE 21 /* with the NUL */

uint64_t monotonic_ns(void);
struct timespec monotonic_in_ns(uint64_t ns);   /* that long from now, by the same clock */
void cond_init_monotonic(pthread_cond_t *cond); /* pthread_cond_timedwait() then goes by that clock */
void time_format(time_t t, char text[TIME_TEXT_SIZE]);
/* Exactly the form above, a valid date from 1970 to 9999, else -EBADMSG. */
int time_parse(const char *text, time_t *ret) _must_check_;

#endif
