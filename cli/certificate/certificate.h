/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of `remint certificate` share; each is a file of its own beside it. */
#ifndef CLI_CERTIFICATE_H
#define CLI_CERTIFICATE_H

#include <jansson.h>

#include "core/err.h"
#include "core/hash.h"

int certificate_show_command(int argc, char **argv);
int certificate_html_command(int argc, char **argv);

/* Reads a file that must be a certificate. Its signature is not looked at. ret_sha256: of the file as it is; may be NULL. */
int certificate_open(const char *path, json_t **ret, char ret_sha256[SHA256_HEX_SIZE],
		     struct err *err) _must_check_;

/* One page for people: HTML that needs nothing else and runs nothing. `file` is the document's name, for the commands that check it.
 * malloc'd. */
char *certificate_page(const json_t *certificate, const char *file, const char *sha256) _must_check_;

#endif
