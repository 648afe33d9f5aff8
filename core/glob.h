/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns in which '*' stands for any text, none included, and everything else for itself. */
#ifndef CORE_GLOB_H
#define CORE_GLOB_H

#include <stdbool.h>

/* At most the product of both lengths in steps, whatever the pattern is. */
bool glob_matches(const char *pattern, const char *text);

#endif
