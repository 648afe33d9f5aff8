/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates by libcrypto, and its errors. */
#include "core/ossl.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "core/io.h"

#define PEM_FILE_MAX (256 * 1024)

void ossl_certs_free(STACK_OF(X509) * certs)
{
	sk_X509_pop_free(certs, X509_free);
}

int ossl_err(struct err *err, int code, const char *fmt, ...)
{
	char context[512];
	const char *data = "", *reason;
	unsigned long last;
	int flags = 0;
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(context, sizeof(context), fmt, args);
	va_end(args);
	last = ERR_peek_last_error_all(NULL, NULL, NULL, &data, &flags);
	reason = last ? ERR_reason_error_string(last) : NULL;
	if (!(flags & ERR_TXT_STRING))
		data = "";
	err_set(err, code, "%s: %s%s%s", context, reason ? reason : "no reason given", *data ? ", " : "",
		data);
	ERR_clear_error();
	return -code;
}

static void print_name(const X509_NAME *name, char *text, size_t size)
{
	_cleanup_(BIO_free_allp) BIO *bio = BIO_new(BIO_s_mem());
	char *printed = NULL;
	long len;

	if (!bio)
		abort();
	X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
	len = BIO_get_mem_data(bio, &printed);
	snprintf(text, size, "%.*s", (int)len, len ? printed : "");
}

void ossl_subject(const X509 *cert, char *text, size_t size)
{
	print_name(X509_get_subject_name(cert), text, size);
}

void ossl_issuer(const X509 *cert, char *text, size_t size)
{
	print_name(X509_get_issuer_name(cert), text, size);
}

void ossl_fingerprint(const X509 *cert, char hex[SHA256_HEX_SIZE])
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	if (!X509_digest(cert, EVP_sha256(), digest, &n) || n != SHA256_SIZE)
		abort();
	hex_encode(digest, SHA256_SIZE, hex);
}

int ossl_no_passphrase(char *buf, int size, int rwflag, void *data)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)data;
	return -1;
}

int ossl_certs_read(const void *pem, size_t len, const char *what, STACK_OF(X509) * *ret, struct err *err)
{
	_cleanup_(ossl_certs_freep) STACK_OF(X509) *certs = sk_X509_new_null();
	_cleanup_(BIO_free_allp) BIO *bio = NULL;
	X509 *cert;

	if (len > PEM_FILE_MAX)
		return err_set(err, EFBIG, "%s: more than %d bytes of certificates", what, PEM_FILE_MAX);
	bio = BIO_new_mem_buf(pem, (int)len);
	if (!bio || !certs)
		return err_sys(err, ENOMEM, "%s", what);
	ERR_clear_error();
	while ((cert = PEM_read_bio_X509(bio, NULL, ossl_no_passphrase, NULL)))
		if (!sk_X509_push(certs, cert)) {
			X509_free(cert);
			return err_sys(err, ENOMEM, "%s", what);
		}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return ossl_err(err, EBADMSG, "%s: a certificate that cannot be read", what);
	ERR_clear_error();
	if (!sk_X509_num(certs))
		return err_set(err, EBADMSG, "%s: no PEM certificate in it", what);
	*ret = TAKE_PTR(certs);
	return 0;
}

int ossl_certs_read_file(const char *path, STACK_OF(X509) * *ret, struct err *err)
{
	_cleanup_free_ char *pem = NULL;
	size_t len;
	int r = file_read(path, PEM_FILE_MAX, &pem, &len, err);

	return r < 0 ? r : ossl_certs_read(pem, len, path, ret, err);
}
