/* SPDX-License-Identifier: Apache-2.0 */
/* remint-mkboot: makes the generic part of the boot image from a recipe (images/boot/recipe.h). A tool of the build. */
#include <getopt.h>
#include <inttypes.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/log.h"
#include "images/boot/recipe.h"

static const char usage[] =
	"usage: remint-mkboot [--time SECONDS] [--level N] [--manifest FILE] --recipe FILE -o FILE\n"
	"Writes an initramfs: cpio (newc), one frame of zstd, the same bytes from the same files.\n"
	"  --time SECONDS   time of every file; default SOURCE_DATE_EPOCH, else 0\n"
	"  --level N        zstd level, 1 to 19; default 19\n"
	"  --manifest FILE  also a list of contents with SHA-256\n";

struct options {
	const char *recipe, *output, *manifest, *time, *level;
};

static int parse_number(const char *what, const char *text, unsigned long min, unsigned long max,
			unsigned long *ret, struct err *err)
{
	char *end;

	errno = 0;
	*ret = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || *ret < min || *ret > max)
		return err_set(err, EINVAL, "%s: \"%s\" is not a number from %lu to %lu", what, text, min,
			       max);
	return 0;
}

/* One frame, one thread: the kernel unpacks the first frame alone, and the bytes do not depend on the machine's cores. The
 * window of level 19 is 8 MiB, which the kernel allocates besides. */
static int compress(const char *plain, size_t len, unsigned long level, char **ret, size_t *ret_len,
		    struct err *err)
{
	size_t room = ZSTD_compressBound(len), n;
	_cleanup_free_ char *out = malloc(room);

	if (!out)
		return err_set(err, ENOMEM, "out of memory");
	n = ZSTD_compress(out, room, plain, len, (int)level);
	if (ZSTD_isError(n))
		return err_set(err, EIO, "zstd: %s", ZSTD_getErrorName(n));
	*ret = TAKE_PTR(out);
	*ret_len = n;
	return 0;
}

static void print_file(FILE *out, const struct tree_file *file)
{
	char hex[SHA256_HEX_SIZE] = "-";

	if (S_ISREG(file->mode))
		sha256_hex(file->data, file->len, hex);
	fprintf(out, "%-64s %06o %9zu %s%s%s\n", hex, (unsigned)file->mode,
		S_ISREG(file->mode) ? file->len : 0, file->path, S_ISLNK(file->mode) ? " -> " : "",
		S_ISLNK(file->mode) ? file->data : "");
}

static int write_manifest(const struct tree *tree, const char *path, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return err_sys(err, errno, "%s", path);
	for (size_t i = 0; i < tree->n; i++)
		print_file(out, &tree->files[i]);
	if (fclose(out))
		return err_sys(err, errno, "%s", path);
	return file_write_atomic(path, text, len, 0644, err);
}

static int make(const struct options *options, struct err *err)
{
	_cleanup_(tree_clear) struct tree tree = {0};
	_cleanup_free_ char *plain = NULL, *packed = NULL;
	size_t plain_len, packed_len = 0;
	unsigned long mtime, level = 0;
	int r = parse_number("--time", options->time, 0, INT32_MAX, &mtime, err);

	if (r == 0)
		r = parse_number("--level", options->level, 1, 19, &level, err);
	if (r == 0)
		r = recipe_run(options->recipe, &tree, err);
	if (r == 0)
		r = tree_cpio(&tree, (time_t)mtime, &plain, &plain_len, err);
	if (r == 0)
		r = compress(plain, plain_len, level, &packed, &packed_len, err);
	if (r == 0)
		r = file_write_atomic(options->output, packed, packed_len, 0644, err);
	if (r == 0 && options->manifest)
		r = write_manifest(&tree, options->manifest, err);
	return r;
}

static bool parse_options(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{"recipe", required_argument, NULL, 'r'},   {"output", required_argument, NULL, 'o'},
		{"manifest", required_argument, NULL, 'm'}, {"time", required_argument, NULL, 't'},
		{"level", required_argument, NULL, 'l'},    {0}};
	int c;

	while ((c = getopt_long(argc, argv, "o:", known, NULL)) != -1) {
		const char **field = c == 'r'   ? &options->recipe
				     : c == 'o' ? &options->output
				     : c == 'm' ? &options->manifest
				     : c == 't' ? &options->time
				     : c == 'l' ? &options->level
						: NULL;
		if (!field)
			return false;
		*field = optarg;
	}
	return optind == argc && options->recipe && options->output;
}

int main(int argc, char **argv)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	struct options options = {.time = epoch ? epoch : "0", .level = "19"};
	struct err err = {0};

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(usage, stdout);
		return 0;
	}
	if (!parse_options(argc, argv, &options)) {
		fputs(usage, stderr);
		return 2;
	}
	log_set_name("remint-mkboot");
	if (make(&options, &err) < 0) {
		log_error("%s", err.text);
		return 1;
	}
	return 0;
}
