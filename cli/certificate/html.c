/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remint certificate html: one page for people. Whatever comes from the document goes through html_text(); nothing in the page runs, and it
 * fetches nothing.
 */
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
#include "cli/certificate/page.h"
#include "cli/certificate/style.h"
#include "cli/certificate/words.h"
#include "cli/client.h"
#include "cli/html.h"
#include "core/io.h"
#include "core/json.h"

static void fact(FILE *out, const char *name, const char *value)
{
	html_element(out, "dt", name);
	html_element(out, "dd", value);
}

static void head(FILE *out, const json_t *certificate)
{
	_cleanup_free_ char *issued = words_time(json_text(certificate, "issued")),
			    *span = words_span(certificate);
	static const char *const looks[] = {
		[VERDICT_ALL] = "all", [VERDICT_SOME] = "some", [VERDICT_NONE] = "none"};
	enum words_verdict kind;
	_cleanup_free_ char *verdict = words_verdict(certificate, &kind), *tally = words_tally(certificate);

	fputs("<header><h1>Certificate of Sanitisation</h1><p>order ", out);
	html_element(out, "b", json_text(certificate, "order"));
	fputs("<br>erased ", out);
	html_element(out, "b", span);
	fputs("<br>issued ", out);
	html_element(out, "b", issued);
	fprintf(out, "</p></header>\n<section class=\"verdict %s\">", looks[kind]);
	html_element(out, "b", verdict);
	html_element(out, "span", tally);
	fputs("</section>\n", out);
}

static void facts(FILE *out, const json_t *certificate)
{
	const json_t *identity = json_object_get(certificate, "identity"),
		     *tool = json_object_get(certificate, "tool"),
		     *agent = json_object_get(certificate, "agent"),
		     *standards = json_object_get(certificate, "standards");
	_cleanup_free_ char *version =
		str_printf("%s %s", json_text(tool, "name"), json_text(tool, "version"));
	const char *place = json_string_value(json_object_get(certificate, "place")),
		   *contact = json_string_value(json_object_get(certificate, "contact"));

	fputs("<section class=facts><div><h2>Machine</h2><dl>", out);
	fact(out, "node", json_text(certificate, "node"));
	fact(out, "serial no.", json_text(identity, "serial"));
	fact(out, "UUID", json_text(identity, "uuid"));
	fact(out, "identified by", json_text(certificate, "identity_basis"));
	fputs("</dl></div><div><h2>Done by</h2><dl>", out);
	fact(out, "station", json_text(certificate, "station"));
	fact(out, "place", place ?: "not told");
	fact(out, "contact", contact ?: "not told");
	fact(out, "ordered by", json_text(certificate, "requested_by"));
	fputs("</dl></div><div><h2>With</h2><dl>", out);
	fact(out, "tool", version);
	if (json_is_string(json_object_get(agent, "boot_image")) && *json_text(agent, "boot_image") != '-')
		fact(out, "boot image", json_text(agent, "boot_image"));
	for (size_t i = 0; i < json_array_size(standards); i++)
		fact(out, i ? "" : "levels after", json_string_value(json_array_get(standards, i)) ?: "-");
	fputs("</dl></div></section>\n", out);
}

static void claims(FILE *out, const json_t *certificate)
{
	fputs("<h2>What the claims say</h2>\n", out);
	for (const struct words_claim *c = words_claims; c->claim; c++) {
		_cleanup_json_ json_t *named = json_pack("{ss}", "claim", c->claim);

		if (!words_claimed(certificate, c->claim))
			continue;
		fputs("<p class=says>", out);
		html_element(out, page_claim_look(named), c->claim);
		fputs(" ", out);
		html_text(out, c->says);
		fputs(" <b>It does not say:</b> ", out);
		html_text(out, c->says_not);
		fputs("</p>\n", out);
	}
	fputs("<p class=plain>The levels clear and purge are those of the standards named above. "
	      "Of management controllers the certificate says what stands under Out of band, if anything: "
	      "they said so of themselves. It says nothing of what a running system cannot see of the "
	      "firmware.</p>\n",
	      out);
}

static void sentences(FILE *out, const char *heading, const json_t *list)
{
	if (!json_array_size(list))
		return;
	fprintf(out, "<h2>%s</h2>\n<p class=plain>", heading);
	for (size_t i = 0; i < json_array_size(list); i++) {
		html_text(out, json_string_value(json_array_get(list, i)));
		fputs(" ", out);
	}
	fputs("</p>\n", out);
}

