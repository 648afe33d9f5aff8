/* SPDX-License-Identifier: Apache-2.0 */
/* The boot medium: a FAT file system with a label of ours, on USB or another removable drive. Never on a drive that could be erased. */
#ifndef AGENT_HW_STICK_H
#define AGENT_HW_STICK_H

#include "core/err.h"

#define STICK_LABEL "REMINT"

/*
 * *ret is the device node of the partition, or of the whole drive where the file system has no partition table around it; malloc'd. -ENODEV:
 * there is none; -ENOTUNIQ: several, and which one is meant nobody can say.
 */
int stick_find(char **ret, struct err *err) _must_check_;

#endif
