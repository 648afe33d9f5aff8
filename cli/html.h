/* SPDX-License-Identifier: Apache-2.0 */
/* Writing HTML. */
#ifndef CLI_HTML_H
#define CLI_HTML_H

#include <stdio.h>

/* Text of anybody's, with no character left that means anything to a browser, in a text or in a quoted attribute. */
void html_text(FILE *out, const char *from);
/* <TAG>from</TAG>, with `from` as above; the tag is our own, and may have attributes. */
void html_element(FILE *out, const char *tag, const char *from);

#endif
