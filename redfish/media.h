/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual media: images that the BMC shows to the machine as drives. DSP2046, VirtualMedia. */
#ifndef REDFISH_MEDIA_H
#define REDFISH_MEDIA_H

#include "redfish/bmc.h"

/* [{"slot", "path", "types", "image", "inserted", "via"}]; a new array. Empty where the BMC has none. */
int rf_media_list(struct rf_bmc *bmc, json_t **ret, struct err *err) _must_check_;

/*
 * Into the slot of that Id, or the first that takes a CD or DVD and can insert. What was in it is ejected first, also when it is only said to be
 * there. *ret: the slot, as above.
 */
int rf_media_insert(struct rf_bmc *bmc, const char *image, const char *slot, json_t **ret,
		    struct err *err) _must_check_;

/* Out of the slot of that Id, or of all that hold something. *ret: an array of those. */
int rf_media_eject(struct rf_bmc *bmc, const char *slot, json_t **ret, struct err *err) _must_check_;

#endif
