/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands of `remint image` share; each command is a file of its own beside it. */
#ifndef CLI_IMAGE_H
#define CLI_IMAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <time.h>

#include "core/err.h"
#include "images/index.h"
#include "images/manifest.h"

int image_pack_command(int argc, char **argv);
int image_verify_command(int argc, char **argv);
int image_write_command(int argc, char **argv);
int image_inspect_command(int argc, char **argv);
int image_import_command(int argc, char **argv);
int image_push_command(int argc, char **argv);
int image_mirror_command(int argc, char **argv);
int image_gc_command(int argc, char **argv);

struct arg_option;
struct pack_options;

/* Where `import` differs from `pack`, whose options it takes: more of them, and a step before the packing. */
struct image_source {
	const char *usage, *purpose;
	const struct arg_option *options; /* a NULL name ends the table */
	/* May give pack->disk another path. */
	int (*open)(void *data, struct pack_options *pack, bool quiet, struct err *err);
	void *data;
};
int image_pack_from(int argc, char **argv, const struct image_source *source); /* NULL: pack itself */

/* On standard error, when the kernel for kexec carries no signature. */
void image_kexec_warn(const struct pack_options *pack);

/* An image on standard output, for programs and for people; they return the exit status. */
json_t *image_summary(const char *dir, const struct manifest *manifest, const struct index *index);
int image_print_json(json_t *root); /* frees it */
int image_print_text(const struct manifest *manifest, const struct index *index);

/* text NULL: *ret is left alone. */
int image_option_time(const char *option, const char *text, time_t *ret, struct err *err) _must_check_;
int image_option_threads(uint64_t threads, struct err *err) _must_check_;

#endif
