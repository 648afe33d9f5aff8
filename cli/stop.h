/* SPDX-License-Identifier: Apache-2.0 */
/* Ctrl-C, SIGTERM and a terminal that hangs up as a question that long work asks, so that it can clean up. */
#ifndef CLI_STOP_H
#define CLI_STOP_H

#include <stdbool.h>

/* From here on the first such signal only makes stop_asked() true; a second one ends the process as ever. */
void stop_begin(void);
/* As a library's callbacks want it. */
bool stop_asked(void *data);
/* Signals do what they did before. */
void stop_end(void);

#endif
