/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and X.509 certificates (RFC 5280) by libcrypto. */
#include "core/pki.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "core/key.h"
#include "core/ossl.h"

#define SERIAL_BYTES 16

DEFINE_CLEANUP(GENERAL_NAMES *, GENERAL_NAMES_free);
DEFINE_CLEANUP(GENERAL_NAME *, GENERAL_NAME_free);

struct extension {
	int nid;
	const char *value;
};

static const struct extension ca_extensions[] = {
	{NID_basic_constraints, "critical,CA:TRUE"},
	{NID_key_usage, "critical,keyCertSign,cRLSign"},
	{NID_subject_key_identifier, "hash"},
	{NID_authority_key_identifier, "keyid:always"},
	{},
};

/* keyEncipherment is for RSA key exchange, which some firmware insists on; RFC 5480 forbids it for ECDSA. */
static const struct extension rsa_server_extensions[] = {
	{NID_basic_constraints, "critical,CA:FALSE"},
	{NID_key_usage, "critical,digitalSignature,keyEncipherment"},
	{NID_ext_key_usage, "serverAuth"},
	{NID_subject_key_identifier, "hash"},
	{NID_authority_key_identifier, "keyid:always"},
	{},
};

static const struct extension server_extensions[] = {
	{NID_basic_constraints, "critical,CA:FALSE"},
	{NID_key_usage, "critical,digitalSignature"},
	{NID_ext_key_usage, "serverAuth"},
	{NID_subject_key_identifier, "hash"},
	{NID_authority_key_identifier, "keyid:always"},
	{},
};

static const struct extension signing_extensions[] = {
	{NID_basic_constraints, "critical,CA:FALSE"},
	{NID_key_usage, "critical,digitalSignature"},
	{NID_ext_key_usage, "codeSigning"},
	{NID_subject_key_identifier, "hash"},
	{NID_authority_key_identifier, "keyid:always"},
	{},
};

static const struct extension *extensions_for(const struct pki_request *request)
{
	switch (request->use) {
	case PKI_CA:
		return ca_extensions;
	case PKI_TLS_SERVER:
		return request->rsa ? rsa_server_extensions : server_extensions;
	case PKI_CODE_SIGNING:
		break;
	}
	return signing_extensions;
}

static int check_request(const struct pki_request *request, struct err *err)
{
	size_t len = request->common_name ? strlen(request->common_name) : 0;

	if (!len || len > 64)
		return err_set(err, EINVAL, "certificate: the common name must have 1 to 64 bytes");
	if (request->days < 1 || request->days > 36500)
		return err_set(err, EINVAL, "certificate: validity must be 1 to 36500 days");
	if (!request->ca_key != !request->ca_cert)
		return err_set(err, EINVAL, "certificate: an issuer needs both its key and its certificate");
	if (request->self_signed && (request->ca_key || request->use != PKI_CODE_SIGNING))
		return err_set(err, EINVAL, "certificate: only a signer without issuer signs for itself");
	if (!request->ca_key && request->use != PKI_CA && !request->self_signed)
		return err_set(err, EINVAL, "certificate: only a CA is self-signed");
	return 0;
}

/* A positive random serial number with 126 random bits, RFC 5280 section 4.1.2.2. */
static bool set_serial(X509 *cert)
{
	unsigned char bytes[SERIAL_BYTES];
	BIGNUM *number = NULL;
	bool ok = false;

	if (RAND_bytes(bytes, sizeof(bytes)) == 1) {
		bytes[0] = (bytes[0] & 0x7f) | 0x40;
		number = BN_bin2bn(bytes, sizeof(bytes), NULL);
		ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
	}
	BN_free(number);
	return ok;
}

static bool set_basics(X509 *cert, const struct pki_request *request, EVP_PKEY *key, X509 *issuer)
{
	X509_NAME *name = X509_get_subject_name(cert);

	return X509_set_version(cert, X509_VERSION_3) && set_serial(cert) &&
	       X509_time_adj_ex(X509_getm_notBefore(cert), 0, -3600, NULL) &&
	       X509_time_adj_ex(X509_getm_notAfter(cert), (int)request->days, 0, NULL) &&
	       X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
					  (const unsigned char *)request->common_name, -1, -1, 0) &&
	       X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : name) &&
	       X509_set_pubkey(cert, key);
}

static bool add_extensions(X509 *cert, const struct extension *list, X509 *issuer)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer ? issuer : cert, cert, NULL, NULL, 0);
	for (; list->value; list++) {
		X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, list->nid, list->value);
		int ok = ext && X509_add_ext(cert, ext, -1);

		X509_EXTENSION_free(ext);
		if (!ok)
			return false;
	}
	return true;
}

static bool is_dns_name(const char *name)
{
	size_t n = strlen(name);

	return n >= 1 && n <= 253 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == n;
}

