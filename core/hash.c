/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256, hexadecimal and random bytes. */
#include "core/hash.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/random.h>

#include "core/io.h"

#define FILE_BLOCK (1024 * 1024)

struct sha256_stream {
	EVP_MD_CTX *ctx;
};

void sha256(const void *buf, size_t len, uint8_t digest[SHA256_SIZE])
{
	if (!EVP_Digest(buf, len, digest, NULL, EVP_sha256(), NULL))
		abort();
}

void sha256_hex(const void *buf, size_t len, char hex[SHA256_HEX_SIZE])
{
	uint8_t digest[SHA256_SIZE];

	sha256(buf, len, digest);
	hex_encode(digest, sizeof(digest), hex);
}

struct sha256_stream *sha256_stream_new(void)
{
	struct sha256_stream *s = xcalloc(1, sizeof(*s));

	s->ctx = EVP_MD_CTX_new();
	if (!s->ctx || !EVP_DigestInit_ex(s->ctx, EVP_sha256(), NULL))
		abort();
	return s;
}

void sha256_stream_add(struct sha256_stream *s, const void *buf, size_t len)
{
	if (!EVP_DigestUpdate(s->ctx, buf, len))
		abort();
}

void sha256_stream_end(struct sha256_stream *s, uint8_t digest[SHA256_SIZE])
{
	if (!EVP_DigestFinal_ex(s->ctx, digest, NULL) || !EVP_DigestInit_ex(s->ctx, EVP_sha256(), NULL))
		abort();
}

void sha256_stream_free(struct sha256_stream *s)
{
	if (!s)
		return;
	EVP_MD_CTX_free(s->ctx);
	free(s);
}

int sha256_file(const char *path, uint8_t digest[SHA256_SIZE], uint64_t *ret_size, struct err *err)
{
	_cleanup_(sha256_stream_freep) struct sha256_stream *s = sha256_stream_new();
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *buf = xcalloc(1, FILE_BLOCK);
	uint64_t size = 0;

	if (fd < 0)
		return err_sys(err, errno, "%s", path);
	for (;;) {
		ssize_t n = read(fd, buf, FILE_BLOCK);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "%s", path);
		if (!n)
			break;
		sha256_stream_add(s, buf, (size_t)n);
		size += (uint64_t)n;
	}
	sha256_stream_end(s, digest);
	if (ret_size)
		*ret_size = size;
	return 0;
}

void hex_encode(const void *buf, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *p = buf;

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
	*out = '\0';
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int hex_decode(const char *hex, void *buf, size_t len)
{
	uint8_t *out = buf;

	for (size_t i = 0; i < len; i++) {
		int high = nibble(*hex), low = high < 0 ? -1 : nibble(hex[1]);

		if (low < 0)
			return -EBADMSG;
		out[i] = (uint8_t)(high << 4 | low);
		hex += 2;
	}
	return *hex ? -EBADMSG : 0;
}

void random_bytes(void *buf, size_t len)
{
	uint8_t *p = buf;

	while (len) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			abort();
		p += n;
		len -= (size_t)n;
	}
}

bool equal_secret(const void *a, const void *b, size_t len)
{
	return !CRYPTO_memcmp(a, b, len);
}
