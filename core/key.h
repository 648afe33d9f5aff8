/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys, wherever they are kept: a PEM file without a passphrase, or a token by its PKCS#11 URI (RFC 7512). */
#ifndef CORE_KEY_H
#define CORE_KEY_H

#include <openssl/evp.h>
#include <stdbool.h>

#include "core/err.h"

/* "pkcs11:token=...;object=...". The PIN is the URI's pin-value, or in the file that its pin-source names. */
bool key_is_uri(const char *path);
/*
 * A token is asked through OpenSSL's store where a provider for it is configured, else through the engine "pkcs11" (package
 * libengine-pkcs11-openssl). Nobody is asked for a passphrase or a PIN: whoever runs this may have no terminal.
 */
int key_read(const char *path, EVP_PKEY **ret, struct err *err) _must_check_;

#endif
