/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `remint bmc secure-boot` that change keys. */
#ifndef CLI_BMC_SECURE_BOOT_H
#define CLI_BMC_SECURE_BOOT_H

#include "cli/bmc/bmc.h"
#include "redfish/secure_boot.h"

int bmc_secure_boot_reset(int argc, char **argv);
int bmc_secure_boot_add(int argc, char **argv);
int bmc_secure_boot_delete(int argc, char **argv);

#endif
