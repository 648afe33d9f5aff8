/* SPDX-License-Identifier: Apache-2.0 */
/* The BIOS as it was read: what the files of bios.h share. */
#ifndef REDFISH_BIOS_READ_H
#define REDFISH_BIOS_READ_H

#include "redfish/bios.h"
#include "redfish/system.h"

struct rf_bios {
	char path[RF_PATH_MAX], settings[RF_PATH_MAX]; /* settings "": attributes are written at path */
	json_t *json, *pending;                        /* the resources; pending NULL: there is none */
	json_t *attributes, *later; /* new objects: NAME: VALUE; later: all that the settings resource has */
	json_t *unreadable;         /* [NAME] */
};
void rf_bios_clear(struct rf_bios *bios);

/* -EOPNOTSUPP: no BIOS resource. *ret is to be cleared in each case. */
int rf_bios_find(struct rf_bmc *bmc, struct rf_bios *ret, struct err *err) _must_check_;
/* Reads both anew. */
int rf_bios_read(struct rf_bmc *bmc, struct rf_bios *bios, struct err *err) _must_check_;

/* "Attributes" of a resource, scalars alone; the names of others onto `unreadable`. New. */
int rf_bios_attributes(const json_t *json, const char *what, json_t *unreadable, json_t **ret,
		       struct err *err) _must_check_;

/* Equal as values: 5 and 5.0 are. */
bool rf_bios_same(const json_t *a, const json_t *b);
/* A value for messages: one plain line; malloc'd. */
char *rf_bios_shown(const json_t *value) _must_check_;

#endif
