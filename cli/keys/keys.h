/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `remint keys` that are about Secure Boot. docs/secure-boot.md */
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include "core/err.h"
#include "images/boot/sb_keys.h"

/* As in cli/verbs.h. */
int keys_init(int argc, char **argv);
int keys_sign(int argc, char **argv);
int keys_enroll(int argc, char **argv);
int keys_rotate(int argc, char **argv);
int keys_status(int argc, char **argv);

#define KEYS_DAYS 7300 /* firmware looks at no certificate's end; what replaces a key is rotation */

/* What names a key in a token must be a URI. */
int keys_check_uris(const struct sb_keys_request *request, struct err *err) _must_check_;

/* Is this boot image one that a machine with these keys would start: signed by a key that is in db and not revoked? */
int keys_check_image(const struct sb_keys *keys, const char *path, struct err *err) _must_check_;

#endif
