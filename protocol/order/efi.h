/* SPDX-License-Identifier: Apache-2.0 */
/* What an order demands of the firmware's variables and of the memory at the handover. docs/protocol.md, "Order" */
#ifndef PROTOCOL_ORDER_EFI_H
#define PROTOCOL_ORDER_EFI_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"

#define ORDER_VARIABLES_MAX 256
#define ORDER_VARIABLE_MAX  300 /* characters of a name with its GUID */
#define ORDER_URIS_MAX      16
#define ORDER_URI_MAX       500

enum order_boot { ORDER_BOOT_DISK_FIRST, ORDER_BOOT_NETWORK_FIRST };

struct order_efi {
	enum order_boot boot; /* of orders with an image */
	bool remove_foreign;  /* "foreign": "remove": what is known to be a tenant's goes; else it is told */
	char **remove; /* n_remove variables as efivarfs names them ("Name-GUID") that go in any case */
	unsigned n_remove;
	char **keep_uris; /* n_keep_uris URIs whose boot entries stay, beside those of the station */
	unsigned n_keep_uris;
	bool keep_memory;        /* "clear_memory": false: the firmware is not asked to clear the memory */
	bool verify_after_reset; /* all is read once more after a reset of its own */
};

/* What was read is owned by *efi, on failure too: order_efi_clear(). Without an image "boot" has no place, and the whole may be missing. */
int order_efi_read(const json_t *order, bool has_image, struct order_efi *efi, struct err *err) _must_check_;
json_t *order_efi_to_json(const struct order_efi *efi, bool has_image) _must_check_;
void order_efi_clear(struct order_efi *efi);

#endif
