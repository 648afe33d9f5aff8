/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_BOOT_USB_H
#define CLI_BOOT_USB_H

#include "cli/args.h"

int boot_usb_command(int argc, char **argv); /* "boot usb" */

#endif
