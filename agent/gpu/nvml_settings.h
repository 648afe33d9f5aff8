/* SPDX-License-Identifier: Apache-2.0 */
/* Words for settings, as an order and the record write them. */
#ifndef AGENT_GPU_NVML_SETTINGS_H
#define AGENT_GPU_NVML_SETTINGS_H

/* Static; NVML's 0 and 1. */
const char *nvml_switch_word(unsigned on);
/* nvmlComputeMode_t: "default", "exclusive", "prohibited"; "unknown" for others. */
const char *nvml_compute_word(unsigned mode);
unsigned nvml_watts(unsigned milliwatts); /* rounded */

#endif
