/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of the scrub, as text that the driver compiles for the GPU that is there. */
#ifndef AGENT_GPU_SCRUB_PTX_H
#define AGENT_GPU_SCRUB_PTX_H

#define SCRUB_PTX_FILL   "scrub_fill"
#define SCRUB_PTX_VERIFY "scrub_verify"

extern const char scrub_ptx[];

#endif
