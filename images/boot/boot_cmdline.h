/* SPDX-License-Identifier: Apache-2.0 */
/* The command line that is built into an EFI file, and with Secure Boot the only one that its kernel gets. */
#ifndef IMAGES_BOOT_BOOT_CMDLINE_H
#define IMAGES_BOOT_BOOT_CMDLINE_H

#include "core/err.h"

/*
 * What was given with, in front, what closes the kernel where nothing is said of that: lockdown=integrity and module.sig_enforce=1. *ret is
 * malloc'd; NULL when nothing was given: there is no built-in command line then. -EINVAL: a word that the agent would not take
 * (protocol/cmdline.h), or one that opens the kernel (lockdown=none, module.sig_enforce=0, init=, rdinit=).
 */
int boot_cmdline_make(const char *given, char **ret, struct err *err) _must_check_;

#endif
