/* SPDX-License-Identifier: Apache-2.0 */
/* remint keys: make, an image CA and a signing certificate, for those who have no PKI yet; the others are Secure Boot's. */
#include "cli/keys/keys.h"
#include "cli/args.h"
#include "cli/verbs.h"
#include "core/io.h"
#include "core/pki.h"

static int make_pair(const char *dir, const char *name, uint64_t days, struct err *err)
{
	_cleanup_free_ char *ca_key = path_join(dir, "ca.key"), *ca_cert = path_join(dir, "ca.pem");
	_cleanup_free_ char *key = path_join(dir, "sign.key"), *cert = path_join(dir, "sign.pem");
	_cleanup_free_ char *ca_name = str_printf("%s image CA", name),
			    *sign_name = str_printf("%s image signer", name);
	struct pki_request ca = {.use = PKI_CA, .common_name = ca_name, .days = 3650};
	struct pki_request leaf = {.use = PKI_CODE_SIGNING,
				   .common_name = sign_name,
				   .days = (unsigned)days,
				   .ca_key = ca_key,
				   .ca_cert = ca_cert};
	int r = make_dirs(dir, 0700, err);

	if (r == 0)
		r = pki_create(&ca, ca_key, ca_cert, err);
	if (r == 0)
		r = pki_create(&leaf, key, cert, err);
	if (r == 0)
		printf("trusted by nodes:  %s (boot build --image-ca)\nsigns images:      %s, %s (image pack "
		       "--key --cert)\n"
		       "keep offline:      %s\n",
		       ca_cert, key, cert, ca_key);
	return r;
}

static int keys_make(int argc, char **argv)
{
	const char *dir = NULL, *name = "remint";
	uint64_t days = 365;
	const struct arg_option options[] = {
		{"ca-dir", ARG_TEXT, &dir, "DIR", "where to; nothing there is overwritten", true},
		{"name", ARG_TEXT, &name, "TEXT", "whose, for the certificates' subjects (default: remint)"},
		{"days", ARG_NUMBER, &days, "N", "validity of the signing certificate (default: 365)"},
		{},
	};
	const struct arg_spec spec = {"remint keys make",
				      "Makes a CA for tenant images (ca.key, ca.pem) and a certificate that "
				      "signs them (sign.key, sign.pem).",
				      options, 0, 0};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, NULL);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (days < 1 || days > 36500) {
		err_set(&err, EINVAL, "--days is 1 to 36500");
		return fail_with(&err);
	}
	return make_pair(dir, name, days, &err) < 0 ? fail_with(&err) : EXIT_SUCCESS;
}

int verb_keys(int argc, char **argv)
{
	static const struct sub_command table[] = {
		{"make", "an image CA and a signing certificate for images", keys_make},
		{"init", "Secure Boot keys: PK, KEK and db", keys_init},
		{"sign", "sign an EFI program, such as iPXE, with the db key", keys_sign},
		{"enroll", "write what nodes are enrolled with", keys_enroll},
		{"rotate", "change the db key, in three stages; or KEK or PK", keys_rotate},
		{"status", "which nodes have which Secure Boot keys", keys_status},
		{},
	};

	return run_sub_command("keys", "Keys of a site.", table, argc, argv);
}
