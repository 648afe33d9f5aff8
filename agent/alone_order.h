/* SPDX-License-Identifier: Apache-2.0 */
/* The order on the boot medium: read, verified, and judged as of now. docs/standalone.md, "The order" */
#ifndef AGENT_ALONE_ORDER_H
#define AGENT_ALONE_ORDER_H

#include <time.h>

#include "core/cms.h"
#include "core/hash.h"
#include "protocol/order/alone.h"

#define ALONE_ORDER     "order.json"
#define ALONE_SIGNATURE "order.json.p7s"

struct alone_order {
	struct order *order;                                             /* ->alone is there */
	char sha256[SHA256_HEX_SIZE], signature_sha256[SHA256_HEX_SIZE]; /* of the two files */
	struct cms_signer signer;
};

/*
 * Nothing of the order is parsed before its signature chains to `trust` at time `now`. -EKEYREJECTED, -EBADMSG; -EPERM: it has expired, or is
 * no order for stand-alone use.
 */
int alone_order_read(const char *folder, const struct trust *trust, time_t now, struct alone_order *ret,
		     struct err *err) _must_check_;
void alone_order_clear(struct alone_order *order);

#endif
