/* SPDX-License-Identifier: Apache-2.0 */
/* remint image mirror. docs/man/remint-image.1 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/args.h"
#include "cli/image/image.h"
#include "cli/progress.h"
#include "cli/stop.h"
#include "core/http_easy.h"
#include "core/io.h"
#include "images/store/mirror.h"

#define LIST_TAIL   "/v1/images" /* of a station: docs/openapi.json */
#define SOURCES_MAX 64
#define TOKEN_MAX   4096

struct mirror_args {
	struct mirror_options mirror;
	const char *sources[SOURCES_MAX + 1]; /* the last operand is the destination */
	const char *ca, *architecture, *token_file;
	uint64_t min_serial;
	bool quiet, json;
	json_t *done; /* array */
	unsigned failed;
};

static enum arg_result mirror_parse(int argc, char **argv, struct mirror_args *a)
{
	struct mirror_options *m = &a->mirror;
	const struct arg_option options[] = {
		{"ca", ARG_TEXT, &a->ca, "FILE", "trusted signers of images, PEM", true},
		{"keep-newer", ARG_FLAG, &m->keep_newer, "",
		 "do nothing where the same or a higher serial is"},
		{"min-serial", ARG_NUMBER, &a->min_serial, "N", "refuse a lower serial"},
		{"arch", ARG_TEXT, &a->architecture, "ARCH", "refuse another architecture"},
		{"limit-rate", ARG_NUMBER, &m->limit_rate, "N", "bytes a second at most, 65536 or more"},
		{"tls-ca", ARG_TEXT, &m->tls_ca, "FILE",
		 "CA of an https server, PEM (default: the system's)"},
		{"token-file", ARG_TEXT, &a->token_file, "FILE", "the account's token for a station's list"},
		{"quiet", ARG_FLAG, &a->quiet, "", "no progress; also -q", false, 'q'},
		{"json", ARG_FLAG, &a->json, "", "print what was done as JSON"},
		{},
	};
	const struct arg_spec spec = {"remint image mirror SRC... DEST",
				      "Copies images into DEST/NAME, verifying everything on the way. SRC is "
				      "the URL of an image's folder, or "
				      "https://STATION/v1/images for all that a station has. An interrupted "
				      "copy goes on where it stood.",
				      options, 2, SOURCES_MAX + 1};
	enum arg_result parsed;
	unsigned n = 0;

	parsed = args_parse(&spec, argc, argv, a->sources);
	if (parsed != ARG_GO)
		return parsed;
	while (n < SOURCES_MAX + 1 && a->sources[n])
		n++;
	m->dest = a->sources[n - 1];
	a->sources[n - 1] = NULL;
	return ARG_GO;
}

static void report(struct mirror_args *a, const char *source, const struct mirror_result *result)
{
	static const char *const outcomes[] = {
		[MIRROR_FETCHED] = "fetched", [MIRROR_UNCHANGED] = "unchanged", [MIRROR_KEPT] = "kept"};
	static const char *const says[] = {[MIRROR_FETCHED] = "fetched and verified",
					   [MIRROR_UNCHANGED] = "was there already, and is good",
					   [MIRROR_KEPT] = "not newer than what is there"};
	const struct manifest *m = result->manifest;
	_cleanup_free_ char *shown = http_shown_url(source);
	json_t *one;

	if (!a->json) {
		printf("%s: %s %s, serial %" PRIu64 ", signed by %s: %s\n", result->dir, m->name, m->version,
		       m->serial, result->signer.subject, says[result->outcome]);
		return;
	}
	one = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:I, s:I}", "source", shown, "folder", result->dir,
			"name", m->name, "version", m->version, "serial", (json_int_t)m->serial, "outcome",
			outcomes[result->outcome], "fetched_bytes", (json_int_t)result->fetched,
			"found_bytes", (json_int_t)result->found);
	if (one)
		json_array_append_new(a->done, one);
}

static void failed(struct mirror_args *a, const char *source, const struct err *err)
{
	_cleanup_free_ char *shown = http_shown_url(source);
	json_t *one = json_pack("{s:s, s:s}", "source", shown, "error", err->text);

	a->failed++;
	if (one)
		json_array_append_new(a->done, one);
	(void)fail_with(err);
}

