/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate that a BMC shows. */
#include "redfish/trust.h"

#include <string.h>

#include "core/http_easy.h"
#include "core/io.h"
#include "core/ossl.h"

#define TIMEOUT_S 10

static void print_time(const ASN1_TIME *time, char *text, size_t size)
{
	_cleanup_(BIO_free_allp) BIO *bio = BIO_new(BIO_s_mem());
	char *printed = NULL;
	long len;

	if (!bio)
		abort();
	ASN1_TIME_print(bio, time);
	len = BIO_get_mem_data(bio, &printed);
	snprintf(text, size, "%.*s", (int)len, len ? printed : "");
}

int rf_certificate_read(const char *pem, struct rf_certificate *ret, struct err *err)
{
	_cleanup_(ossl_certs_freep) STACK_OF(X509) *certs = NULL;
	struct rf_certificate made = {0};
	unsigned char *der = NULL;
	X509 *cert;
	int len, r = ossl_certs_read(pem, strlen(pem), "the BMC's certificate", &certs, err);

	if (r < 0)
		return r;
	cert = sk_X509_value(certs, 0);
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
	if (len <= 0)
		return ossl_err(err, EBADMSG, "the BMC's public key");
	sha256_hex(der, (size_t)len, made.key_sha256);
	OPENSSL_free(der);
	ossl_fingerprint(cert, made.certificate_sha256);
	ossl_subject(cert, made.subject, sizeof(made.subject));
	ossl_issuer(cert, made.issuer, sizeof(made.issuer));
	print_time(X509_get0_notBefore(cert), made.from, sizeof(made.from));
	print_time(X509_get0_notAfter(cert), made.until, sizeof(made.until));
	*ret = made;
	return 0;
}

/* libcurl tells of the chain as lists of "Name:value"; the BMC's own certificate is the first. */
static const char *first_pem(CURL *curl)
{
	static const char name[] = "Cert:";
	struct curl_certinfo *info = NULL;

	if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info) || !info || info->num_of_certs < 1)
		return NULL;
	for (const struct curl_slist *line = info->certinfo[0]; line; line = line->next)
		if (!strncmp(line->data, name, strlen(name)))
			return line->data + strlen(name);
	return NULL;
}

static int look(CURL *curl, const char *origin, struct rf_certificate *ret, struct err *err)
{
	char reason[CURL_ERROR_SIZE] = "";
	const struct http_setup setup = {.url = origin, .connect_timeout_s = TIMEOUT_S, .reason = reason};
	const char *pem;
	CURLcode code;

	http_set_up(curl, &setup);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	/* The handshake alone: no byte of a request is sent, and what comes is shown to a person who decides. */
	curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
	code = curl_easy_perform(curl);
	if (code != CURLE_OK)
		return err_set(err, http_errno(curl, code), "%s: %s", origin,
			       reason[0] ? reason : curl_easy_strerror(code));
	pem = first_pem(curl);
	if (!pem)
		return err_set(err, EPROTO, "%s shows no certificate", origin);
	return rf_certificate_read(pem, ret, err);
}

int rf_certificate_look(const char *origin, struct rf_certificate *ret, struct err *err)
{
	CURL *curl;
	int r;

	http_init();
	curl = curl_easy_init();
	if (!curl)
		return err_sys(err, ENOMEM, "HTTP client");
	r = look(curl, origin, ret, err);
	curl_easy_cleanup(curl);
	return r;
}
