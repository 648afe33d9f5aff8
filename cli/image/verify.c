/* SPDX-License-Identifier: Apache-2.0 */
/* remint image verify | inspect. docs/man/remint-image.1 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/args.h"
#include "cli/image/image.h"
#include "cli/progress.h"
#include "images/image.h"

struct verify_args {
	const char *dir, *ca, *at, *architecture;
	uint64_t min_serial, threads;
	bool full, quiet, json;
};

static enum arg_result verify_parse(int argc, char **argv, struct verify_args *a)
{
	const struct arg_option options[] = {
		{"ca", ARG_TEXT, &a->ca, "FILE", "trusted certificates, PEM", true},
		{"at", ARG_TEXT, &a->at, "TIME", "judge as of then, 2026-11-22T21:00:00Z (default: now)"},
		{"min-serial", ARG_NUMBER, &a->min_serial, "N", "refuse a lower serial"},
		{"arch", ARG_TEXT, &a->architecture, "ARCH", "refuse another architecture"},
		{"full", ARG_FLAG, &a->full, "", "read, decode and check the whole payload"},
		{"threads", ARG_NUMBER, &a->threads, "N", "default: one for each CPU; also -j", false, 'j'},
		{"quiet", ARG_FLAG, &a->quiet, "", "no progress; also -q", false, 'q'},
		{"json", ARG_FLAG, &a->json, "", "print a summary as JSON"},
		{},
	};
	const struct arg_spec spec = {"remint image verify DIR", "Checks an image as a node does.", options,
				      1, 1};

	return args_parse(&spec, argc, argv, &a->dir);
}

static int open_verified(const struct verify_args *a, struct image *image, struct err *err)
{
	_cleanup_(trust_freep) struct trust *trust = NULL;
	struct manifest_policy policy = {
		.now = time(NULL), .min_serial = a->min_serial, .architecture = a->architecture};
	int r;

	if ((r = image_option_time("--at", a->at, &policy.now, err)) < 0 ||
	    (r = image_option_threads(a->threads, err)) < 0 || (r = trust_from_file(a->ca, &trust, err)) < 0)
		return r;
	policy.trust = trust;
	return image_open(a->dir, &policy, image, err);
}

static int print_verified(const struct verify_args *a, const struct image *image)
{
	json_t *root;

	if (!a->json) {
		printf("%s: good: %s %s, serial %" PRIu64 ", signed by %s; %s%s\n", a->dir,
		       image->manifest->name, image->manifest->version, image->manifest->serial,
		       image->signer.subject, image->n_files ? "kernel for kexec checked; " : "",
		       a->full ? "every chunk of the payload checked" : "payload not read (--full does)");
		return EXIT_SUCCESS;
	}
	root = image_summary(a->dir, image->manifest, image->index);
	json_object_set_new(root, "signer", json_string(image->signer.subject));
	json_object_set_new(root, "payload_checked", json_boolean(a->full));
	if (image->n_files)
		json_object_set_new(root, "kexec_checked", json_true());
	return image_print_json(root);
}

int image_verify_command(int argc, char **argv)
{
	_cleanup_(image_close) struct image image = {.payload_fd = -EBADF};
	struct verify_args a = {0};
	enum arg_result parsed = verify_parse(argc, argv, &a);
	struct progress progress;
	struct err err;
	int r;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (open_verified(&a, &image, &err) < 0)
		return fail_with(&err);
	progress_begin(&progress, "checking", a.quiet);
	r = image_check_files(&image, &err);
	if (r == 0 && a.full)
		r = image_check_payload(&image, (unsigned)a.threads, progress_show, &progress, &err);
	progress_end(&progress);
	if (r == 0)
		return print_verified(&a, &image);
	err_prepend(&err, "%s", a.dir);
	return fail_with(&err);
}

int image_inspect_command(int argc, char **argv)
{
	_cleanup_(image_close) struct image image = {.payload_fd = -EBADF};
	bool json = false;
	const char *dir;
	const struct arg_option options[] = {{"json", ARG_FLAG, &json, "", "print a summary as JSON"}, {}};
	const struct arg_spec spec = {"remint image inspect DIR",
				      "Shows what an image says of itself; the signature is not checked.",
				      options, 1, 1};
	enum arg_result parsed = args_parse(&spec, argc, argv, &dir);
	struct err err;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (image_open(dir, NULL, &image, &err) < 0)
		return fail_with(&err);
	if (json)
		return image_print_json(image_summary(dir, image.manifest, image.index));
	fprintf(stderr, "the signature has not been checked; remint image verify does that\n");
	return image_print_text(image.manifest, image.index);
}
