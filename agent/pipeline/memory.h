/* SPDX-License-Identifier: Apache-2.0 */
/* How much memory there is to work with: buffers follow the node's size. */
#ifndef AGENT_PIPELINE_MEMORY_H
#define AGENT_PIPELINE_MEMORY_H

#include <stdint.h>

/* Bytes that can be taken without swapping (MemAvailable); 256 MiB where the kernel does not say. */
uint64_t memory_available(void);

/* Bytes of RAM that this process has had at the most (VmHWM, proc(5)): unlike getrusage's, without the program that started it. 0 where unknown. */
uint64_t memory_peak(void);

#endif
