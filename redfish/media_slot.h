/* SPDX-License-Identifier: Apache-2.0 */
/* One slot for virtual media. */
#ifndef REDFISH_MEDIA_SLOT_H
#define REDFISH_MEDIA_SLOT_H

#include "redfish/bmc.h"
#include "redfish/system.h"

struct rf_slot {
	const char *path;  /* borrowed */
	json_t *json;      /* as it was read last */
	const char *image; /* NULL: none; borrowed from json */
	bool inserted;     /* as it says; may be stale */
	json_t *types;     /* MediaTypes; NULL: it does not say */
	struct rf_action insert, eject;
};
void rf_slot_clear(struct rf_slot *slot);

/* `path` outlives it. *ret is to be cleared in each case. */
int rf_slot_read(struct rf_bmc *bmc, const char *path, struct rf_slot *ret, struct err *err) _must_check_;
bool rf_slot_is(const struct rf_slot *slot, const char *id);
bool rf_slot_takes_disc(const struct rf_slot *slot);
/* As rf_media_list() shows it; a new object. */
int rf_slot_describe(const struct rf_slot *slot, json_t **ret, struct err *err) _must_check_;

/*
 * Both read the slot again until what was asked for is there, at most times.settle; -RF_UNCHANGED when the BMC agreed and it is not.
 * *ret_status: of the refusal, else 0.
 */
int rf_slot_insert(struct rf_bmc *bmc, struct rf_slot *slot, const char *image, long *ret_status,
		   struct err *err) _must_check_;
int rf_slot_eject(struct rf_bmc *bmc, struct rf_slot *slot, struct err *err) _must_check_;

#endif