/* An IP address or a DNS name as the certificate's subjectAltName has it, RFC 5280 section 4.2.1.6. */
static GENERAL_NAME *make_name(const char *text)
{
	_cleanup_(GENERAL_NAME_freep) GENERAL_NAME *name = GENERAL_NAME_new();
	unsigned char address[16];
	int len = inet_pton(AF_INET, text, address) == 1    ? 4
		  : inet_pton(AF_INET6, text, address) == 1 ? 16
							    : 0;
	ASN1_STRING *value = ASN1_STRING_type_new(len ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);

	if (!name || !value || !ASN1_STRING_set(value, len ? (const void *)address : text, len ? len : -1)) {
		ASN1_STRING_free(value);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, len ? GEN_IPADD : GEN_DNS, value);
	return TAKE_PTR(name);
}

static bool is_address(const char *text)
{
	unsigned char address[16];

	return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static int add_names(X509 *cert, const char *const *texts, struct err *err)
{
	_cleanup_(GENERAL_NAMES_freep) GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();

	if (!texts || !*texts)
		return err_set(err, EINVAL, "certificate: a TLS server needs at least one name");
	for (; *texts; texts++) {
		_cleanup_(GENERAL_NAME_freep) GENERAL_NAME *name = NULL;

		if (!is_address(*texts) && !is_dns_name(*texts))
			return err_set(err, EINVAL, "certificate: \"%s\" is no DNS name and no IP address",
				       *texts);
		name = make_name(*texts);
		if (!names || !name || !sk_GENERAL_NAME_push(names, name))
			return err_sys(err, ENOMEM, "certificate");
		name = NULL;
	}
	if (X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0) != 1)
		return ossl_err(err, EIO, "certificate: its names");
	return 0;
}

/* Creates path; what is written never replaces a key that is there. */
static int write_new(const char *path, BIO *bio, mode_t mode, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	char *text = NULL;
	long len = BIO_get_mem_data(bio, &text);
	int r;

	if (fd < 0 && errno == EEXIST)
		return err_set(err, EEXIST, "%s is there already: nothing is overwritten", path);
	if (fd < 0)
		return err_sys(err, errno, "%s", path);
	r = write_full(fd, text, (size_t)len, err);
	if (r < 0)
		err_prepend(err, "%s", path);
	else if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
		r = err_sys(err, errno, "%s", path);
	if (r < 0)
		unlink(path);
	return r;
}

/* key_path NULL: the certificate alone. */
static int write_both(EVP_PKEY *key, X509 *cert, const char *key_path, const char *cert_path, struct err *err)
{
	_cleanup_(BIO_free_allp) BIO *key_pem = BIO_new(BIO_s_secmem());
	_cleanup_(BIO_free_allp) BIO *cert_pem = BIO_new(BIO_s_mem());
	int r;

	if (!key_pem || !cert_pem ||
	    (key_path && !PEM_write_bio_PKCS8PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL)) ||
	    !PEM_write_bio_X509(cert_pem, cert))
		return ossl_err(err, EIO, "certificate");
	r = key_path ? write_new(key_path, key_pem, 0600, err) : 0;
	if (r < 0)
		return r;
	r = write_new(cert_path, cert_pem, 0644, err);
	if (r < 0 && key_path)
		unlink(key_path);
	return r;
}

static int read_issuer(const struct pki_request *request, EVP_PKEY **ret_key, X509 **ret_cert,
		       struct err *err)
{
	_cleanup_(ossl_certs_freep) STACK_OF(X509) *certs = NULL;
	int r = key_read(request->ca_key, ret_key, err);

	if (r < 0)
		return r;
	r = ossl_certs_read_file(request->ca_cert, &certs, err);
	if (r < 0)
		return r;
	*ret_cert = sk_X509_shift(certs);
	if (!X509_check_private_key(*ret_cert, *ret_key))
		return ossl_err(err, EINVAL, "%s: not the key of the certificate in %s", request->ca_key,
				request->ca_cert);
	if (X509_check_ca(*ret_cert) != 1)
		return err_set(err, EINVAL, "%s: not a CA's certificate", request->ca_cert);
	return 0;
}

int pki_create(const struct pki_request *request, const char *key_path, const char *cert_path,
	       struct err *err)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *key = NULL, *ca_key = NULL;
	_cleanup_(X509_freep) X509 *cert = NULL, *ca_cert = NULL;
	int r = check_request(request, err);

	if (r < 0)
		return r;
	ERR_clear_error();
	if (request->ca_key) {
		r = read_issuer(request, &ca_key, &ca_cert, err);
		if (r < 0)
			return r;
	}
	if (request->existing_key)
		r = key_read(request->existing_key, &key, err);
	else
		key = request->rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	if (r < 0)
		return r;
	cert = X509_new();
	if (!key || !cert || !set_basics(cert, request, key, ca_cert) ||
	    !add_extensions(cert, extensions_for(request), ca_cert))
		return ossl_err(err, EIO, "certificate for %s", request->common_name);
	if (request->use == PKI_TLS_SERVER) {
		r = add_names(cert, request->names, err);
		if (r < 0)
			return r;
	}
	if (!X509_sign(cert, ca_key ? ca_key : key, EVP_sha256()))
		return ossl_err(err, EIO, "certificate for %s", request->common_name);
	return write_both(key, cert, request->existing_key ? NULL : key_path, cert_path, err);
}
