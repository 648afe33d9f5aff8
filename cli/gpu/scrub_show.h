/* SPDX-License-Identifier: Apache-2.0 */
/* What `remint gpu scrub` has found of one GPU: {"pci", "model"?, "scrub": {...} or "error": text}. */
#ifndef CLI_GPU_SCRUB_SHOW_H
#define CLI_GPU_SCRUB_SHOW_H

#include <jansson.h>

#define EXIT_FOUND 3

/* The exit status for it: 0, or EXIT_FOUND; then "found": [text] is added, which says why. share: percent, 0: any. */
int gpu_scrub_judge(json_t *entry, unsigned share);
/* Prints it for people. */
void gpu_scrub_show(const json_t *entry);

#endif
