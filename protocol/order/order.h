/* SPDX-License-Identifier: Apache-2.0 */
/* The order: what is to become of one machine. docs/protocol.md, "Order". */
#ifndef PROTOCOL_ORDER_H
#define PROTOCOL_ORDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "protocol/order/class.h"
#include "protocol/order/efi.h"
#include "protocol/order/gpu.h"
#include "protocol/order/nic.h"
#include "protocol/order/overlays.h"
#include "protocol/order/secure_boot.h"
#include "protocol/order/wipe.h"

#define ORDER_ID_MAX        64
#define ORDER_URL_MAX       2048
#define ORDER_USER_DATA_MAX (256 * 1024)

struct network;

#define ORDER_MIRRORS_MAX 7
#define ORDER_ROOTS_MAX   8

/* What the image is written to. */
enum order_redundancy {
	ORDER_SINGLE, /* one disk */
	ORDER_COPIES, /* the same on each of several disks, independent of one another */
	ORDER_MIRROR, /* two disks, a Linux md RAID 1 with metadata 1.0 at their end */
};

/* How what was written is read back. */
enum order_verify { ORDER_VERIFY_FULL, ORDER_VERIFY_SAMPLED, ORDER_VERIFY_NONE };

struct order {
	char *id;   /* [a-z0-9-]{1,64} */
	char *node; /* node name, [a-z0-9.-]{1,63} */

	/* image; an order without one erases and ends, and says nothing of root disks, memory, boot entries and cloud-init */
	char *manifest_url; /* http(s) URL of manifest.json; the signature is at the same URL + ".p7s"; NULL: no image */
	char *manifest_sha256; /* hexadecimal, or NULL when any manifest that verifies will do */
	uint64_t min_serial;   /* the manifest's serial must not be below this */

	char **mirrors; /* n_mirrors URLs of folders with the same payload file, in the order of preference after the
	                       manifest's own folder; http(s), ends in "/" */
	unsigned n_mirrors; /* up to ORDER_MIRRORS_MAX */
	enum order_verify verify;
	uint64_t memory; /* bytes that the writing may take in all, at least 48 MiB; 0: by the node's size */

	/* disks, by serial number or WWN; never by device name */
	enum order_redundancy redundancy;
	char **root_disks; /* n_root_disks names; 0: chosen, one with ORDER_SINGLE, two with the others: disks_choose_roots() */
	unsigned n_root_disks;
	bool go_on_without_disk; /* a root disk that fails during the write is left behind while another is whole */
	struct order_wipe wipe;

	struct order_alone
		*alone; /* of an order on a boot medium, protocol/order/alone.h; NULL: a station's */

	struct order_overlays
		overlays; /* what the agent unpacks into its memory first; goes with and without an image */
	struct order_nics nics;    /* what lasts in network cards; none: they stay as they are */
	struct order_class *class; /* what the machine is held against before and after; NULL: nothing */
	bool kexec; /* "handover": "kexec": the tenant's kernel is started without a reset: docs/kexec.md */
	bool keep_tpm; /* "tpm": "keep": what a former owner left in the TPM stays; else it is cleared */
	struct order_secure_boot secure_boot; /* goes with and without an image */
	struct order_efi efi;
	struct order_gpu gpu; /* the same */

	struct network *
		network; /* protocol/network/network.h: the tenant's, rendered into the seed; NULL: the order says nothing of it */

	/* cloud-init NoCloud seed, verbatim text of the three files, in secret memory; network_config may be NULL */
	char *meta_data;
	char *user_data;
	char *network_config;
};

static inline bool order_has_image(const struct order *order)
{
	return order->manifest_url;
}

/* Plain http or https, with a path, without query, password or anything that a script would take for more. */
bool order_url_valid(const char *url);
/* The URL of a file in the same folder; malloc'd. */
char *order_url_beside(const char *url, const char *file) _must_check_;

/* *ret is freed by order_free(). Unknown keys are errors: an order that says more than we know is not ours. */
int order_from_json(const json_t *json, struct order **ret, struct err *err) _must_check_;
json_t *order_to_json(const struct order *order) _must_check_;
void order_free(struct order *order);
DEFINE_CLEANUP(struct order *, order_free);

#endif
