/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/attestation/tpm_credential.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#define AES_SIZE 16 /* the templates' symmetric key */
#define X_SIZE   32 /* a coordinate of P-256 */

DEFINE_CLEANUP(EVP_PKEY_CTX *, EVP_PKEY_CTX_free);
DEFINE_CLEANUP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free);

static void put16(uint8_t *to, uint16_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

/* Key derivation by HMAC-SHA-256, one block: Part 1, 11.4.10.2. bits: 128 or 256, of `ret`. */
static bool kdfa(const uint8_t seed[SHA256_SIZE], const char *label, const uint8_t *context,
		 size_t context_len, uint16_t bits, uint8_t ret[SHA256_SIZE])
{
	uint8_t text[4 + 16 + TPM_NAME_SIZE + 4] = {0, 0, 0, 1};
	size_t len = 4, label_len = strlen(label) + 1;

	memcpy(text + len, label, label_len);
	len += label_len;
	if (context_len)
		memcpy(text + len, context, context_len);
	len += context_len;
	put16(text + len + 2, bits);
	len += 4;
	return HMAC(EVP_sha256(), seed, SHA256_SIZE, text, len, ret, NULL);
}

/* RSA-OAEP with the label "IDENTITY" and its NUL: Part 1, B.10.4. */
static bool seed_for_rsa(EVP_PKEY *ek, uint8_t seed[SHA256_SIZE], struct bytes *ret)
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ek, NULL);
	char *label = OPENSSL_strdup("IDENTITY");
	size_t len = BYTES_MAX - 2;

	random_bytes(seed, SHA256_SIZE);
	if (!ctx || !label || EVP_PKEY_encrypt_init(ctx) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) <= 0 ||
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) <= 0 ||
	    EVP_PKEY_CTX_set0_rsa_oaep_label(ctx, label, sizeof("IDENTITY")) <= 0) {
		OPENSSL_free(label);
		return false;
	}
	if (EVP_PKEY_encrypt(ctx, ret->data + 2, &len, seed, SHA256_SIZE) <= 0)
		return false;
	put16(ret->data, (uint16_t)len);
	ret->len = (uint16_t)(len + 2);
	return true;
}

static bool point_of(const EVP_PKEY *key, uint8_t ret[1 + 2 * X_SIZE])
{
	size_t len = 0;

	return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, ret, 1 + 2 * X_SIZE,
					       &len) > 0 &&
	       len == 1 + 2 * X_SIZE && ret[0] == 4;
}

