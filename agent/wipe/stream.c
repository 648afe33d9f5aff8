/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/wipe/stream.h"

#include <endian.h>
#include <openssl/evp.h>
#include <string.h>

#include "core/io.h"

#define AES_BLOCK 16

struct stream {
	EVP_CIPHER_CTX *ctx;
};

int stream_new(struct stream **ret, struct err *err)
{
	static const uint8_t key[STREAM_KEY_SIZE];
	_cleanup_(stream_freep) struct stream *s = xcalloc(1, sizeof(*s));

	s->ctx = EVP_CIPHER_CTX_new();
	if (!s->ctx || EVP_EncryptInit_ex(s->ctx, EVP_aes_256_ctr(), NULL, key, NULL) != 1)
		return err_set(err, ENOMEM, "libcrypto gives no AES-256-CTR");
	*ret = TAKE_PTR(s);
	return 0;
}

void stream_free(struct stream *stream)
{
	if (!stream)
		return;
	EVP_CIPHER_CTX_free(stream->ctx);
	free(stream);
}

/* The cipher stands; only key and counter are new, so that nothing is fetched. The counter is 128 bits, big-endian. */
void stream_fill(struct stream *stream, const uint8_t key[STREAM_KEY_SIZE], uint64_t which, uint64_t place,
		 void *buf, size_t len)
{
	uint64_t counter[2] = {htobe64(which), htobe64(place / AES_BLOCK)};
	int n;

	memset(buf, 0, len);
	if (EVP_EncryptInit_ex(stream->ctx, NULL, NULL, key, (uint8_t *)counter) != 1 ||
	    EVP_EncryptUpdate(stream->ctx, buf, &n, buf, (int)len) != 1)
		abort();
}
