/* SPDX-License-Identifier: Apache-2.0 */
/* What a tenancy has changed of a machine: its inventory at the handover beside the one when it came back. docs/class.md, "A tenancy". Pure. */
#ifndef PROTOCOL_TENANCY_H
#define PROTOCOL_TENANCY_H

#include <jansson.h>

#include "core/err.h"

/*
 * Every difference, as class_compare() tells it (protocol/class/class.h): first the single parts by what is written on them (drives, memory modules,
 * network cards, transceivers, InfiniBand ports, chassis and board), so that one is missed that another of the same model has taken the place of; then
 * the machine beside the class that it was of. A part that is gone or was exchanged is "required", one that came is not. -ENODATA: `before` is no inventory of a
 * machine. *ret: a new reference.
 */
int tenancy_compare(const json_t *before, const json_t *after, json_t **ret, struct err *err) _must_check_;
/*
 * The GPUs of two certificates, of the handover and of the order after it, by serial number: differences are added to `to`. -ENODATA: they cannot be compared, because one of the
 * two does not have the serial number of each GPU; err says which.
 */
int tenancy_compare_gpus(const json_t *before, const json_t *after, json_t *to, struct err *err) _must_check_;

#endif
