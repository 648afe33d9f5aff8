/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New passwords for the station's own accounts at BMCs: one thread changes them, many at once, while the calls that ask for it have been answered.
 * What has become of a change is known as long as the station runs; that one was cut off, the store knows.
 */
#ifndef STATION_BMC_ROTATE_H
#define STATION_BMC_ROTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/json.h"

struct bmc_rotate;
struct station;

int bmc_rotate_start(const struct station *station, struct bmc_rotate **ret, struct err *err) _must_check_;
/* A change under way is stopped where both passwords are kept. */
void bmc_rotate_stop(struct bmc_rotate *rotate);

/* The node's BMC is to get a new password. -ESTALE: it is being changed already. */
int bmc_rotate_ask(struct bmc_rotate *rotate, int64_t node, const char *name, struct err *err) _must_check_;
/* It is being changed, or is about to be; rotate NULL: nothing is. */
bool bmc_rotate_busy(struct bmc_rotate *rotate, int64_t node);

/* {"state": "running", "done" or "failed", "ended": time or null, "why": text or null}; NULL: nobody has asked. A new reference. */
json_t *bmc_rotate_json(struct bmc_rotate *rotate, int64_t node);

#endif