static void statement(FILE *out, const json_t *certificate)
{
	const json_t *validation = json_object_get(certificate, "validation"),
		     *image = json_object_get(certificate, "image");
	_cleanup_json_ json_t *disks = words_image_disks(certificate);

	fputs("<h2>Statement</h2>\n<section class=statement>", out);
	html_element(out, "p", json_text(certificate, "statement"));
	fputs("<p>The image ", out);
	html_text(out, json_text(image, "name"));
	fputs(" ", out);
	html_text(out, json_text(image, "version"));
	fputs(" was written afterwards to ", out);
	page_places(out, certificate, disks);
	fputs(" (manifest SHA-256 ", out);
	html_element(out, "code", json_text(image, "manifest_sha256"));
	fputs(").</p>\n<p>The station&rsquo;s own check of the evidence: ", out);
	html_element(out, "b", json_text(validation, "result"));
	fputs(". ", out);
	html_text(out, json_text(validation, "means"));
	fputs("</p></section>\n", out);
}

/* As one word of a shell. */
static char *shell_word(const char *word)
{
	_cleanup_free_ char *quoted = NULL;
	size_t len = 0;
	FILE *out;

	if (word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0')
		return xstrdup(word);
	out = open_memstream(&quoted, &len);
	if (!out)
		abort();
	for (fputc('\'', out); *word; word++)
		fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, out);
	fputc('\'', out);
	if (fclose(out) != 0)
		abort();
	return TAKE_PTR(quoted);
}

static void foot(FILE *out, const char *file, const char *sha256)
{
	_cleanup_free_ char *word = shell_word(file);
	_cleanup_free_ char *commands = str_printf(
		"openssl dgst -sha256 %s\nopenssl cms -verify -binary -purpose any -CAfile evidence-ca.pem "
		"-content %s -inform DER -in %s.p7s -signer signer.pem -out /dev/null\n"
		"openssl x509 -noout -ext keyUsage,extendedKeyUsage -in signer.pem   # Digital Signature, "
		"Code "
		"Signing",
		word, word, word);

	fputs("<footer><p>A rendering, not itself signed. SHA-256 of the signed document ", out);
	html_element(out, "code", file);
	fputs(": ", out);
	html_element(out, "code", sha256);
	fputs("</p>\n<p>To check it, with the document, its signature (.p7s) and the station&rsquo;s "
	      "evidence-ca.pem, had by a way that you trust:</p>\n",
	      out);
	html_element(out, "pre", commands);
	fputs("</footer>\n", out);
}

char *certificate_page(const json_t *certificate, const char *file, const char *sha256)
{
	size_t len = 0;
	char *page = NULL;
	FILE *out = open_memstream(&page, &len);
	_cleanup_json_ json_t *firmware = words_firmware(certificate), *gate = words_gate(certificate),
			      *overlays = words_overlays(certificate), *gpus = words_gpus(certificate),
			      *nics = words_nics(certificate), *handover = words_handover(certificate),
			      *bmc = words_bmc(certificate), *network = words_network(certificate),
			      *out_of_band = words_out_of_band(json_object_get(certificate, "out_of_band"));

	if (!out)
		abort();
	fputs("<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>"
	      "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src "
	      "'unsafe-inline'\">"
	      "<meta name=viewport content=\"width=device-width\">\n<title>",
	      out);
	html_text(out, "Certificate of Sanitisation ");
	html_text(out, json_text(certificate, "order"));
	fprintf(out, "</title>\n<style>%s</style></head>\n<body><main>\n", certificate_style);
	head(out, certificate);
	facts(out, certificate);
	page_drives(out, certificate);
	claims(out, certificate);
	sentences(out, "Firmware", firmware);
	sentences(out, "Gate", gate);
	sentences(out, "GPUs", gpus);
	sentences(out, "Overlays", overlays);
	sentences(out, "Network cards", nics);
	sentences(out, "Network", network);
	sentences(out, "Handover", handover);
	sentences(out, "Out of band", out_of_band);
	sentences(out, "Through the BMC", bmc);
	page_not_done(out, certificate);
	statement(out, certificate);
	foot(out, file, sha256);
	fputs("</main></body></html>\n", out);
	if (fclose(out) != 0)
		abort();
	return page;
}

int certificate_html_command(int argc, char **argv)
{
	const char *path = NULL, *to = NULL, *base;
	const struct arg_option options[] = {
		{"output", ARG_TEXT, &to, "FILE", "where to; also -o (default: standard output)", false, 'o'},
		{}};
	const struct arg_spec spec = {
		"remint certificate html FILE",
		"Makes one page of HTML of a certificate, to read and to print. It does not check the "
		"signature: verify does.",
		options, 1, 1};
	_cleanup_json_ json_t *certificate = NULL;
	_cleanup_free_ char *page = NULL;
	char sha256[SHA256_HEX_SIZE];
	enum arg_result parsed;
	struct err err;

	parsed = args_parse(&spec, argc, argv, &path);
	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (certificate_open(path, &certificate, sha256, &err) < 0)
		return fail_with(&err);
	base = strrchr(path, '/');
	page = certificate_page(certificate, base ? base + 1 : path, sha256);
	if (to)
		return file_write_atomic(to, page, strlen(page), 0644, &err) < 0 ? fail_with(&err)
										 : EXIT_SUCCESS;
	return fputs(page, stdout) >= 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
