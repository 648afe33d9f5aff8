/* SPDX-License-Identifier: Apache-2.0 */
/* remint gpu scrub, as verbs.h has it. */
#ifndef CLI_GPU_SCRUB_H
#define CLI_GPU_SCRUB_H

int gpu_scrub(int argc, char **argv);

#endif
