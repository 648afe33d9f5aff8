/* SPDX-License-Identifier: Apache-2.0 */
/* remint node tpm: what a node's TPM is held against. docs/attestation.md */
#include <string.h>

#include "cli/node/node.h"
#include "core/io.h"
#include "protocol/attestation/attestation.h"

#define EK_FILE_MAX (64 * 1024) /* bytes */

/* The digest itself, as `remint node show` prints it, or a file with the key. */
static int read_ek(const char *ek, char ret[SHA256_HEX_SIZE], struct err *err)
{
	uint8_t digest[SHA256_SIZE];
	char *text = NULL;
	size_t len = 0;
	int r;

	if (hex_decode(ek, digest, sizeof(digest)) == 0) {
		hex_encode(digest, sizeof(digest), ret);
		return 0;
	}
	r = file_read(ek, EK_FILE_MAX, &text, &len, err);
	if (r == 0)
		r = ek_digest_of(text, len, digest, err);
	free(text);
	if (r < 0)
		return err_prepend(err, "--ek %s", ek);
	hex_encode(digest, sizeof(digest), ret);
	return 0;
}

int node_tpm_add(json_t *body, const char *attest, const char *ek, struct err *err)
{
	enum attest_policy policy;
	char sha256[SHA256_HEX_SIZE];
	int r = ek ? read_ek(ek, sha256, err) : 0;

	if (r < 0)
		return r;
	if (attest && attest_policy_from_name(attest, &policy) < 0)
		return err_set(err, EINVAL, "--attest is require, record or off");
	if (attest)
		json_object_set_new(body, "attest", json_string(attest));
	if (ek)
		json_object_set_new(body, "ek_sha256", json_string(sha256));
	return 0;
}

void node_tpm_show(const json_t *node)
{
	const json_t *tpm = json_object_get(node, "tpm"), *last = json_object_get(tpm, "last");

	printf("attestation:       %s\n", json_text(node, "attest"));
	printf("endorsement key:   %s%s\n", json_text(tpm, "ek_sha256"),
	       json_is_true(json_object_get(tpm, "first_use")) ? " (the next one is taken)" : "");
	if (!json_is_object(last))
		return;
	printf("TPM said:          %s %s\n", json_text(last, "time"), json_text(last, "result"));
	if (json_is_string(json_object_get(last, "why")))
		printf("                   %s\n", json_text(last, "why"));
	if (json_is_string(json_object_get(last, "boot_image")))
		printf("boot image:        %s\n", json_text(last, "boot_image"));
}

int node_tpm(int argc, char **argv)
{
	struct client_options client = {};
	const char *name = NULL, *attest = NULL, *ek = NULL;
	bool json = false, forget = false;
	const struct arg_option options[] = {
		{"attest", ARG_TEXT, &attest, "POLICY",
		 "require: no order unless its TPM proves node and boot image; record (when new): it is "
		 "written "
		 "down; off: it is not asked"},
		{"ek", ARG_TEXT, &ek, "FILE",
		 "its endorsement key: public key or certificate (PEM, DER), what tpm2_createek wrote, or "
		 "the "
		 "digest that 'remint node show' prints"},
		{"forget", ARG_FLAG, &forget, "",
		 "it has no TPM that is known any more, as when the board was replaced"},
		{"json", ARG_FLAG, &json, "", "print the node as JSON"},
		CLIENT_ARGS(&client),
		{},
	};
	const struct arg_spec spec = {
		"remint node tpm NAME",
		"Sets what a node's TPM is held against, and what follows when it does not "
		"prove itself.",
		options, 1, 1};
	_cleanup_json_ json_t *body = json_object();
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &name);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if ((forget && ek) || (!forget && !ek && !attest))
		return fail_with(
			(err_set(&err, EINVAL, "--attest, or one of --ek and --forget, is needed"), &err));
	if (node_tpm_add(body, attest, ek, &err) < 0)
		return fail_with(&err);
	if (forget)
		json_object_set_new(body, "ek_sha256", json_null());
	return node_change(&client, name, "tpm", json_incref(body), json);
}
