/* SPDX-License-Identifier: Apache-2.0 */
/* What an order wants of the machine's Secure Boot keys. docs/protocol.md, "Order"; docs/secure-boot.md. */
#ifndef PROTOCOL_ORDER_SECURE_BOOT_H
#define PROTOCOL_ORDER_SECURE_BOOT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define ORDER_SB_CLEAR_MAX 8192 /* bytes */

/* What stands when the machine is handed over. */
enum order_sb_handover {
	ORDER_SB_AS_IS,   /* whatever stands then */
	ORDER_SB_SITE,    /* the site's keys, in force */
	ORDER_SB_FACTORY, /* the maker's, which is looked at and cannot be brought about from inside */
	ORDER_SB_SETUP,   /* no platform key: whoever comes next may put their own there */
};

struct order_secure_boot {
	bool enrol; /* "keys": "enrol": the site's keys are put there; else they are looked at alone */
	enum order_sb_handover handover;
	char *bundle_url;       /* of the bundle's document; its files lie beside it; NULL: not needed */
	char bundle_sha256[65]; /* of the document, hexadecimal */
	uint8_t *clear;         /* what takes the platform key out: ORDER_SB_SETUP alone */
	size_t clear_len;
};

/* A missing or null part is one that keeps all as it is. What was read is owned by *sb, on failure too: order_secure_boot_clear(). */
int order_secure_boot_read(const json_t *order, struct order_secure_boot *sb, struct err *err) _must_check_;
json_t *order_secure_boot_to_json(const struct order_secure_boot *sb) _must_check_;
void order_secure_boot_clear(struct order_secure_boot *sb);
/* Has the order a wish that goes beyond looking? */
bool order_secure_boot_acts(const struct order_secure_boot *sb);
const char *order_sb_handover_name(enum order_sb_handover handover);

#endif
