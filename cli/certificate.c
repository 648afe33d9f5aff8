/* SPDX-License-Identifier: Apache-2.0 */
/* remint certificate verify | show. docs/certificate.md */
#include <string.h>
#include <time.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "core/cms.h"
#include "core/io.h"
#include "protocol/certificate.h"

/* Reads a certificate and checks its signature; *ret is the document. */
static int verify(const char *path, const char *sig_path, const char *ca_path, struct cms_signer *signer,
		  json_t **ret, struct err *err)
{
	_cleanup_free_ char *text = NULL, *sig = NULL, *beside = str_printf("%s.p7s", path);
	_cleanup_(trust_freep) struct trust *trust = NULL;
	size_t len = 0, sig_len = 0;
	int r = file_read(path, EVIDENCE_MAX, &text, &len, err);

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

static void show_drive(const json_t *drive)
{
	const json_t *proof = json_object_get(drive, "proof");

	printf("  %s  %s\n    %lld bytes, %s\n    method %s (%s), %s to %s\n    %s; read back %s, reads %s\n",
	       json_text(drive, "name"), json_text(drive, "model"),
	       (long long)json_integer_value(json_object_get(drive, "size")), json_text(drive, "transport"),
	       json_text(drive, "method"), json_text(drive, "level"), json_text(drive, "begun"),
	       json_text(drive, "ended"), json_text(drive, "claim"), json_text(proof, "read_back"),
	       json_text(proof, "reads"));
}

/* A root disk with what the write has to say of it. */
static void show_root_disk(const json_t *disk, const json_t *targets)
{
	const char *name = json_text(disk, "name");
	const json_t *target;
	size_t i;

	printf("  %s", name);
	if (json_is_string(json_object_get(disk, "lost")))
		printf(": lost: %s", json_text(disk, "lost"));
	printf("\n");
	json_array_foreach(targets, i, target)
		if (!strcmp(json_text(target, "disk"), name))
			printf("    %lld bytes written, %lld read back\n",
			       (long long)json_integer_value(json_object_get(target, "written")),
			       (long long)json_integer_value(json_object_get(target, "read_back")));
}

static void show_image(const json_t *certificate)
{
	const json_t *image = json_object_get(certificate, "image");
	const json_t *written = json_object_get(image, "written"), *item;
	size_t i;

	if (json_is_null(image)) {
		printf("image:         none: the order was to erase and no more\n");
		return;
	}
	printf("image:         %s %s, manifest SHA-256 %s\n", json_text(image, "name"),
	       json_text(image, "version"), json_text(image, "manifest_sha256"));
	printf("to read back:  %s\n", json_text(written, "verify"));
	printf("root disks:    %s\n", json_text(image, "redundancy"));
	json_array_foreach(json_object_get(certificate, "root_disks"), i, item)
		show_root_disk(item, json_object_get(written, "targets"));
	json_array_foreach(json_object_get(written, "bad"), i, item)
		printf("  chunk %lld from %s was bad: %s\n",
		       (long long)json_integer_value(json_object_get(item, "chunk")),
		       json_text(item, "source"), json_text(item, "why"));
}

static void show_certificate(const json_t *certificate)
{
	const json_t *item;
	size_t i;

	printf("order:         %s\nnode:          %s (identified by: %s)\nissued:        %s by %s\nrequested "
	       "by:  %s\n",
	       json_text(certificate, "order"), json_text(certificate, "node"),
	       json_text(certificate, "identity_basis"), json_text(certificate, "issued"),
	       json_text(certificate, "station"), json_text(certificate, "requested_by"));
	show_image(certificate);
	printf("drives:\n");
	json_array_foreach(json_object_get(certificate, "drives"), i, item)
		show_drive(item);
	if (json_array_size(json_object_get(certificate, "drives_not_touched")))
		printf("not touched:\n");
	json_array_foreach(json_object_get(certificate, "drives_not_touched"), i, item)
		printf("  %s: %s\n", json_text(item, "name"), json_text(item, "reason"));
	printf("steps:\n");
	json_array_foreach(json_object_get(certificate, "steps"), i, item)
		printf("  %-12s %-10s %s  %s\n", json_text(item, "name"), json_text(item, "phase"),
		       json_text(item, "ended"), json_text(item, "outcome"));
	printf("statement:\n  %s\n", json_text(certificate, "statement"));
}

static int certificate_show(int argc, char **argv)
{
	const char *path = NULL;
	const struct arg_option options[] = {{}};
	const struct arg_spec spec = {
		"remint certificate show FILE",
		"Shows a certificate in words. It does not check the signature: verify does.", options, 1, 1};
	_cleanup_json_ json_t *certificate = NULL;
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &path);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (json_read_file(path, EVIDENCE_MAX, &certificate, &err) < 0)
		return fail_with(&err);
	show_certificate(certificate);
	return EXIT_SUCCESS;
}

int verb_certificate(int argc, char **argv)
{
	static const struct sub_command table[] = {
		{"verify", "check its signature", certificate_verify},
		{"show", "show it in words", certificate_show},
		{},
	};

	return run_sub_command("certificate", "The signed record of what was done.", table, argc, argv);
}
