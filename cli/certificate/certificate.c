/* SPDX-License-Identifier: Apache-2.0 */
/* remint certificate verify | show | html. docs/certificate.md */
#include "cli/certificate/certificate.h"

#include <string.h>
#include <time.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "core/cms.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/certificate/certificate.h"

/* Reads a certificate and checks its signature; *ret is the document. */
static int verify(const char *path, const char *sig_path, const char *ca_path, struct cms_signer *signer,
		  json_t **ret, struct err *err)
{
	_cleanup_free_ char *text = NULL, *sig = NULL, *beside = str_printf("%s.p7s", path);
	_cleanup_(trust_freep) struct trust *trust = NULL;
	size_t len = 0, sig_len = 0;
	int r = file_read(path, CERTIFICATE_MAX, &text, &len, err);

	if (r == 0)
		r = file_read(sig_path ? sig_path : beside, CMS_MAX, &sig, &sig_len, err);
	if (r == 0)
		r = trust_from_file(ca_path, &trust, err);
	if (r == 0)
		r = cms_verify(text, len, sig, sig_len, trust, time(NULL), signer, err);
	if (r == 0)
		r = json_parse(text, len, ret, err);
	return r < 0 ? err_prepend(err, "certificate %s", path) : 0;
}

static int certificate_verify(int argc, char **argv)
{
	const char *path = NULL, *sig = NULL, *ca = NULL;
	const struct arg_option options[] = {
		{"ca", ARG_TEXT, &ca, "FILE", "the station's evidence-ca.pem", true},
		{"signature", ARG_TEXT, &sig, "FILE", "default: the certificate's name and .p7s"},
		{},
	};
	const struct arg_spec spec = {
		"remint certificate verify FILE",
		"Checks the signature of a certificate. docs/certificate.md tells how to do it with "
		"openssl alone.",
		options, 1, 1};
	_cleanup_json_ json_t *certificate = NULL;
	struct cms_signer signer;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &path);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (verify(path, sig, ca, &signer, &certificate, &err) < 0)
		return fail_with(&err);
	printf("%s: signed by %s, certificate SHA-256 %s\n", path, signer.subject, signer.fingerprint);
	return EXIT_SUCCESS;
}

int certificate_open(const char *path, json_t **ret, char ret_sha256[SHA256_HEX_SIZE], struct err *err)
{
	_cleanup_json_ json_t *certificate = NULL;
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r = file_read(path, CERTIFICATE_MAX, &text, &len, err);

	if (r < 0)
		return r;
	r = json_parse(text, len, &certificate, err);
	if (r == 0)
		r = certificate_check(certificate, err);
	if (r < 0)
		return err_prepend(err, "%s", path);
	if (ret_sha256)
		sha256_hex(text, len, ret_sha256);
	*ret = TAKE_PTR(certificate);
	return 0;
}

int verb_certificate(int argc, char **argv)
{
	static const struct sub_command table[] = {
		{"verify", "check its signature", certificate_verify},
		{"show", "show it in words", certificate_show_command},
		{"html", "make a page of it, to read and to print", certificate_html_command},
		{},
	};

	return run_sub_command("certificate", "The signed record of what was done.", table, argc, argv);
}
