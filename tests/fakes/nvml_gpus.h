/* SPDX-License-Identifier: Apache-2.0 */
/* GPUs behind the library of tests/fakes/nvml, which a test program finds beside itself. What fails ends the test program. */
#ifndef TESTS_FAKES_NVML_GPUS_H
#define TESTS_FAKES_NVML_GPUS_H

#include "agent/gpu/gpu.h"

#define NVML_GPUS_PCI "0000:18:00.0" /* of the first one */

/* One healthy H100 (tests/fakes/nvml/h100.txt) behind the library of that kind: "whole", "old", "none", or one that is not there. The host lasts until the stop;
 * its root is `root`. */
const struct gpu_host *nvml_gpus_start(const char *kind, const char *root);
/* A line more in what they are: fake.h. */
void nvml_gpus_say(const char *fmt, ...) _printf_(1, 2);
void nvml_gpus_stop(void);

#endif
