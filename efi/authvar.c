/* SPDX-License-Identifier: Apache-2.0 */
#include "efi/authvar.h"

#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <string.h>

#include "core/io.h"
#include "core/ossl.h"
#include "efi/siglist_spec.h"

#define NAME_MAX_CHARS 63
#define RSA_BITS_MIN   2048

static const uint8_t pkcs7_type[16] = EFI_CERT_TYPE_PKCS7_GUID;

DEFINE_CLEANUP(PKCS7 *, PKCS7_free);

/* UTC: time zone, daylight, nanoseconds and padding are to be 0 (8.2.2). */
static struct efi_time make_time(time_t time)
{
	struct tm tm;

	gmtime_r(&time, &tm);
	return (struct efi_time){.Year = (uint16_t)(tm.tm_year + 1900),
				 .Month = (uint8_t)(tm.tm_mon + 1),
				 .Day = (uint8_t)tm.tm_mday,
				 .Hour = (uint8_t)tm.tm_hour,
				 .Minute = (uint8_t)tm.tm_min,
				 .Second = (uint8_t)tm.tm_sec};
}

/* What is signed: name in UCS-2 without its end, GUID, attributes, time, contents. */
static uint8_t *make_content(const struct authvar *var, const struct efi_time *time, size_t *ret_len)
{
	size_t chars = strlen(var->name), len = 2 * chars + 16 + 4 + sizeof(*time) + var->len;
	uint8_t *content = xcalloc(1, len), *at = content;

	for (size_t i = 0; i < chars; i++, at += 2)
		*at = (uint8_t)var->name[i];
	memcpy(at, var->guid, 16);
	memcpy(at + 16, &var->attributes, 4);
	memcpy(at + 20, time, sizeof(*time));
	if (var->len)
		memcpy(at + 20 + sizeof(*time), var->data, var->len);
	*ret_len = len;
	return content;
}

/* CMS would do as well, but its API gives a ContentInfo alone. */
static int sign_content(const uint8_t *content, size_t len, EVP_PKEY *key, X509 *cert, uint8_t **ret,
			int *ret_len, struct err *err)
{
	const int flags = PKCS7_BINARY | PKCS7_DETACHED | PKCS7_NOATTR | PKCS7_NOSMIMECAP | PKCS7_PARTIAL;
	_cleanup_(BIO_free_allp) BIO *bio = BIO_new_mem_buf(content, (int)len);
	_cleanup_(PKCS7_freep) PKCS7 *p7 = bio ? PKCS7_sign(NULL, NULL, NULL, bio, flags) : NULL;

	if (!p7 || !PKCS7_sign_add_signer(p7, cert, key, EVP_sha256(), flags) ||
	    PKCS7_final(p7, bio, flags) != 1)
		return ossl_err(err, EIO, "signing failed");
	*ret_len = i2d_PKCS7_SIGNED(p7->d.sign, ret);
	return *ret_len > 0 ? 0 : ossl_err(err, EIO, "signing failed");
}

static int check_key(EVP_PKEY *key, X509 *cert, struct err *err)
{
	if (!EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) < RSA_BITS_MIN)
		return err_set(err, EINVAL, "not an RSA key of %d bits or more, which firmware wants",
			       RSA_BITS_MIN);
	if (!X509_check_private_key(cert, key))
		return ossl_err(err, EINVAL, "the key is not that of its certificate");
	return 0;
}

int authvar_sign(const struct authvar *var, EVP_PKEY *key, X509 *cert, uint8_t **ret, size_t *ret_len,
		 struct err *err)
{
	const struct efi_time time = make_time(var->time);
	struct efi_variable_authentication_2 header = {.TimeStamp = time,
						       .wRevision = WIN_CERT_REVISION,
						       .wCertificateType = WIN_CERT_TYPE_EFI_GUID};
	_cleanup_free_ uint8_t *content = NULL;
	uint8_t *signature = NULL, *payload;
	size_t len;
	int sig_len = 0, r;

	if (!*var->name || strlen(var->name) > NAME_MAX_CHARS || var->len > AUTHVAR_MAX / 2)
		return err_set(err, EINVAL, "%s: name or contents are too long", var->name);
	ERR_clear_error();
	r = check_key(key, cert, err);
	if (r < 0)
		return err_prepend(err, "%s", var->name);
	content = make_content(var, &time, &len);
	r = sign_content(content, len, key, cert, &signature, &sig_len, err);
	if (r < 0 || !signature)
		return err_prepend(err, "%s", var->name);
	memcpy(header.CertType, pkcs7_type, 16);
	header.dwLength = (uint32_t)(sizeof(header) - sizeof(header.TimeStamp) + (size_t)sig_len);
	payload = xcalloc(1, sizeof(header) + (size_t)sig_len + var->len);
	memcpy(payload, &header, sizeof(header));
	memcpy(payload + sizeof(header), signature, (size_t)sig_len);
	if (var->len)
		memcpy(payload + sizeof(header) + sig_len, var->data, var->len);
	OPENSSL_free(signature);
	*ret = payload;
	*ret_len = sizeof(header) + (size_t)sig_len + var->len;
	return 0;
}

int authvar_parse(const void *payload, size_t len, struct authvar_parts *ret, struct err *err)
{
	const uint8_t *bytes = payload;
	struct efi_variable_authentication_2 header;
	const size_t fixed = sizeof(header) - sizeof(header.TimeStamp);

	if (len < sizeof(header) || len > AUTHVAR_MAX)
		return err_set(err, EBADMSG, "signed variable: %zu bytes", len);
	memcpy(&header, bytes, sizeof(header));
	if (header.wRevision != WIN_CERT_REVISION || header.wCertificateType != WIN_CERT_TYPE_EFI_GUID ||
	    memcmp(header.CertType, pkcs7_type, 16) != 0)
		return err_set(err, EBADMSG,
			       "signed variable: its signature is of another kind than PKCS #7");
	if (header.dwLength <= fixed || header.dwLength > len - sizeof(header.TimeStamp))
		return err_set(err, EBADMSG, "signed variable: a signature of %u bytes does not fit",
			       header.dwLength);
	*ret = (struct authvar_parts){
		.signature = bytes + sizeof(header),
		.signature_len = header.dwLength - fixed,
		.data = bytes + sizeof(header.TimeStamp) + header.dwLength,
		.data_len = len - sizeof(header.TimeStamp) - header.dwLength,
	};
	return 0;
}
