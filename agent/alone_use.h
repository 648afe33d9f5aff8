/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the boot medium remembers of its order's uses: which machine, since when, and whether it has come to its end. A record is on the
 * medium before anything is destroyed. docs/standalone.md, "Used once"
 */
#ifndef AGENT_ALONE_USE_H
#define AGENT_ALONE_USE_H

#include <stdbool.h>
#include <time.h>

#include "agent/alone_order.h"
#include "agent/steps/wipe/targets.h"
#include "protocol/node.h"
#include "protocol/standalone.h"

#define ALONE_USES_MAX 999

struct alone_use {
	unsigned n; /* of this medium's uses of the order, from 1 */
	char nonce[STANDALONE_NONCE_SIZE];
	struct node_identity machine;
	time_t begun;
	bool ended;      /* the drives are erased and the evidence is on the medium */
	json_t *drives;  /* names of the drives that it means, sorted. Owned */
	bool is_resumed; /* the record was there already: this machine's, and not at its end */
};

/*
 * The use that this machine goes on with, or a new one that is on the medium after alone_use_write() alone. -EPERM: another machine has used
 * an order that is good once, or this one has come to its end with it; -EBADMSG: a record that cannot be read counts as one of
 * another machine.
 */
int alone_use_choose(const char *folder, const struct alone_order *order, const struct node_identity *machine,
		     const struct wipe_targets *targets, time_t now, struct alone_use *ret,
		     struct err *err) _must_check_;
int alone_use_write(const char *folder, const struct alone_order *order, const struct alone_use *use,
		    struct err *err) _must_check_;
void alone_use_clear(struct alone_use *use);

#endif
