/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_BOOT_MEASURE_H
#define CLI_BOOT_MEASURE_H

int boot_measure_command(int argc, char **argv); /* "boot measure" */

#endif
