/* SPDX-License-Identifier: Apache-2.0 */
/* remint bmc trust: first contact, by a person who compares. */
#include <ctype.h>
#include <string.h>

#include "cli/bmc/bmc.h"
#include "cli/client.h"
#include "cli/plain.h"
#include "core/io.h"
#include "redfish/trust.h"

struct trust_request {
	const char *host, *known, *expect;
	bool replace, json;
};

/* "AB:CD..." or "abcd..." is one of the certificate's digests. */
static bool is_expected(const char *expect, const struct rf_certificate *c)
{
	char hex[SHA256_HEX_SIZE];
	size_t n = 0;

	for (; *expect; expect++) {
		if (*expect == ':')
			continue;
		if (n + 1 == sizeof(hex))
			return false;
		hex[n++] = (char)tolower((unsigned char)*expect);
	}
	hex[n] = '\0';
	return !strcmp(hex, c->certificate_sha256) || !strcmp(hex, c->key_sha256);
}

static void show(const char *origin, struct rf_certificate *c, const char *known, bool is_new)
{
	plain_text(c->subject);
	plain_text(c->issuer);
	printf("BMC:          %s\nsubject:      %s\nissuer:       %s\nvalid:        %s to %s\n", origin,
	       c->subject, c->issuer, c->from, c->until);
	printf("certificate:  SHA-256 %s\npublic key:   SHA-256 %s\n", c->certificate_sha256, c->key_sha256);
	if (known)
		printf("%s %s\n", is_new ? "recorded in" : "already recorded in", known);
	else
		puts("not recorded: compare it with what the BMC itself shows, then name a file with "
		     "--known");
}

static int trust(const struct trust_request *request, struct err *err)
{
	_cleanup_free_ char *origin = NULL;
	struct rf_certificate c;
	bool is_new = false;
	int r = rf_origin(request->host, &origin, err);

	if (r == 0)
		r = rf_certificate_look(origin, &c, err);
	if (r == 0 && request->expect && !is_expected(request->expect, &c))
		r = err_set(err, EKEYREJECTED,
			    "%s shows another certificate (SHA-256 %s, key %s) than is expected; nothing is "
			    "recorded",
			    origin, c.certificate_sha256, c.key_sha256);
	if (r == 0 && request->known)
		r = rf_known_add(request->known, origin, &c, request->replace, &is_new, err);
	if (r < 0)
		return r;
	if (request->json) {
		_cleanup_json_ json_t *made =
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b}", "bmc", origin, "subject",
				  c.subject, "issuer", c.issuer, "from", c.from, "until", c.until,
				  "certificate_sha256", c.certificate_sha256, "key_sha256", c.key_sha256,
				  "recorded", request->known != NULL, "new", is_new);

		print_json(made);
	} else {
		show(origin, &c, request->known, is_new);
	}
	return 0;
}

int bmc_trust(int argc, char **argv)
{
	struct trust_request request = {0};
	const struct arg_option rows[] = {
		{"known", ARG_TEXT, &request.known, "FILE",
		 "record it here, for --known of the other commands; without it nothing is recorded"},
		{"expect", ARG_TEXT, &request.expect, "SHA256",
		 "of the certificate or its public key: record it only if it is this one"},
		{"replace", ARG_FLAG, &request.replace, "",
		 "in place of another key that is recorded for this BMC"},
		{"json", ARG_FLAG, &request.json, "", "print as JSON"},
		{}};
	const struct arg_spec spec = {"remint bmc trust HOST",
				      "Shows the certificate of a BMC and, with --known, records that it is "
				      "the right one. Nothing but\n"
				      "this command ever records one.",
				      rows, 1, 1};
	struct err err;
	enum arg_result parsed = args_parse(&spec, argc, argv, &request.host);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	return trust(&request, &err) < 0 ? fail_with(&err) : EXIT_SUCCESS;
}
