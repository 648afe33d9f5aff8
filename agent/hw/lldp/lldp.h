/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Neighbours by LLDP: what is at the other end of each cable. Switches speak every 30 s at most, and no order shall wait for that:
 * lldp_open() makes the kernel keep the frames of every Ethernet port from then on, and lldp_hear() takes what
 * has come, whenever that is asked. No thread. We never send: the switch's tables stay free of us.
 */
#ifndef AGENT_HW_LLDP_H
#define AGENT_HW_LLDP_H

#include <jansson.h>

#include "core/err.h"

#define LLDP_PORTS_MAX   256
#define LLDP_PATIENCE_MS 33000 /* 802.1AB, 9.2.5.7: an interval of 30 s is usual; and what jitter adds */

/* "not_seen" of a port without a link. */
#define LLDP_NO_CARRIER "no carrier"

struct lldp;

/* Begins to listen on all Ethernet ports. Needs CAP_NET_RAW. */
int lldp_open(struct lldp **ret, struct err *err) _must_check_;
void lldp_free(struct lldp *lldp);
DEFINE_CLEANUP(struct lldp *, lldp_free);

/*
 * Takes what has come, on ports that have appeared since lldp_open() too; then waits up to wait_ms until every port has heard
 * something: one without a link may get it yet. Returns how many ports have heard nothing.
 */
unsigned lldp_hear(struct lldp *lldp, unsigned wait_ms);
unsigned lldp_listened_ms(const struct lldp *lldp); /* since lldp_open() or lldp_forget() */
/* What was heard so far no longer counts: for a second look, hours later. */
void lldp_forget(struct lldp *lldp);

/* docs/inventory.md, "Neighbours" */
json_t *lldp_to_json(const struct lldp *lldp);

#endif
