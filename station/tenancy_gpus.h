/* SPDX-License-Identifier: Apache-2.0 */
/* What a tenancy has changed of a machine's GPUs, as far as certificates tell: an inventory has no serial number of theirs. docs/class.md, "A tenancy" */
#ifndef STATION_TENANCY_GPUS_H
#define STATION_TENANCY_GPUS_H

#include <jansson.h>
#include <stdint.h>

#include "station/store.h"

/*
 * The certificate of the order that handed the machine over beside the one of the order that it came back to (its id; NULL: none): differences are added to
 * `to`. *ret_why: why they are not compared, malloc'd; NULL: they are, or there was no GPU.
 */
int tenancy_gpus(struct store *store, int64_t handover, const char *returned_to, json_t *to, char **ret_why,
		 struct err *err) _must_check_;

#endif
