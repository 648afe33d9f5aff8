/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of rf_inspect(): each a list of names to copy, and where the resources are. */
#ifndef REDFISH_INSPECT_PART_H
#define REDFISH_INSPECT_PART_H

#include "redfish/collection.h"
#include "redfish/system.h"

struct rf_inspection {
	struct rf_bmc *bmc;
	struct rf_system system;
	json_t *document, *problems; /* the latter is within the former */
};

/* Is it an error of one part, after which the next may be read? Then it is noted. Else it ends the inspection. */
int rf_inspect_note(struct rf_inspection *i, const char *what, int r, struct err *err) _must_check_;

/* Each into the document. */
int rf_inspect_chassis(struct rf_inspection *i, struct err *err) _must_check_;
int rf_inspect_managers(struct rf_inspection *i, struct err *err) _must_check_;
int rf_inspect_nics(struct rf_inspection *i, struct err *err) _must_check_;
int rf_inspect_drives(struct rf_inspection *i, struct err *err) _must_check_;
int rf_inspect_firmware(struct rf_inspection *i, struct err *err) _must_check_;
int rf_inspect_secure_boot(struct rf_inspection *i, struct err *err) _must_check_;

#endif
