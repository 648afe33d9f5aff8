/* rooms: core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/cms.h>
#include <string.h>

#include "core/cms.h"
#include "core/io.h"
#include "core/key.h"
#include "core/ossl.h"
#include "core/pki.h"

#define TEXT "remint\n"

static char folder[] = "/tmp/remint-cms-XXXXXX";
static struct trust *trust, *other_trust;

static char *at(const char *name)
{
	return path_join(folder, name);
}

static void create(enum pki_use use, const char *name, const char *ca)
{
	static const char *const names[] = {"localhost", NULL};
	_cleanup_free_ char *key = str_printf("%s/%s.key", folder, name),
			    *cert = str_printf("%s/%s.pem", folder, name), *ca_key = NULL, *ca_cert = NULL;
	struct pki_request request = {.use = use, .common_name = name, .names = names, .days = 30};
	struct err err = {0};

	if (ca) {
		request.ca_key = ca_key = str_printf("%s/%s.key", folder, ca);
		request.ca_cert = ca_cert = str_printf("%s/%s.pem", folder, ca);
	}
	if (pki_create(&request, key, cert, &err) < 0)
		fail_msg("%s", err.text);
}

static int setup(void **state)
{
	_cleanup_free_ char *ca = NULL, *other = NULL;
	struct err err = {0};

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	create(PKI_CA, "ca", NULL);
	create(PKI_CA, "other", NULL);
	create(PKI_CODE_SIGNING, "signer", "ca");
	create(PKI_TLS_SERVER, "tls", "ca");
	ca = at("ca.pem");
	other = at("other.pem");
	return trust_from_file(ca, &trust, &err) < 0 || trust_from_file(other, &other_trust, &err) < 0 ? -1
												       : 0;
}

static int teardown(void **state)
{
	_cleanup_free_ char *command = str_printf("rm -rf %s", folder);

	(void)state;
	trust_free(trust);
	trust_free(other_trust);
	return system(command);
}

static int verify(const void *sig, size_t len, struct err *err)
{
	return cms_verify(TEXT, strlen(TEXT), sig, len, trust, time(NULL), NULL, err);
}

static void sign(uint8_t **sig, size_t *len)
{
	_cleanup_free_ char *key = at("signer.key"), *cert = at("signer.pem");
	struct err err = {0};

	if (cms_sign(TEXT, strlen(TEXT), key, cert, sig, len, &err) < 0)
		fail_msg("%s", err.text);
}

/* A signature that cms_sign() would not make. malloc'd DER. */
static uint8_t *sign_oddly(const char *who, unsigned flags, const EVP_MD *digest, size_t *ret_len)
{
	_cleanup_free_ char *key_path = str_printf("%s/%s.key", folder, who),
			    *cert_path = str_printf("%s/%s.pem", folder, who);
	_cleanup_(ossl_certs_freep) STACK_OF(X509) *certs = NULL;
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = NULL;
	_cleanup_(BIO_free_allp) BIO *bio = BIO_new_mem_buf(TEXT, (int)strlen(TEXT));
	uint8_t *der = NULL, *copy;
	CMS_ContentInfo *cms;
	struct err err = {0};
	int len;

	assert_int_equal(key_read(key_path, &key, &err), 0);
	assert_int_equal(ossl_certs_read_file(cert_path, &certs, &err), 0);
	cms = CMS_sign(NULL, NULL, NULL, bio, flags | CMS_PARTIAL | CMS_BINARY);
	assert_non_null(cms);
	assert_non_null(CMS_add1_signer(cms, sk_X509_value(certs, 0), key, digest, flags | CMS_BINARY));
	assert_int_equal(CMS_final(cms, bio, NULL, flags | CMS_BINARY), 1);
	len = i2d_CMS_ContentInfo(cms, &der);
	CMS_ContentInfo_free(cms);
	assert_true(len > 0);
	copy = xcalloc(1, (size_t)len);
	memcpy(copy, der, (size_t)len);
	OPENSSL_free(der);
	*ret_len = (size_t)len;
	return copy;
}

static void test_good(void **state)
{
	_cleanup_free_ uint8_t *sig = NULL;
	struct cms_signer signer;
	struct err err = {0};
	size_t len;

	(void)state;
	sign(&sig, &len);
	assert_int_equal(cms_verify(TEXT, strlen(TEXT), sig, len, trust, time(NULL), &signer, &err), 0);
	assert_string_equal(signer.subject, "CN=signer");
	assert_int_equal(strlen(signer.fingerprint), 64);
	assert_int_equal(strlen(signer.serial), 32);
}

