/* SPDX-License-Identifier: Apache-2.0 */
/* Is the payload to be had, before a device is changed? */
#ifndef CLI_WRITE_PROBE_H
#define CLI_WRITE_PROBE_H

#include "cli/image/write_image.h"

/*
 * 0 as soon as one of the sources gives the payload's last byte; else what stands against each of them. All are asked at once, and
 * for ten seconds again while one answers that it has too much to do.
 */
int write_probe(const struct write_image *image, bool (*cancelled)(void *data), struct err *err) _must_check_;

#endif
