/* SPDX-License-Identifier: Apache-2.0 */
/* Differences of a machine from what it should be, or was: protocol/class/class.h has their form. */
#ifndef CLI_DIFFERENCES_H
#define CLI_DIFFERENCES_H

#include <jansson.h>
#include <stdbool.h>

#define EXIT_DIFFERS 3

void differences_show(const json_t *found); /* for people, a sentence a line */
/* Does something that is required differ? A verb that compares exits with EXIT_DIFFERS then. */
bool differences_hold(const json_t *found);

#endif
