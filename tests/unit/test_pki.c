/* rooms: core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "core/ossl.h"
#include "core/pki.h"

static char folder[] = "/tmp/remint-pki-XXXXXX";
static char *ca_key, *ca_cert;

static int setup(void **state)
{
	struct pki_request request = {.use = PKI_CA, .common_name = "CA \xc3\xa9", .days = 3650};
	struct err err = {0};

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	ca_key = path_join(folder, "ca.key");
	ca_cert = path_join(folder, "ca.pem");
	return pki_create(&request, ca_key, ca_cert, &err);
}

static int teardown(void **state)
{
	_cleanup_free_ char *command = str_printf("rm -rf %s", folder);

	(void)state;
	free(ca_key);
	free(ca_cert);
	return system(command);
}

/* Makes one below the CA; its certificate, which the caller frees. */
static X509 *make(struct pki_request request, const char *name)
{
	_cleanup_free_ char *key = str_printf("%s/%s.key", folder, name),
			    *cert = str_printf("%s/%s.pem", folder, name);
	_cleanup_(ossl_certs_freep) STACK_OF(X509) *certs = NULL;
	struct err err = {0};
	struct stat st;

	request.ca_key = ca_key;
	request.ca_cert = ca_cert;
	if (pki_create(&request, key, cert, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(stat(key, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(cert, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(ossl_certs_read_file(cert, &certs, &err), 0);
	return sk_X509_shift(certs);
}

static bool is_issued_by_ca(X509 *cert)
{
	_cleanup_(ossl_certs_freep) STACK_OF(X509) *certs = NULL;
	struct err err = {0};

	assert_int_equal(ossl_certs_read_file(ca_cert, &certs, &err), 0);
	return X509_check_issued(sk_X509_value(certs, 0), cert) == X509_V_OK &&
	       X509_verify(cert, X509_get0_pubkey(sk_X509_value(certs, 0))) == 1;
}

static void test_ca(void **state)
{
	_cleanup_(ossl_certs_freep) STACK_OF(X509) *certs = NULL;
	struct err err = {0};
	X509 *ca;

	(void)state;
	assert_int_equal(ossl_certs_read_file(ca_cert, &certs, &err), 0);
	ca = sk_X509_value(certs, 0);
	assert_int_equal(X509_check_ca(ca), 1);
	assert_int_equal(X509_get_key_usage(ca), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	assert_true(is_issued_by_ca(ca));
	assert_true(X509_cmp_current_time(X509_get0_notBefore(ca)) < 0);
	assert_int_equal(EVP_PKEY_get_bits(X509_get0_pubkey(ca)), 256);
}

static void test_signing(void **state)
{
	_cleanup_(X509_freep) X509 *cert = make(
		(struct pki_request){.use = PKI_CODE_SIGNING, .common_name = "signer", .days = 1}, "signer");

	(void)state;
	assert_true(is_issued_by_ca(cert));
	assert_int_equal(X509_check_ca(cert), 0);
	assert_int_equal(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_get_extended_key_usage(cert), XKU_CODE_SIGN);
}

/* By its own key, for a key that nobody vouches for. */
static void test_self_signed(void **state)
{
	_cleanup_free_ char *key = path_join(folder, "self.key"), *path = path_join(folder, "self.pem");
	struct pki_request request = {
		.use = PKI_CODE_SIGNING, .common_name = "self", .days = 36500, .self_signed = true};
	_cleanup_(ossl_certs_freep) STACK_OF(X509) *certs = NULL;
	struct err err = {0};
	X509 *cert;

	(void)state;
	assert_int_equal(pki_create(&request, key, path, &err), 0);
	assert_int_equal(ossl_certs_read_file(path, &certs, &err), 0);
	cert = sk_X509_value(certs, 0);
	assert_int_equal(X509_verify(cert, X509_get0_pubkey(cert)), 1);
	assert_int_equal(X509_check_ca(cert), 0);
	assert_int_equal(X509_get_key_usage(cert), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_get_extended_key_usage(cert), XKU_CODE_SIGN);
}

static void test_server(void **state)
{
	static const char *const names[] = {"station.example", "10.0.2.2", "fd00::1", NULL};
	_cleanup_(X509_freep) X509 *cert = make((struct pki_request){.use = PKI_TLS_SERVER,
								     .common_name = "station",
								     .names = names,
								     .days = 30,
								     .rsa = true},
						"tls");

	(void)state;
	assert_true(is_issued_by_ca(cert));
	assert_int_equal(X509_check_host(cert, "station.example", 0, 0, NULL), 1);
	assert_int_equal(X509_check_ip_asc(cert, "10.0.2.2", 0), 1);
	assert_int_equal(X509_check_ip_asc(cert, "fd00::1", 0), 1);
	assert_int_equal(X509_check_ip_asc(cert, "10.0.2.3", 0), 0);
	assert_int_equal(X509_get_extended_key_usage(cert), XKU_SSL_SERVER);
	assert_int_equal(EVP_PKEY_get_bits(X509_get0_pubkey(cert)), 2048);
}

static void test_refused(void **state)
{
	static const char *const no_names[] = {NULL}, *const injected[] = {"a, IP:10.0.0.1", NULL};
	_cleanup_free_ char *key = path_join(folder, "bad.key"), *cert = path_join(folder, "bad.pem");
	const struct pki_request bad[] = {
		{.use = PKI_CA, .common_name = "", .days = 1},
		{.use = PKI_CA, .common_name = NULL, .days = 1},
		{.use = PKI_CA, .common_name = "a", .days = 0},
		{.use = PKI_CA, .common_name = "a", .days = 36501},
		{.use = PKI_CODE_SIGNING, .common_name = "a", .days = 1},
		{.use = PKI_TLS_SERVER, .common_name = "a", .days = 1, .self_signed = true},
		{.use = PKI_CODE_SIGNING,
		 .common_name = "a",
		 .days = 1,
		 .self_signed = true,
		 .ca_key = ca_key,
		 .ca_cert = ca_cert},
		{.use = PKI_CA, .common_name = "a", .days = 1, .ca_key = ca_key},
		{.use = PKI_TLS_SERVER, .common_name = "a", .days = 1, .ca_key = ca_key, .ca_cert = ca_cert},
		{.use = PKI_TLS_SERVER,
		 .common_name = "a",
		 .names = no_names,
		 .days = 1,
		 .ca_key = ca_key,
		 .ca_cert = ca_cert},
		{.use = PKI_TLS_SERVER,
		 .common_name = "a",
		 .names = injected,
		 .days = 1,
		 .ca_key = ca_key,
		 .ca_cert = ca_cert},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = {0};

		assert_int_equal(pki_create(&bad[i], key, cert, &err), -EINVAL);
		assert_int_equal(access(key, F_OK), -1);
		assert_int_equal(access(cert, F_OK), -1);
	}
}

/* The issuer must be a CA, and its key its own. */
static void test_issuer(void **state)
{
	_cleanup_(X509_freep) X509 *leaf =
		make((struct pki_request){.use = PKI_CODE_SIGNING, .common_name = "leaf", .days = 1}, "leaf");
	_cleanup_free_ char *key = path_join(folder, "below.key"), *cert = path_join(folder, "below.pem"),
			    *leaf_key = path_join(folder, "leaf.key"),
			    *leaf_cert = path_join(folder, "leaf.pem");
	struct pki_request request = {.use = PKI_CODE_SIGNING,
				      .common_name = "below",
				      .days = 1,
				      .ca_key = leaf_key,
				      .ca_cert = leaf_cert};
	struct err err = {0};

	(void)state;
	assert_non_null(leaf);
	assert_int_equal(pki_create(&request, key, cert, &err), -EINVAL);
	request.ca_cert = ca_cert;
	assert_int_equal(pki_create(&request, key, cert, &err), -EINVAL);
}

static void test_nothing_is_replaced(void **state)
{
	_cleanup_free_ char *key = path_join(folder, "new.key");
	struct pki_request request = {.use = PKI_CA, .common_name = "CA", .days = 1};
	struct err err = {0};

	(void)state;
	assert_int_equal(pki_create(&request, ca_key, ca_cert, &err), -EEXIST);
	assert_int_equal(pki_create(&request, key, ca_cert, &err), -EEXIST);
	assert_int_equal(access(key, F_OK), -1); /* no key without its certificate */
	assert_int_equal(access(ca_key, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ca),
		cmocka_unit_test(test_signing),
		cmocka_unit_test(test_self_signed),
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_issuer),
		cmocka_unit_test(test_nothing_is_replaced),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
