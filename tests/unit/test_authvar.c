/* rooms: efi core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Payloads of authenticated variables: their bytes, and their signature as firmware checks it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/pkcs7.h>
#include <string.h>

#include "core/io.h"
#include "core/key.h"
#include "core/ossl.h"
#include "core/pki.h"
#include "efi/authvar.h"
#include "efi/siglist_spec.h"

#define WHEN 1764108061 /* 2025-11-25T22:01:01Z */

static const uint8_t guid[16] = EFI_IMAGE_SECURITY_DATABASE_GUID;
static char folder[] = "/tmp/remint-authvar-XXXXXX";
static EVP_PKEY *key, *other;
static X509 *cert;

static void make(const char *name, bool rsa, EVP_PKEY **ret_key, X509 **ret_cert)
{
	_cleanup_free_ char *key_path = str_printf("%s/%s.key", folder, name),
			    *cert_path = str_printf("%s/%s.pem", folder, name);
	const struct pki_request request = {
		.use = PKI_CODE_SIGNING, .common_name = name, .days = 10, .rsa = rsa, .self_signed = true};
	STACK_OF(X509) *certs = NULL;
	struct err err = {0};

	assert_int_equal(pki_create(&request, key_path, cert_path, &err), 0);
	assert_int_equal(key_read(key_path, ret_key, &err), 0);
	assert_int_equal(ossl_certs_read_file(cert_path, &certs, &err), 0);
	*ret_cert = sk_X509_shift(certs);
	ossl_certs_free(certs);
}

static int setup(void **state)
{
	X509 *unused;

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	make("KEK", true, &key, &cert);
	make("ec", false, &other, &unused);
	X509_free(unused);
	return 0;
}

static int teardown(void **state)
{
	_cleanup_free_ char *command = str_printf("rm -rf %s", folder);

	(void)state;
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	X509_free(cert);
	return system(command);
}

static void sign(const char *data, uint32_t attributes, uint8_t **payload, size_t *len)
{
	const struct authvar var = {.name = "db",
				    .guid = guid,
				    .attributes = attributes,
				    .time = WHEN,
				    .data = data,
				    .len = strlen(data)};
	struct err err = {0};

	if (authvar_sign(&var, key, cert, payload, len, &err) < 0)
		fail_msg("%s", err.text);
}

/* What UEFI 2.10, 8.2.2 has firmware hash, written out by hand. */
static size_t content(uint8_t *to, uint8_t attributes, const char *data)
{
	static const uint8_t head[] = {'d', 0, 'b', 0};
	static const uint8_t time[] = {0xe9, 0x07, 11, 25, 22, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0};

	memcpy(to, head, 4);
	memcpy(to + 4, guid, 16);
	memcpy(to + 20, (uint8_t[]){attributes, 0, 0, 0}, 4);
	memcpy(to + 24, time, 16);
	memcpy(to + 40, data, strlen(data));
	return 40 + strlen(data);
}

static bool verifies(const struct authvar_parts *parts, uint8_t attributes, const char *data)
{
	uint8_t bytes[256];
	size_t len = content(bytes, attributes, data);
	const uint8_t *p = parts->signature;
	_cleanup_(BIO_free_allp) BIO *bio = BIO_new_mem_buf(bytes, (int)len);
	PKCS7 *p7 = PKCS7_new();
	bool good;

	/* firmware puts the ContentInfo around it itself */
	PKCS7_set_type(p7, NID_pkcs7_signed);
	PKCS7_SIGNED_free(p7->d.sign);
	p7->d.sign = d2i_PKCS7_SIGNED(NULL, &p, (long)parts->signature_len);
	assert_non_null(p7->d.sign);
	assert_ptr_equal(p, parts->signature + parts->signature_len);
	good = PKCS7_verify(p7, NULL, NULL, bio, NULL, PKCS7_NOVERIFY | PKCS7_BINARY) == 1;
	PKCS7_free(p7);
	return good;
}

static void test_signed(void **state)
{
	_cleanup_free_ uint8_t *payload = NULL;
	struct authvar_parts parts;
	struct err err = {0};
	size_t len;

	(void)state;
	sign("lists", AUTHVAR_REPLACE, &payload, &len);
	assert_int_equal(authvar_parse(payload, len, &parts, &err), 0);
	assert_int_equal(parts.data_len, 5);
	assert_memory_equal(parts.data, "lists", 5);
	/* a SEQUENCE with a length of two bytes, then version 1: what edk2 looks for at fixed places */
	assert_memory_equal(parts.signature, "\x30\x82", 2);
	assert_memory_equal(parts.signature + 4, "\x02\x01\x01\x31", 4);
	assert_true(verifies(&parts, AUTHVAR_REPLACE, "lists"));
	assert_false(verifies(&parts, AUTHVAR_APPEND, "lists"));
	assert_false(verifies(&parts, AUTHVAR_REPLACE, "listz"));
}

static void test_append_and_empty(void **state)
{
	_cleanup_free_ uint8_t *append = NULL, *empty = NULL;
	struct authvar_parts parts;
	struct err err = {0};
	size_t len;

	(void)state;
	sign("more", AUTHVAR_APPEND, &append, &len);
	assert_int_equal(authvar_parse(append, len, &parts, &err), 0);
	assert_true(verifies(&parts, AUTHVAR_APPEND, "more"));
	sign("", AUTHVAR_REPLACE, &empty, &len);
	assert_int_equal(authvar_parse(empty, len, &parts, &err), 0);
	assert_int_equal(parts.data_len, 0);
	assert_true(verifies(&parts, AUTHVAR_REPLACE, ""));
}

static void test_keys_that_firmware_would_not_take(void **state)
{
	const struct authvar var = {.name = "db",
				    .guid = guid,
				    .attributes = AUTHVAR_REPLACE,
				    .time = WHEN,
				    .data = "x",
				    .len = 1};
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *small = EVP_RSA_gen(1024), *stranger = EVP_RSA_gen(2048);
	uint8_t *payload = NULL;
	struct err err = {0};
	size_t len;

	(void)state;
	assert_int_equal(authvar_sign(&var, other, cert, &payload, &len, &err), -EINVAL);
	assert_int_equal(authvar_sign(&var, small, cert, &payload, &len, &err), -EINVAL);
	assert_int_equal(authvar_sign(&var, stranger, cert, &payload, &len, &err), -EINVAL);
	assert_null(payload);
}

static void test_bent_payloads(void **state)
{
	_cleanup_free_ uint8_t *payload = NULL;
	struct authvar_parts parts;
	struct err err = {0};
	size_t len;

	(void)state;
	sign("lists", AUTHVAR_REPLACE, &payload, &len);
	assert_int_equal(authvar_parse(payload, 39, &parts, &err), -EBADMSG);
	assert_int_equal(authvar_parse(payload, len - 6, &parts, &err), -EBADMSG); /* the signature is cut */
	payload[16] = 24;
	payload[17] = 0; /* dwLength says that there is no signature */
	assert_int_equal(authvar_parse(payload, len, &parts, &err), -EBADMSG);
	memset(payload + 16, 0xff, 4);
	assert_int_equal(authvar_parse(payload, len, &parts, &err), -EBADMSG);
	memset(payload + 24, 0, 16); /* another kind of signature */
	assert_int_equal(authvar_parse(payload, len, &parts, &err), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_signed),
		cmocka_unit_test(test_append_and_empty),
		cmocka_unit_test(test_keys_that_firmware_would_not_take),
		cmocka_unit_test(test_bent_payloads),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
