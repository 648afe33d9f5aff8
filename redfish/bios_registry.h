/* SPDX-License-Identifier: Apache-2.0 */
/* What a BIOS's attributes may be: its attribute registry. DSP2046, MessageRegistryFile and AttributeRegistry. */
#ifndef REDFISH_BIOS_REGISTRY_H
#define REDFISH_BIOS_REGISTRY_H

#include "redfish/bios_read.h"

/*
 * {NAME: {"type", "values", "read_only", "min", "max", "step", "min_length", "max_length"}}, null where it does not say; `values` is the list of an
 * Enumeration. *ret is left as it is where the BMC has no registry; else a new object.
 */
int rf_bios_registry(struct rf_bmc *bmc, const struct rf_bios *bios, json_t **ret,
		     struct err *err) _must_check_;

/* The entries of an AttributeRegistry as above. */
int rf_bios_entries(const json_t *registry, const char *what, json_t **ret, struct err *err) _must_check_;

/*
 * May an attribute become `value`? entry: of the registry; NULL: there is none, and the value must be of the type that `is` has. as_text: `value`
 * is a string, to be read as that type. *ret: the value to write, a new reference. -EINVAL names the attribute and what it may be.
 */
int rf_bios_check(const char *name, const json_t *entry, const json_t *is, const json_t *value, bool as_text,
		  json_t **ret, struct err *err) _must_check_;

#endif
