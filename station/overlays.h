/* SPDX-License-Identifier: Apache-2.0 */
/* The overlays of an order: packed images of kind overlay, by name. docs/overlays.md */
#ifndef STATION_OVERLAYS_H
#define STATION_OVERLAYS_H

#include <jansson.h>

#include "core/err.h"
#include "station/context.h"

/* order.overlays of these names (an array of strings): each as it is in the images folder now. -ENOENT, -EBADMSG. */
int overlays_of_names(const struct station *station, const json_t *names, json_t **ret,
		      struct err *err) _must_check_;

#endif
