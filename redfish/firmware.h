/* SPDX-License-Identifier: Apache-2.0 */
/* Firmware that a BMC knows of: which versions there are, and others in their place. */
#ifndef REDFISH_FIRMWARE_H
#define REDFISH_FIRMWARE_H

#include "redfish/bmc.h"

/*
 * {"firmware": [{"id", "name", "version", "software_id", "manufacturer", "updateable", "state", "path", "related"}], "problems": [{"part",
 * "reason"}]}: by id, null where the BMC does not say, "related" the paths of the devices that it is for. Entries that cannot be read
 * stand in "problems". A BMC without an update service has none. A new object.
 */
int rf_firmware_list(struct rf_bmc *bmc, json_t **ret, struct err *err) _must_check_;

enum rf_apply { RF_APPLY_AS_EVER, RF_APPLY_NOW, RF_APPLY_AT_RESET };

struct rf_firmware_want {
	const char *file;           /* sent to the BMC; or: */
	const char *uri;            /* fetched by it */
	const char *const *targets; /* ids of firmware, or paths; NULL-terminated; NULL: the BMC decides */
	const char *
		version; /* what it brings: targets that all have it already are left alone; NULL: not known */
	enum rf_apply apply;
	/* "sending": bytes; "installing": percent of 100; "restarting": no numbers. */
	void (*progress)(void *data, const char *doing, uint64_t done, uint64_t total);
	void *data;
};

/*
 * Sends it (as multipart, else by HttpPushUri) or has it fetched (SimpleUpdate), follows the task, waits for a BMC that restarts, and reads
 * the versions again: {"outcome", "way", "changes": [{"id", "name", "before", "after"}], "needs_reset", "restarted"}, a new object. The
 * outcome is "changed", "pending" when a reset has been asked for or the BMC says that it needs one, or "there" when nothing was sent, because each target
 * has the version already; the way is null then.
 * -RF_UNCHANGED: the BMC says that it is done, and no version is another, or none is the one that was to come. -EINVAL: a version without targets. -EOPNOTSUPP, -EFBIG: the BMC does not take it; -EIO: the update failed.
 */
int rf_firmware_update(struct rf_bmc *bmc, const struct rf_firmware_want *want, json_t **ret,
		       struct err *err) _must_check_;

#endif
