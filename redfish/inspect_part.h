/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of rf_inspect(): each a list of names to copy, and where the resources are. */
#ifndef REDFISH_INSPECT_PART_H
#define REDFISH_INSPECT_PART_H

#include "redfish/collection.h"
#include "redfish/system.h"
#include "redfish/value.h"

struct rf_inspection {
	struct rf_bmc *bmc;
	struct rf_system system;
	json_t *document, *problems; /* the latter is within the former */
};

/* Is it an error of one part, after which the next may be read? Then it is noted. Else it ends the inspection. */
int rf_inspect_note(struct rf_inspection *i, const char *what, int r, struct err *err) _must_check_;

/* What is copied of the members of a collection. */
struct rf_inspect_kind {
	const struct rf_field *fields;
	/* What is no scalar, into `made`; 1: this member does not belong to the list. NULL: nothing. */
	int (*more)(struct rf_inspection *i, const json_t *json, const char *path, json_t *made,
		    struct err *err);
};
/* Reads each of the members and adds what is named to `list`; what cannot be read is noted, and the others are read. */
int rf_inspect_members(struct rf_inspection *i, const struct rf_members *members,
		       const struct rf_inspect_kind *kind, json_t *list, struct err *err) _must_check_;
/* The members of the collection that `json` refers to at `at`, as a list of the document. */
int rf_inspect_collection(struct rf_inspection *i, const json_t *json, const char *at, const char *as,
			  const struct rf_inspect_kind *kind, struct err *err) _must_check_;

/* Each into the document. */
int rf_inspect_chassis(struct rf_inspection *i, struct err *err) _must_check_;
int rf_inspect_managers(struct rf_inspection *i, struct err *err) _must_check_;
int rf_inspect_nics(struct rf_inspection *i, struct err *err) _must_check_;
int rf_inspect_drives(struct rf_inspection *i, struct err *err) _must_check_;
int rf_inspect_gpus(struct rf_inspection *i, struct err *err) _must_check_;
int rf_inspect_firmware(struct rf_inspection *i, struct err *err) _must_check_;
int rf_inspect_secure_boot(struct rf_inspection *i, struct err *err) _must_check_;

#endif
