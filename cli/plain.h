/* SPDX-License-Identifier: Apache-2.0 */
/* Text that others have written, for a terminal or a page. */
#ifndef CLI_PLAIN_H
#define CLI_PLAIN_H

/*
 * Puts '?' for what a terminal takes as a command (control characters, C1 ones in UTF-8 too) and for what turns the direction of writing
 * (Unicode's embeddings, overrides and isolates), in place. Newlines stay. `text` is UTF-8.
 */
void plain_text(char *text);

#endif
