/* SPDX-License-Identifier: Apache-2.0 */
/* Drivers: loads by libkmod what the machine's modaliases ask for (there is no udev), and modules by name. */
#ifndef AGENT_HW_MODULES_H
#define AGENT_HW_MODULES_H

#include "core/err.h"

/* Walks <root>/sys/devices for modalias files and loads what matches, again until nothing new appears,
 * then waits (at most settle_ms) until block devices and links have settled. Modules that fail are
 * logged, not fatal. */
int modules_load_all(const char *root, unsigned settle_ms, struct err *err) _must_check_;
int module_load(const char *name, struct err *err) _must_check_;

#endif
