/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory there is to work with: buffers follow the node's size. */
#ifndef AGENT_PIPELINE_MEMORY_H
#define AGENT_PIPELINE_MEMORY_H

#include <stdint.h>

/* Bytes that can be taken without swapping (MemAvailable); 256 MiB where the kernel does not say. */
uint64_t memory_available(void);

#endif