/* name: of its folder; NULL: the manifest's. */
static void mirror_one(struct mirror_args *a, const char *source, const char *name)
{
	_cleanup_(mirror_result_clear) struct mirror_result result = {0};
	struct progress progress;
	struct err err;
	int r;

	a->mirror.source = source;
	a->mirror.name = name;
	a->mirror.cancelled = stop_asked;
	a->mirror.progress = progress_show;
	a->mirror.note = progress_note;
	a->mirror.data = &progress;
	progress_begin(&progress, "mirroring", a->quiet);
	r = image_mirror(&a->mirror, &result, &err);
	progress_end(&progress);
	if (r < 0)
		failed(a, source, &err);
	else
		report(a, source, &result);
}

static int read_list(const struct mirror_args *a, const char *source, json_t **ret, struct err *err)
{
	_cleanup_(http_freep) struct http *http = NULL;
	_cleanup_free_ char *token = NULL;
	struct http_options options = {.ca_file = a->mirror.tls_ca, .base = source, .cancelled = stop_asked};
	int r;

	if (strncmp(source, "https://", 8) != 0)
		return err_set(err, EINVAL, "%s: a station gives its list by https alone", source);
	if (a->token_file && (r = file_read(a->token_file, TOKEN_MAX, &token, NULL, err)) < 0)
		return r;
	if (token)
		token[strcspn(token, "\r\n")] = '\0';
	options.token = token;
	if ((r = http_new(&options, &http, err)) < 0)
		return r;
	r = http_json(http, "GET", source, NULL, ret, err);
	if (r == -EACCES && !token)
		return err_set(err, EACCES, "%s: the station wants a --token-file", source);
	return r < 0 ? err_prepend(err, "%s", source) : 0;
}

/* Each under its folder's name, which is what orders call it: several folders may hold versions of one image. */
static void mirror_list(struct mirror_args *a, const char *source)
{
	_cleanup_json_ json_t *list = NULL;
	const char *url, *name;
	json_t *image;
	struct err err;
	size_t i;

	if (read_list(a, source, &list, &err) < 0) {
		failed(a, source, &err);
		return;
	}
	json_array_foreach(json_object_get(list, "images"), i, image) {
		if (json_get_str(image, source, "manifest_url", 2048, &url, &err) < 0 ||
		    json_get_str(image, source, "name", 63, &name, &err) < 0)
			failed(a, source, &err);
		else if (!stop_asked(NULL))
			mirror_one(a, url, name);
	}
}

static bool is_list(const char *source)
{
	size_t n = strlen(source), m = strlen(LIST_TAIL);

	return n > m && !strcmp(source + n - m, LIST_TAIL);
}

static int mirror_all(struct mirror_args *a, struct err *err)
{
	_cleanup_(trust_freep) struct trust *trust = NULL;
	struct manifest_policy policy = {
		.now = time(NULL), .min_serial = a->min_serial, .architecture = a->architecture};
	int r;

	if (a->mirror.limit_rate && a->mirror.limit_rate < MIRROR_RATE_MIN)
		return err_set(err, EINVAL, "--limit-rate is at least %u", MIRROR_RATE_MIN);
	if ((r = trust_from_file(a->ca, &trust, err)) < 0)
		return r;
	policy.trust = trust;
	a->mirror.policy = &policy;
	stop_begin();
	for (unsigned i = 0; a->sources[i] && !stop_asked(NULL); i++)
		if (is_list(a->sources[i]))
			mirror_list(a, a->sources[i]);
		else
			mirror_one(a, a->sources[i], NULL);
	if (stop_asked(NULL))
		a->failed++;
	stop_end();
	a->mirror.policy = NULL;
	return 0;
}

int image_mirror_command(int argc, char **argv)
{
	struct mirror_args a = {0};
	enum arg_result parsed = mirror_parse(argc, argv, &a);
	struct err err;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	a.done = json_array();
	if (mirror_all(&a, &err) < 0) {
		json_decref(a.done);
		return fail_with(&err);
	}
	if (!a.json)
		json_decref(a.done);
	else if (image_print_json(json_pack("{s:o}", "images", a.done)) != EXIT_SUCCESS)
		return EXIT_FAILURE;
	return a.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
