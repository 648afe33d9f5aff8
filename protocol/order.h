/* SPDX-License-Identifier: Apache-2.0 */
/* The order: what is to become of one machine. docs/protocol.md, "Order". */
#ifndef PROTOCOL_ORDER_H
#define PROTOCOL_ORDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

#define ORDER_ID_MAX        64
#define ORDER_DISKS_MAX     256
#define ORDER_USER_DATA_MAX (256 * 1024)

enum order_boot { ORDER_BOOT_DISK_FIRST, ORDER_BOOT_NETWORK_FIRST };

struct order {
	char *id;   /* [a-z0-9-]{1,64} */
	char *node; /* node name, [a-z0-9.-]{1,63} */

	/* image */
	char *manifest_url;    /* http(s) URL of manifest.json; the signature is at the same URL + ".p7s" */
	char *manifest_sha256; /* hexadecimal, or NULL when any manifest that verifies will do */
	uint64_t min_serial;   /* the manifest's serial must not be below this */

	/* disks, by serial number or WWN; never by device name */
	char *root_disk;   /* NULL: the smallest non-removable disk that fits the image, NVMe before others,
	                        then by serial: see disks_choose_root() */
	char **wipe_disks; /* n_wipe_disks names; n_wipe_disks == 0: every non-removable disk */
	unsigned n_wipe_disks;

	enum order_boot boot;

	/* cloud-init NoCloud seed, verbatim text of the three files; network_config may be NULL */
	char *meta_data;
	char *user_data;
	char *network_config;
};

/* *ret is freed by order_free(). Unknown keys are errors: an order that says more than we know is not ours. */
int order_from_json(const json_t *json, struct order **ret, struct err *err) _must_check_;
json_t *order_to_json(const struct order *order) _must_check_;
void order_free(struct order *order);
DEFINE_CLEANUP(struct order *, order_free);

#endif
