/* SPDX-License-Identifier: Apache-2.0 */
/* The cloud-init NoCloud seed of an order: the texts of meta-data and user-data. */
#ifndef STATION_SEED_H
#define STATION_SEED_H

#include "core/err.h"

/* malloc'd. Both are plain names (name_valid). */
char *seed_meta_data(const char *order_id, const char *node) _must_check_;

/*
 * malloc'd user-data that posts to `url` once the tenant's system is up. given: the operator's user-data, or NULL;
 * the two are then joined as a MIME multipart (RFC 2046 section 5.1), ours last, so that a cloud-config of the
 * operator's cannot take phone_home away. -EINVAL: it is of no kind that can be joined.
 */
int seed_user_data(const char *url, const char *given, char **ret, struct err *err) _must_check_;

#endif
