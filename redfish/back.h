/* SPDX-License-Identifier: Apache-2.0 */
/* A BMC that restarts: for a while it does not answer, and then it knows no session any more. */
#ifndef REDFISH_BACK_H
#define REDFISH_BACK_H

#include "redfish/bmc.h"

/* May an error mean that the BMC restarts? Not when this procedure's own time is over. */
bool rf_may_be_away(const struct rf_bmc *bmc, int code);

/*
 * Waits until the service answers and knows who we are, by a new session where the old one is gone; at most times.restart, then
 * -ETIMEDOUT. -EACCES: it answers, and does not take user and password; -EKEYREJECTED: it shows another certificate.
 */
int rf_await_back(struct rf_bmc *bmc, struct err *err) _must_check_;

#endif
