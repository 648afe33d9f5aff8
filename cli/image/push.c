/* SPDX-License-Identifier: Apache-2.0 */
/* remint image push. docs/man/remint-image.1 */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "cli/args.h"
#include "cli/image/image.h"
#include "cli/progress.h"
#include "cli/stop.h"
#include "images/image.h"
#include "images/store/push.h"

#define PART_MIN 5 /* MiB: what S3 takes */
#define PART_MAX 5120

struct push_args {
	struct push_options push;
	const char *ca;
	uint64_t threads, part;
	bool no_payload_check, quiet, json;
};

static enum arg_result push_parse(int argc, char **argv, struct push_args *a)
{
	struct dest_options *d = &a->push.dest;
	const struct arg_option options[] = {
		{"ca", ARG_TEXT, &a->ca, "FILE", "trusted signers of images, PEM", true},
		{"no-payload-check", ARG_FLAG, &a->no_payload_check, "",
		 "do not read and check the payload before"},
		{"force", ARG_FLAG, &d->force, "", "replace another image that is there"},
		{"tls-ca", ARG_TEXT, &d->tls_ca, "FILE",
		 "CA of the https server, PEM (default: the system's)"},
		{"token-file", ARG_TEXT, &d->token_file, "FILE", "holds a bearer token, for https"},
		{"endpoint", ARG_TEXT, &d->endpoint, "URL", "of the S3-compatible store (default: Amazon's)"},
		{"region", ARG_TEXT, &d->region, "NAME", "for S3 (default: us-east-1)"},
		{"credentials-file", ARG_TEXT, &d->credentials_file, "FILE",
		 "for S3 (default: AWS_ACCESS_KEY_ID and the like)"},
		{"part-size", ARG_NUMBER, &a->part, "MIB", "of a large object's parts for S3 (default: 64)"},
		{"threads", ARG_NUMBER, &a->threads, "N", "that check (default: one for each CPU); also -j",
		 false, 'j'},
		{"quiet", ARG_FLAG, &a->quiet, "", "no progress; also -q", false, 'q'},
		{"json", ARG_FLAG, &a->json, "", "print what was done as JSON"},
		{},
	};
	const struct arg_spec spec = {"remint image push DIR DEST",
				      "Verifies an image and brings it to where nodes fetch it: a folder, "
				      "http(s)://... that takes PUT, or "
				      "s3://BUCKET/PREFIX. The manifest goes last.",
				      options, 2, 2};
	const char *operands[2] = {0};
	enum arg_result parsed;

	parsed = args_parse(&spec, argc, argv, operands);
	a->push.dir = operands[0];
	d->where = operands[1];
	return parsed;
}

static int verify(const struct push_args *a, struct image *image, struct err *err)
{
	_cleanup_(trust_freep) struct trust *trust = NULL;
	struct manifest_policy policy = {.now = time(NULL)};
	struct progress progress;
	int r;

	if ((r = trust_from_file(a->ca, &trust, err)) < 0)
		return r;
	policy.trust = trust;
	if ((r = image_open(a->push.dir, &policy, image, err)) < 0)
		return r;
	if (image_check_files(image, err) < 0)
		return err_prepend(err, "%s", a->push.dir);
	if (a->no_payload_check)
		return 0;
	progress_begin(&progress, "checking", a->quiet);
	r = image_check_payload(image, (unsigned)a->threads, progress_show, &progress, err);
	progress_end(&progress);
	return r < 0 ? err_prepend(err, "%s", a->push.dir) : 0;
}

static int show(const struct push_args *a, const struct image *image, const struct push_result *result)
{
	_cleanup_free_ char *shown = dest_shown(a->push.dest.where);
	json_t *files = json_array(), *root;
	uint64_t bytes = 0;
	unsigned sent = 0;

	for (unsigned i = 0; i < result->n_files; i++) {
		json_array_append_new(files, json_pack("{s:s, s:I, s:b}", "name", result->files[i].name,
						       "size", (json_int_t)result->files[i].size, "sent",
						       result->files[i].sent));
		sent += result->files[i].sent;
		bytes += result->files[i].sent ? result->files[i].size : 0;
	}
	if (!a->json) {
		json_decref(files);
		printf("%s: %s %s, serial %" PRIu64 ": %s%" PRIu64 " bytes sent, and read back\n", shown,
		       image->manifest->name, image->manifest->version, image->manifest->serial,
		       sent ? "" : "was there already; ", bytes);
		return EXIT_SUCCESS;
	}
	root = image_summary(a->push.dir, image->manifest, image->index);
	json_object_set_new(root, "destination", json_string(shown));
	json_object_set_new(root, "files", files);
	json_object_set_new(root, "sent_bytes", json_integer((json_int_t)bytes));
	return image_print_json(root);
}

int image_push_command(int argc, char **argv)
{
	_cleanup_(image_close) struct image image = {.payload_fd = -EBADF};
	struct push_args a = {0};
	enum arg_result parsed = push_parse(argc, argv, &a);
	struct push_result result = {0};
	struct progress progress;
	struct err err;
	int r;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (a.part && (a.part < PART_MIN || a.part > PART_MAX))
		r = err_set(&err, EINVAL, "--part-size is %d to %d MiB", PART_MIN, PART_MAX);
	else
		r = image_option_threads(a.threads, &err);
	if (r < 0 || verify(&a, &image, &err) < 0)
		return fail_with(&err);
	a.push.image = &image;
	a.push.dest.part_size = a.part << 20;
	a.push.dest.cancelled = stop_asked;
	a.push.dest.note = progress_note;
	a.push.dest.data = &progress;
	a.push.progress = progress_show;
	a.push.data = &progress;
	progress_begin(&progress, "pushing", a.quiet);
	stop_begin();
	r = image_push(&a.push, &result, &err);
	stop_end();
	progress_end(&progress);
	return r < 0 ? fail_with(&err) : show(&a, &image, &result);
}