/* An outsider's check, as the documentation gives it. */
static void test_openssl_agrees(void **state)
{
	_cleanup_free_ char *text = at("text"), *p7s = at("text.p7s"), *command = NULL, *wrong = NULL;
	_cleanup_free_ uint8_t *sig = NULL;
	struct err err = {0};
	size_t len;

	(void)state;
	sign(&sig, &len);
	assert_int_equal(file_write_atomic(text, TEXT, strlen(TEXT), 0644, &err), 0);
	assert_int_equal(file_write_atomic(p7s, sig, len, 0644, &err), 0);
	command = str_printf(
		"openssl cms -verify -binary -purpose any -CAfile %s/ca.pem -content %s -inform DER "
		"-in %s -out /dev/null 2>/dev/null",
		folder, text, p7s);
	assert_int_equal(system(command), 0);
	wrong = str_printf(
		"openssl cms -verify -binary -purpose any -CAfile %s/other.pem -content %s -inform DER "
		"-in %s -out /dev/null 2>/dev/null",
		folder, text, p7s);
	assert_int_not_equal(system(wrong), 0);
}

static void test_does_not_verify(void **state)
{
	_cleanup_free_ uint8_t *sig = NULL;
	struct err err = {0};
	time_t now = time(NULL);
	size_t len;

	(void)state;
	sign(&sig, &len);
	assert_int_equal(cms_verify("Remint\n", 7, sig, len, trust, now, NULL, &err), -EKEYREJECTED);
	assert_int_equal(cms_verify(TEXT, 6, sig, len, trust, now, NULL, &err), -EKEYREJECTED);
	assert_int_equal(cms_verify("", 0, sig, len, trust, now, NULL, &err), -EKEYREJECTED);
	assert_int_equal(cms_verify(TEXT, 7, sig, len, other_trust, now, NULL, &err), -EKEYREJECTED);
	assert_int_equal(cms_verify(TEXT, 7, sig, len, trust, now + 31 * 86400, NULL, &err), -EKEYREJECTED);
	assert_non_null(strstr(err.text, "expired"));
	assert_int_equal(cms_verify(TEXT, 7, sig, len, trust, now - 86400, NULL, &err), -EKEYREJECTED);
	assert_non_null(strstr(err.text, "not yet valid"));
}

/* A leaf that is trusted directly, without its CA, is no chain. */
static void test_no_partial_chain(void **state)
{
	_cleanup_(trust_freep) struct trust *leaf = NULL;
	_cleanup_free_ char *cert = at("signer.pem");
	_cleanup_free_ uint8_t *sig = NULL;
	struct err err = {0};
	size_t len;

	(void)state;
	sign(&sig, &len);
	assert_int_equal(trust_from_file(cert, &leaf, &err), 0);
	assert_int_equal(cms_verify(TEXT, 7, sig, len, leaf, time(NULL), NULL, &err), -EKEYREJECTED);
}

