/* SPDX-License-Identifier: Apache-2.0 */
/* The two ways to write the digest of a public key. */
#include <openssl/evp.h>
#include <string.h>

#include "redfish/trust.h"

#define PREFIX      "sha256//"
#define BASE64_SIZE 45 /* of 32 bytes: 43 digits, '=' and the NUL */

static bool from_base64(const char *text, uint8_t digest[SHA256_SIZE])
{
	uint8_t bytes[SHA256_SIZE + 2]; /* libcrypto counts what fills the last group */

	if (strlen(text) != BASE64_SIZE - 1 || text[BASE64_SIZE - 2] != '=' || text[BASE64_SIZE - 3] == '=' ||
	    EVP_DecodeBlock(bytes, (const unsigned char *)text, BASE64_SIZE - 1) != SHA256_SIZE + 1)
		return false;
	memcpy(digest, bytes, SHA256_SIZE);
	return true;
}

int rf_pin_read(const char *text, char pin[RF_PIN_SIZE], struct err *err)
{
	const bool prefixed = !strncmp(text, PREFIX, strlen(PREFIX));
	unsigned char base64[BASE64_SIZE];
	uint8_t digest[SHA256_SIZE];

	if (prefixed ? !from_base64(text + strlen(PREFIX), digest)
		     : hex_decode(text, digest, sizeof(digest)) < 0)
		return err_set(err, EBADMSG,
			       "neither 64 hexadecimal digits nor \"" PREFIX
			       "\" and a digest of 32 bytes in base64");
	EVP_EncodeBlock(base64, digest, sizeof(digest));
	snprintf(pin, RF_PIN_SIZE, PREFIX "%s", (const char *)base64);
	return 0;
}

void rf_pin_hex(const char *pin, char hex[SHA256_HEX_SIZE])
{
	uint8_t digest[SHA256_SIZE] = {0};

	(void)from_base64(pin + strlen(PREFIX), digest);
	hex_encode(digest, sizeof(digest), hex);
}
