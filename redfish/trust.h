/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First contact: what certificate a BMC shows, and the file in which an operator records that it is the right one. Each entry is bound to the
 * BMC's address; it is the digest of the public key, so that a certificate that is issued anew for the same key stays good.
 */
#ifndef REDFISH_TRUST_H
#define REDFISH_TRUST_H

#include "core/hash.h"
#include "core/json.h"

#define RF_PIN_SIZE 64 /* bytes of "sha256//BASE64" with the NUL */

struct rf_certificate {
	char key_sha256[SHA256_HEX_SIZE];         /* of its SubjectPublicKeyInfo */
	char certificate_sha256[SHA256_HEX_SIZE]; /* of the whole, DER: what browsers and BMCs' pages show */
	char subject[256], issuer[256];           /* printable */
	char from[32], until[32];                 /* as libcrypto writes times */
};

/* Connects, and says nothing. Blocks, 10 s at most; not within a loop. Nothing is trusted by it. */
int rf_certificate_look(const char *origin, struct rf_certificate *ret, struct err *err) _must_check_;
/* From PEM. */
int rf_certificate_read(const char *pem, struct rf_certificate *ret, struct err *err) _must_check_;

/* The digest of a public key, as 64 hexadecimal digits or as it is returned. -EBADMSG. */
int rf_pin_read(const char *text, char pin[RF_PIN_SIZE], struct err *err) _must_check_;
/* Of what that returned: the 64 digits, as `remint bmc trust` shows them. */
void rf_pin_hex(const char *pin, char hex[SHA256_HEX_SIZE]);

/* The file as {"bmcs": {ORIGIN: {...}}}, every entry checked; a file that is not there is empty. *ret is a new reference. */
int rf_known_read(const char *path, json_t **ret, struct err *err) _must_check_;
/* The pin of an address; "" where it is not in the file. */
int rf_known_pin(const json_t *known, const char *origin, char pin[RF_PIN_SIZE],
		 struct err *err) _must_check_;
/* Records it (mode 0600, atomically). Another key for that address is -EKEYREJECTED unless `replace`. *ret_new: it was not there. */
int rf_known_add(const char *path, const char *origin, const struct rf_certificate *certificate, bool replace,
		 bool *ret_new, struct err *err) _must_check_;

#endif
