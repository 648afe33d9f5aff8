/* SPDX-License-Identifier: Apache-2.0 */
/* Drivers: loads by libkmod what the machine's modaliases ask for (there is no udev), and modules by name. */
#ifndef AGENT_HW_MODULES_H
#define AGENT_HW_MODULES_H

#include <stdbool.h>

#include "core/err.h"

/* Walks <root>/sys/devices for modalias files and loads what matches, again until nothing new appears,
 * then waits (at most settle_ms) until block devices and links have settled. Modules that fail are
 * logged, not fatal. */
int modules_load_all(const char *root, unsigned settle_ms, struct err *err) _must_check_;
int module_load(const char *name, struct err *err) _must_check_;

/* Modules in the order in which they came into the kernel. */
struct modules_loaded {
	char **names;
	unsigned n;
};

/*
 * Loads these modules (n names) out of <tree>/lib/modules/<the kernel's release>, each behind those that it depends on, which lie there or in the boot image, with the
 * options that <tree>/etc/modprobe.d and <tree>/lib/modprobe.d give them; no indexes are needed there, and no command of these files is run. *loaded grows by what came
 * in, also by what did before an error. A module of that name that the kernel has already is -EEXIST. Errors say what to do.
 */
int modules_load_from(const char *tree, char *const *names, unsigned n, struct modules_loaded *loaded,
		      struct err *err) _must_check_;
/* The last one first; those that are gone are taken from the list. Waits some seconds for the last user. -EBUSY. */
int modules_unload(struct modules_loaded *loaded, struct err *err) _must_check_;
void modules_loaded_clear(struct modules_loaded *loaded);
/* Is it in the kernel, as a module that was loaded or as a part of it? Its name with '_', as modules_load_from() gives it. */
bool module_is_loaded(const char *name);

/* Has the kernel look for firmware in this folder before its own. -EEXIST: it looks in another one already, and knows one alone. */
int firmware_folder_set(const char *folder, struct err *err) _must_check_;

#endif
