/* SPDX-License-Identifier: Apache-2.0 */
#include "core/seal.h"

#include <assert.h>
#include <openssl/evp.h>
#include <string.h>

#include "core/hash.h"

#define FORMAT     1
#define NONCE_SIZE 12
#define TAG_SIZE   16
#define SECRET_MAX (1u << 20) /* bytes */

static_assert(1 + NONCE_SIZE + TAG_SIZE == SEAL_EXTRA, "what sealing adds");

DEFINE_CLEANUP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_free);

static int add_about(EVP_CIPHER_CTX *ctx, const char *about)
{
	int n;

	return EVP_CipherUpdate(ctx, NULL, &n, (const unsigned char *)about, (int)strlen(about));
}

static EVP_CIPHER_CTX *begin(const uint8_t *key, const uint8_t *nonce, const char *about, int encrypt)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	/* 12 bytes are GCM's own length of a nonce (SP 800-38D, 8.2). */
	if (!ctx || !EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce, encrypt) ||
	    !add_about(ctx, about))
		abort();
	return ctx;
}

void seal(const uint8_t key[SEAL_KEY_SIZE], const char *about, const void *secret, size_t len, uint8_t *out)
{
	_cleanup_(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *ctx = NULL;
	uint8_t *nonce = out + 1, *text = nonce + NONCE_SIZE, *tag = text + len;
	int n;

	if (len > SECRET_MAX)
		abort();
	out[0] = FORMAT;
	random_bytes(nonce, NONCE_SIZE);
	ctx = begin(key, nonce, about, 1);
	if (!EVP_CipherUpdate(ctx, text, &n, secret, (int)len) || !EVP_CipherFinal_ex(ctx, tag, &n) ||
	    !EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, tag))
		abort();
}

static int open_it(EVP_CIPHER_CTX *ctx, const uint8_t *text, size_t len, void *out)
{
	uint8_t tag[TAG_SIZE], none[TAG_SIZE];
	int n;

	memcpy(tag, text + len, TAG_SIZE);
	return EVP_CipherUpdate(ctx, out, &n, text, (int)len) &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag) &&
	       EVP_CipherFinal_ex(ctx, none, &n);
}

int seal_open(const uint8_t key[SEAL_KEY_SIZE], const char *about, const void *sealed, size_t len, void *out,
	      struct err *err)
{
	_cleanup_(EVP_CIPHER_CTX_freep) EVP_CIPHER_CTX *ctx = NULL;
	const uint8_t *in = sealed;

	if (len < SEAL_EXTRA || len > SECRET_MAX + SEAL_EXTRA || in[0] != FORMAT)
		return err_set(err, EBADMSG, "not a sealed secret");
	ctx = begin(key, in + 1, about, 0);
	if (open_it(ctx, in + 1 + NONCE_SIZE, len - SEAL_EXTRA, out))
		return 0;
	explicit_bzero(out, len - SEAL_EXTRA); /* GCM decrypts before it knows */
	return err_set(err, EBADMSG, "a sealed secret that was made with another key, or has been altered");
}
