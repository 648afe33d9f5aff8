/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_BOOT_ISO_H
#define CLI_BOOT_ISO_H

int boot_iso_command(int argc, char **argv);

#endif
