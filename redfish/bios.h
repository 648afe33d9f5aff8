/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's attributes. DSP2046, Bios and AttributeRegistry; DSP0266, section 9.10 (settings resource). */
#ifndef REDFISH_BIOS_H
#define REDFISH_BIOS_H

#include <stdbool.h>

#include "redfish/bmc.h"

#define RF_ATTRIBUTES_MAX     8192 /* of a BIOS, and of a registry */
#define RF_ATTRIBUTE_NAME_MAX 256  /* bytes */
#define RF_ATTRIBUTE_TEXT_MAX 1024 /* bytes of a value */

/*
 * {"path", "registry", "attributes": {NAME: VALUE}, "pending": {NAME: VALUE} or null, "unreadable": [NAME], "entries": {NAME: {...}} or null};
 * docs/redfish.md. Values are strings, numbers, true, false or null. "pending": what waits for the next start, and differs. "unreadable":
 * attributes whose value is something else. "entries": of the registry, when it is asked for and there is one. A new object.
 */
int rf_bios_get(struct rf_bmc *bmc, bool entries, json_t **ret, struct err *err) _must_check_;

/*
 * Sets attributes ({NAME: VALUE}), all in one write: checked against the registry, or where there is none against the type that there is, before
 * anything is sent; written where settings wait for the next start; read again there. as_text: each VALUE is a string, read as the type that
 * the attribute has. Nothing is written when all is so already, or will be. -EINVAL: no such attribute, read-only, or not a value of it;
 * -RF_UNCHANGED. *ret: {"set": {NAME: VALUE}, "already": [NAME], "task": PATH or null}.
 */
int rf_bios_set(struct rf_bmc *bmc, const json_t *wanted, bool as_text, json_t **ret,
		struct err *err) _must_check_;

/* Bios.ResetBios: the defaults, from the next start on. It cannot be seen before that they will be there. *ret: {"reset": true, "task"}. */
int rf_bios_reset(struct rf_bmc *bmc, json_t **ret, struct err *err) _must_check_;

/* A profile: {"attributes": {NAME: VALUE}}. *ret is borrowed from it. */
int rf_bios_profile(const json_t *profile, json_t **ret, struct err *err) _must_check_;

/*
 * A profile's attributes against a document of rf_bios_get(): {"attributes": [{"name", "want", "is", "pending", "state"}], "equal", "differing",
 * "pending", "not_readable"}; the latter are numbers. state: "equal", "differing", "pending" (so from the next start on), "not readable". A new
 * object. No I/O.
 */
json_t *rf_bios_compare(const json_t *bios, const json_t *wanted) _must_check_;

#endif