static void test_odd_signatures(void **state)
{
	const unsigned usual = CMS_DETACHED | CMS_NOATTR;
	const struct {
		const char *who, *says;
		unsigned flags;
		const EVP_MD *digest;
		int code;
	} odd[] = {
		{"signer", NULL, usual, EVP_sha256(), 0},
		{"signer", NULL, usual, EVP_sha512(), 0},
		{"signer", "digest", usual, EVP_sha1(), -EKEYREJECTED},
		{"signer", "-noattr", CMS_DETACHED, EVP_sha256(), -EKEYREJECTED},
		{"signer", "not detached", CMS_NOATTR, EVP_sha256(), -EBADMSG},
		{"signer", "verify", usual | CMS_NOCERTS, EVP_sha256(), -EKEYREJECTED},
		{"tls", "codeSigning", usual, EVP_sha256(), -EKEYREJECTED},
		{"ca", "digitalSignature", usual, EVP_sha256(), -EKEYREJECTED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		size_t len;
		_cleanup_free_ uint8_t *sig = sign_oddly(odd[i].who, odd[i].flags, odd[i].digest, &len);
		struct err err = {0};

		assert_int_equal(verify(sig, len, &err), odd[i].code);
		if (odd[i].says && !strstr(err.text, odd[i].says))
			fail_msg("\"%s\" does not say %s", err.text, odd[i].says);
	}
}

static void test_malformed(void **state)
{
	_cleanup_free_ uint8_t *sig = NULL, *big = xcalloc(1, CMS_MAX + 1), *longer = NULL;
	struct err err = {0};
	size_t len;

	(void)state;
	sign(&sig, &len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(verify(sig, i, &err), -EBADMSG);
	longer = xcalloc(1, len + 1);
	memcpy(longer, sig, len);
	assert_int_equal(verify(longer, len + 1, &err), -EBADMSG);
	memcpy(big, sig, len);
	assert_int_equal(verify(big, CMS_MAX + 1, &err), -EBADMSG);
	sig[14] ^= 1; /* the last arc of the content type: another kind of CMS */
	assert_int_equal(verify(sig, len, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "not SignedData"));
}

/* A changed byte is noticed wherever it is, but for the two version numbers, which are not signed. */
static void test_flipped_bytes(void **state)
{
	_cleanup_free_ uint8_t *sig = NULL;
	struct err err = {0};
	unsigned taken = 0;
	size_t len;

	(void)state;
	sign(&sig, &len);
	for (size_t i = 0; i < len; i++) {
		sig[i] ^= 0x55;
		taken += verify(sig, len, &err) == 0;
		sig[i] ^= 0x55;
	}
	assert_true(taken <= 2);
}

static void test_corpus(void **state)
{
	static const struct {
		const char *name;
		int code;
	} files[] = {{"good", 0},
		     {"enveloped", -EBADMSG},
		     {"digested", -EBADMSG},
		     {"indefinite", -EBADMSG},
		     {"trailing", -EBADMSG},
		     {"embedded", -EBADMSG},
		     {"attributes", -EKEYREJECTED},
		     {"no-code-signing", -EKEYREJECTED}};
	_cleanup_(trust_freep) struct trust *ca = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(trust_from_file("tests/fuzz/corpus/cms/not-der", &ca, &err), 0);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		_cleanup_free_ char *path = str_printf("tests/fuzz/corpus/cms/%s", files[i].name),
				    *sig = NULL;
		size_t len;

		assert_int_equal(file_read(path, CMS_MAX, &sig, &len, &err), 0);
		assert_int_equal(cms_verify(TEXT, 7, sig, len, ca, time(NULL), NULL, &err), files[i].code);
	}
}

static void test_sign_refuses(void **state)
{
	_cleanup_free_ char *signer_key = at("signer.key"), *signer = at("signer.pem"),
			    *tls_key = at("tls.key"), *tls = at("tls.pem");
	struct err err = {0};
	uint8_t *sig = NULL;
	size_t len;

	(void)state;
	assert_int_equal(cms_sign(TEXT, 7, tls_key, tls, &sig, &len, &err), -EINVAL);
	assert_int_equal(cms_sign(TEXT, 7, tls_key, signer, &sig, &len, &err), -EINVAL);
	assert_int_equal(cms_sign(TEXT, 7, signer, signer, &sig, &len, &err), -EBADMSG);
	assert_int_equal(cms_sign(TEXT, 7, signer_key, signer_key, &sig, &len, &err), -EBADMSG);
	assert_int_equal(cms_sign(TEXT, 7, "/no/key", signer, &sig, &len, &err), -ENOENT);
	assert_int_equal(cms_sign(TEXT, 7, "pkcs11:object=no-such-key", signer, &sig, &len, &err), -ENOENT);
	assert_null(sig);
}

static void test_trust(void **state)
{
	struct trust *none = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(trust_from_pem("", 0, &none, &err), -EBADMSG);
	assert_int_equal(trust_from_pem("no PEM", 6, &none, &err), -EBADMSG);
	assert_int_equal(trust_from_pem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 59,
					&none, &err),
			 -EBADMSG);
	assert_int_equal(trust_from_file("/no/file", &none, &err), -ENOENT);
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_openssl_agrees),
		cmocka_unit_test(test_does_not_verify),
		cmocka_unit_test(test_no_partial_chain),
		cmocka_unit_test(test_odd_signatures),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_flipped_bytes),
		cmocka_unit_test(test_corpus),
		cmocka_unit_test(test_sign_refuses),
		cmocka_unit_test(test_trust),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