static bool agree(EVP_PKEY *ours, EVP_PKEY *theirs, uint8_t ret_z[X_SIZE])
{
	_cleanup_(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(ours, NULL);
	size_t len = X_SIZE;

	return ctx && EVP_PKEY_derive_init(ctx) > 0 && EVP_PKEY_derive_set_peer(ctx, theirs) > 0 &&
	       EVP_PKEY_derive(ctx, ret_z, &len) > 0 && len == X_SIZE;
}

/*
 * A one-time key whose coordinate, as the secret's, has no leading zero: TPMs of before revision 1.38 leave those out of the derivation,
 * later ones do not.
 */
static bool one_time(EVP_PKEY *ek, uint8_t ret_point[1 + 2 * X_SIZE], uint8_t ret_z[X_SIZE])
{
	for (unsigned tries = 0; tries < 64; tries++) {
		_cleanup_(EVP_PKEY_freep) EVP_PKEY *ours = EVP_EC_gen("prime256v1");

		if (!ours || !point_of(ours, ret_point) || !agree(ours, ek, ret_z))
			return false;
		if (ret_point[1] && ret_z[0])
			return true;
	}
	return false;
}

/* ECDH with a one-time key; KDFe: Part 1, C.6.4 and 11.4.10.3. */
static bool seed_for_p256(EVP_PKEY *ek, uint8_t seed[SHA256_SIZE], struct bytes *ret)
{
	uint8_t ours[1 + 2 * X_SIZE], theirs[1 + 2 * X_SIZE],
		text[4 + X_SIZE + 9 + 2 * X_SIZE] = {0, 0, 0, 1};
	uint8_t *to = text + 4;

	if (!point_of(ek, theirs) || !one_time(ek, ours, to))
		return false;
	to += X_SIZE;
	memcpy(to, "IDENTITY", 9);
	memcpy(to + 9, ours + 1, X_SIZE);
	memcpy(to + 9 + X_SIZE, theirs + 1, X_SIZE);
	sha256(text, sizeof(text), seed);
	explicit_bzero(text, sizeof(text));
	put16(ret->data, 2 * (2 + X_SIZE));
	put16(ret->data + 2, X_SIZE);
	memcpy(ret->data + 4, ours + 1, X_SIZE);
	put16(ret->data + 4 + X_SIZE, X_SIZE);
	memcpy(ret->data + 6 + X_SIZE, ours + 1 + X_SIZE, X_SIZE);
	ret->len = 2 + 2 * (2 + X_SIZE);
	return true;
}

/* AES in CFB mode with an IV of zeros: the key is used once. */
static bool encrypt(const uint8_t key[AES_SIZE], const uint8_t *text, int len, uint8_t *ret)
{
	_cleanup_(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	static const uint8_t iv[AES_SIZE];
	int done = 0;

	return ctx && EVP_EncryptInit_ex(ctx, EVP_aes_128_cfb128(), NULL, key, iv) == 1 &&
	       EVP_EncryptUpdate(ctx, ret, &done, text, len) == 1 && done == len;
}

/* {size, {32, HMAC(encrypted, name)}, encrypted {32, hidden}}: Part 1, 24.4. */
static bool seal(const uint8_t seed[SHA256_SIZE], const uint8_t name[TPM_NAME_SIZE],
		 const uint8_t hidden[SHA256_SIZE], struct bytes *ret)
{
	uint8_t text[2 + SHA256_SIZE], key[SHA256_SIZE], signed_text[sizeof(text) + TPM_NAME_SIZE];
	uint8_t *encrypted = ret->data + 4 + SHA256_SIZE;
	bool good;

	put16(text, SHA256_SIZE);
	memcpy(text + 2, hidden, SHA256_SIZE);
	good = kdfa(seed, "STORAGE", name, TPM_NAME_SIZE, AES_SIZE * 8, key) &&
	       encrypt(key, text, sizeof(text), encrypted);
	memcpy(signed_text, encrypted, sizeof(text));
	memcpy(signed_text + sizeof(text), name, TPM_NAME_SIZE);
	good = good && kdfa(seed, "INTEGRITY", NULL, 0, SHA256_SIZE * 8, key) &&
	       HMAC(EVP_sha256(), key, sizeof(key), signed_text, sizeof(signed_text), ret->data + 4, NULL);
	explicit_bzero(text, sizeof(text));
	explicit_bzero(key, sizeof(key));
	put16(ret->data, 2 + SHA256_SIZE + sizeof(text));
	put16(ret->data + 2, SHA256_SIZE);
	ret->len = 4 + SHA256_SIZE + sizeof(text);
	return good;
}

int tpm_credential_make(const struct tpm_key *ek, const struct tpm_key *ak, const uint8_t hidden[SHA256_SIZE],
			struct bytes *ret_credential, struct bytes *ret_secret, struct err *err)
{
	uint8_t seed[SHA256_SIZE] = {0};
	bool good = EVP_PKEY_is_a(ek->pkey, "RSA") ? seed_for_rsa(ek->pkey, seed, ret_secret)
						   : seed_for_p256(ek->pkey, seed, ret_secret);

	good = good && seal(seed, ak->name, hidden, ret_credential);
	explicit_bzero(seed, sizeof(seed));
	return good ? 0 : ossl_err(err, EBADMSG, "a credential for this endorsement key cannot be made");
}
