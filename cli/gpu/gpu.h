/* SPDX-License-Identifier: Apache-2.0 */
/* remint gpu: what a GPU says, for people. */
#ifndef CLI_GPU_H
#define CLI_GPU_H

#include <jansson.h>
#include <stdbool.h>

/* One of the array that `remint gpu show --json` prints, to standard output. */
void gpu_print(const json_t *gpu);
/* It has faults, or could not be looked at. */
bool gpu_is_faulty(const json_t *gpu);

#endif
