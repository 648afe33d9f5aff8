/* SPDX-License-Identifier: Apache-2.0 */
/* What network cards are to be set to for good: what lives in the card, and not in a running kernel. docs/protocol.md, "Order"; docs/nic.md. */
#ifndef PROTOCOL_ORDER_NIC_H
#define PROTOCOL_ORDER_NIC_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"

#define ORDER_NICS_MAX         32
#define ORDER_NIC_SETTINGS_MAX 64 /* of each kind, of one entry */
#define ORDER_NIC_NAME_MAX     63 /* bytes of a parameter's name */
#define ORDER_NIC_VALUE_MAX    63 /* bytes of a mstconfig parameter's value */
#define ORDER_NIC_TEXT_MAX     31 /* bytes of a devlink parameter's value */
#define ORDER_NIC_VERSIONS_MAX 16
#define ORDER_NIC_VERSION_MAX  63  /* bytes of a firmware version */
#define ORDER_NIC_FILE_MAX     200 /* bytes of a firmware file's name */
#define ORDER_NIC_VFS_MAX      65535
#define ORDER_NIC_LEAVE        (-1) /* sriov: leave what is there */

/* An entry speaks of every card that is as all of this says; "": whatever. At least one is there. */
struct order_nic_match {
	char pci[16];    /* "0000:3b:00.0" */
	char mac[18];    /* lower case; the present or the permanent one of one of its interfaces */
	char driver[32]; /* "mlx5_core" */
	char psid[33];   /* the maker's name of the board, by which firmware is chosen */
};

struct order_nic {
	struct order_nic_match match;
	bool required;       /* what cannot be done holds the machine; else it is recorded */
	json_t *devlink;     /* {name: true|false|0..2^32-1|text}, an object. Owned */
	json_t *config;      /* {name: value as mstconfig shows or takes it}, an object. Owned */
	int sriov;           /* virtual functions that the card must be able to make now; ORDER_NIC_LEAVE */
	json_t *versions;    /* texts, of which the firmware must be one; an array, empty: whatever. Owned */
	char *flash_file;    /* relative to where the kernel looks for firmware; NULL: nothing is flashed */
	char *flash_version; /* what it is afterwards; one of versions where there are any */
};

struct order_nics {
	struct order_nic *at; /* n of them */
	unsigned n;
};

/* order.nic, which may be missing or null. What was read is owned by *nics, on failure too: order_nics_clear(). -EBADMSG names the field. */
int order_nics_read(const json_t *order, struct order_nics *nics, struct err *err) _must_check_;
json_t *order_nics_to_json(const struct order_nics *nics);
void order_nics_clear(struct order_nics *nics);

#endif
