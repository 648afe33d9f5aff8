/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a kernel command line that a boot loader passed is one with which the agent may be started. docs/measured-boot.md */
#ifndef PROTOCOL_MEASURED_CMDLINE_H
#define PROTOCOL_MEASURED_CMDLINE_H

#include "protocol/measured/measured.h"

/*
 * Words are the image's file name (first, where iPXE puts it), initrd=, remint.hint=, remint.mac=, console=, and those that are built
 * into the image, all of which must be there. -EPERM names the word.
 */
int measured_cmdline_check(const struct measured *m, const char *text, struct err *err) _must_check_;

#endif
