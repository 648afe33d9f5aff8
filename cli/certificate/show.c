/* SPDX-License-Identifier: Apache-2.0 */
/* remint certificate show: the document in words, on a terminal. */
#include <stdarg.h>
#include <string.h>

#include "cli/certificate/bmc.h"
#include "cli/certificate/certificate.h"
#include "cli/certificate/firmware.h"
#include "cli/certificate/gate.h"
#include "cli/certificate/gpu.h"
#include "cli/certificate/handover.h"
#include "cli/certificate/network.h"
#include "cli/certificate/nic.h"
#include "cli/certificate/out_of_band.h"
#include "cli/certificate/overlays.h"
#include "cli/certificate/words.h"
#include "cli/client.h"
#include "cli/plain.h"
#include "cli/table.h"
#include "core/io.h"
#include "core/json.h"

/* printf, with nothing in it that a terminal would take for a command. */
static _printf_(1, 2) void say(const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	plain_text(text);
	fputs(text, stdout);
}

static void show_head(const json_t *certificate)
{
	const json_t *identity = json_object_get(certificate, "identity"),
		     *tool = json_object_get(certificate, "tool");
	_cleanup_free_ char *issued = words_time(json_text(certificate, "issued"));

	say("machine:       %s (serial number %s, UUID %s; identified by: %s)\n",
	    json_text(certificate, "node"), json_text(identity, "serial"), json_text(identity, "uuid"),
	    json_text(certificate, "identity_basis"));
	say("order:         %s, requested by %s\n", json_text(certificate, "order"),
	    json_text(certificate, "requested_by"));
	say("issued:        %s by %s\n", issued, json_text(certificate, "station"));
	say("place:         %s\ncontact:       %s\n", json_text(certificate, "place"),
	    json_text(certificate, "contact"));
	say("tool:          %s %s\n", json_text(tool, "name"), json_text(tool, "version"));
}

static void show_drives(const json_t *certificate)
{
	static const char *const headings[] = {"DRIVE", "MODEL", "MEDIUM", "METHOD", "LEVEL", "CLAIM", NULL};
	struct table *table = table_new(headings);
	const json_t *drive;
	size_t i;

	json_array_foreach(json_object_get(certificate, "drives"), i, drive) {
		_cleanup_free_ char *medium = words_medium(drive);

		table_row(table, json_text(drive, "name"), json_text(drive, "model"), medium,
			  json_text(drive, "method"), json_text(drive, "level"), json_text(drive, "claim"));
	}
	table_print(table);
	say("\nHow that was verified:\n");
	json_array_foreach(json_object_get(certificate, "drives"), i, drive) {
		_cleanup_free_ char *verified = words_verified(drive), *compared = words_compared(drive);

		say("  %s: %s; %s\n", json_text(drive, "name"), verified, compared);
		if (json_is_string(json_object_get(drive, "level_basis")))
			say("    level %s: %s\n", json_text(drive, "level"), json_text(drive, "level_basis"));
	}
}

static void show_claims(const json_t *certificate)
{
	for (const struct words_claim *c = words_claims; c->claim; c++)
		if (words_claimed(certificate, c->claim))
			say("\n\"%s\" says: %s\n  It does not say: %s\n", c->claim, c->says, c->says_not);
}

static void show_names(const json_t *names)
{
	for (size_t i = 0; i < json_array_size(names); i++)
		say("%s%s", i ? ", " : "", json_string_value(json_array_get(names, i)));
}

static void show_not_done(const json_t *certificate)
{
	_cleanup_json_ json_t *list = words_not_done(certificate);
	const json_t *item;
	size_t i;

	say("\nNot done:%s\n", json_array_size(list) ? "" : " nothing that is known");
	json_array_foreach(list, i, item) {
		say("  %s: %s\n    ", json_text(item, "what"), json_text(item, "reason"));
		show_names(json_object_get(item, "where"));
		say("\n");
	}
}

static void show_image(const json_t *certificate)
{
	const json_t *image = json_object_get(certificate, "image"), *item;
	_cleanup_json_ json_t *disks = words_image_disks(certificate);
	size_t i;

	if (json_is_null(image)) {
		say("\nNo image was written: the order was to erase and no more.\n");
		return;
	}
	say("\nThe image %s %s was written afterwards to ", json_text(image, "name"),
	    json_text(image, "version"));
	show_names(disks);
	say("\n  (SHA-256 of its manifest %s, signed by %s).\n", json_text(image, "manifest_sha256"),
	    json_text(image, "signer"));
	json_array_foreach(json_object_get(json_object_get(image, "written"), "bad"), i, item)
		say("  chunk %lld from %s was bad: %s\n",
		    (long long)json_integer_value(json_object_get(item, "chunk")), json_text(item, "source"),
		    json_text(item, "why"));
}

static void show_sentences(const char *heading, const json_t *list)
{
	if (json_array_size(list))
		say("\n%s:\n", heading);
	for (size_t i = 0; i < json_array_size(list); i++)
		say("  %s\n", json_string_value(json_array_get(list, i)));
}

static int certificate_show(const json_t *certificate, const char *path, const char *sha256)
{
	const json_t *validation = json_object_get(certificate, "validation");
	_cleanup_free_ char *verdict = words_verdict(certificate, NULL), *tally = words_tally(certificate);
	_cleanup_json_ json_t *firmware = words_firmware(certificate), *gate = words_gate(certificate),
			      *overlays = words_overlays(certificate), *gpus = words_gpus(certificate),
			      *nics = words_nics(certificate), *handover = words_handover(certificate),
			      *bmc = words_bmc(certificate), *network = words_network(certificate),
			      *out_of_band = words_out_of_band(json_object_get(certificate, "out_of_band"));

	say("%s\n%s\n\n", verdict, tally);
	show_head(certificate);
	say("\n");
	show_drives(certificate);
	show_claims(certificate);
	show_not_done(certificate);
	show_image(certificate);
	show_sentences("Firmware", firmware);
	show_sentences("Gate", gate);
	show_sentences("GPUs", gpus);
	show_sentences("Overlays", overlays);
	show_sentences("Network cards", nics);
	show_sentences("Network", network);
	show_sentences("Handover", handover);
	show_sentences("Out of band", out_of_band);
	show_sentences("Through the BMC", bmc);
	say("\nThe station's own check of the evidence: %s.\n", json_text(validation, "result"));
	say("\n%s\n\n", json_text(certificate, "statement"));
	say("SHA-256 of %s: %s\nThe signature has not been looked at: remint certificate verify does that.\n",
	    path, sha256);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int certificate_show_command(int argc, char **argv)
{
	const char *path = NULL;
	const struct arg_option options[] = {{}};
	const struct arg_spec spec = {
		"remint certificate show FILE",
		"Shows a certificate in words. It does not check the signature: verify does.", options, 1, 1};
	_cleanup_json_ json_t *certificate = NULL;
	char sha256[SHA256_HEX_SIZE];
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &path);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (certificate_open(path, &certificate, sha256, &err) < 0)
		return fail_with(&err);
	return certificate_show(certificate, path, sha256);
}
