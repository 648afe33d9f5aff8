/* SPDX-License-Identifier: Apache-2.0 */
/* remint image pack | verify | inspect. docs/man/remint-image.1 */
#include <inttypes.h>
#include <string.h>

#include "cli/args.h"
#include "cli/verbs.h"
#include "core/json.h"
#include "core/time.h"
#include "images/image.h"
#include "images/pack.h"

#define DAY            86400 /* seconds */
#define CLOCK_SLACK    3600  /* seconds by which a node's clock may be behind ours */
#define THREADS_MAX    256
#define LINE_PERIOD_NS (10 * 1000000000ull) /* between progress lines where there is no terminal */
#define TERM_PERIOD_NS (200 * 1000000ull)

/* ---- progress --------------------------------------------------------------------------------- */

struct progress {
	const char *what;
	bool quiet, terminal, shown;
	uint64_t begun, next; /* monotonic, ns */
};

static void progress_begin(struct progress *p, const char *what, bool quiet)
{
	*p = (struct progress){.what = what, .quiet = quiet, .terminal = isatty(STDERR_FILENO)};
	p->begun = monotonic_ns();
	p->next = p->begun + (p->terminal ? TERM_PERIOD_NS : LINE_PERIOD_NS);
}

static void progress_show(void *data, uint64_t done, uint64_t total)
{
	struct progress *p = data;
	uint64_t now = monotonic_ns();
	double seconds = (double)(now - p->begun) / 1e9, mib = (double)done / (1 << 20);

	if (p->quiet || (now < p->next && !(done == total && p->terminal)))
		return;
	p->next = now + (p->terminal ? TERM_PERIOD_NS : LINE_PERIOD_NS);
	p->shown = true;
	fprintf(stderr, "%s%s %3u%%, %.0f of %.0f MiB, %.0f MiB/s, %.0f s left%s", p->terminal ? "\r" : "",
		p->what, (unsigned)(100 * (double)done / (double)total), mib, (double)total / (1 << 20),
		mib / seconds, seconds * (double)(total - done) / (double)done,
		p->terminal ? "  \033[K" : "\n");
}

static void progress_end(const struct progress *p)
{
	if (p->terminal && p->shown)
		fputc('\n', stderr);
}

static void progress_note(void *data, const char *text)
{
	struct progress *p = data;

	if (!p->quiet)
		fprintf(stderr, "%s\n", text);
}

/* ---- showing ---------------------------------------------------------------------------------- */

static json_t *summary(const char *dir, const struct manifest *m, const struct index *index)
{
	_cleanup_free_ char *text = NULL;
	char hex[SHA256_HEX_SIZE];
	json_t *root, *manifest;
	struct err err;
	size_t len;

	text = manifest_text(m, &len);
	if (json_parse(text, len, &manifest, &err) < 0)
		abort(); /* it was written by us */
	hex_encode(m->sha256, SHA256_SIZE, hex);
	root = json_pack("{s:s, s:s, s:I, s:I, s:I, s:o}", "folder", dir, "manifest_sha256", hex, "chunks",
			 (json_int_t)index->n_chunks, "data_chunks", (json_int_t)index->data_chunks,
			 "data_bytes", (json_int_t)index->data_bytes, "manifest", manifest);
	if (!root)
		abort();
	return root;
}

static int print_json(json_t *root)
{
	_cleanup_free_ char *text = NULL;
	size_t len;

	text = json_pretty(root, &len);
	json_decref(root);
	return fwrite(text, 1, len, stdout) == len && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int print_text(const struct manifest *m, const struct index *index)
{
	char before[TIME_TEXT_SIZE], after[TIME_TEXT_SIZE], hex[SHA256_HEX_SIZE];

	time_format(m->not_before, before);
	time_format(m->not_after, after);
	hex_encode(m->sha256, SHA256_SIZE, hex);
	printf("image           %s %s, serial %" PRIu64 "\n", m->name, m->version, m->serial);
	printf("machine         %s, %s%s%s\n", m->architecture, m->boots_uefi ? "UEFI" : "",
	       m->boots_uefi && m->boots_bios ? " and " : "", m->boots_bios ? "BIOS" : "");
	if (m->boots_uefi)
		printf("loader          %s in partition %s\n", m->efi_loader, m->efi_partition);
	printf("disk            %" PRIu64 " bytes in blocks of %" PRIu32 "\n", m->size,
	       m->logical_block_size);
	printf("payload         %" PRIu64 " bytes, %" PRIu32 " chunks, of which %" PRIu64 " (%" PRIu64
	       " bytes) are not zeros\n",
	       m->payload_size, index->n_chunks, index->data_chunks, index->data_bytes);
	printf("valid           %s to %s\n", before, after);
	printf("manifest SHA-256 %s\n", hex);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- options ---------------------------------------------------------------------------------- */

/* -o, -j and -q are what their long forms are. */
static void lengthen(int argc, char **argv)
{
	static char output[] = "--output", threads[] = "--threads", quiet[] = "--quiet";

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "-o"))
			argv[i] = output;
		else if (!strcmp(argv[i], "-j"))
			argv[i] = threads;
		else if (!strcmp(argv[i], "-q"))
			argv[i] = quiet;
}

static int option_time(const char *option, const char *text, time_t *ret, struct err *err)
{
	if (text && time_parse(text, ret) < 0)
		return err_set(err, EINVAL, "%s is a time in UTC such as 2026-11-22T21:00:00Z, not '%s'",
			       option, text);
	return 0;
}

static int option_firmware(const char *text, struct pack_options *pack, struct err *err)
{
	pack->boots_uefi = strstr(text, "uefi") != NULL;
	pack->boots_bios = strstr(text, "bios") != NULL;
	if (strcmp(text, "uefi") != 0 && strcmp(text, "bios") != 0 && strcmp(text, "uefi,bios") != 0 &&
	    strcmp(text, "bios,uefi") != 0)
		return err_set(err, EINVAL, "--firmware is uefi, bios or uefi,bios, not '%s'", text);
	return 0;
}

static int option_threads(uint64_t threads, struct err *err)
{
	if (threads > THREADS_MAX)
		return err_set(err, EINVAL, "--threads is at most %d", THREADS_MAX);
	return 0;
}

/* ---- pack ------------------------------------------------------------------------------------- */

struct pack_args {
	struct pack_options pack;
	const char *firmware, *not_before, *not_after;
	uint64_t level, threads, days, block;
	bool quiet, json;
};

static int pack_settle(struct pack_args *a, struct err *err)
{
	time_t now = time(NULL);
	int r;

	if (a->not_after && a->days)
		return err_set(err, EINVAL, "--not-after and --days exclude each other");
	if (a->days > 36500)
		return err_set(err, EINVAL, "--days is at most 36500");
	if (a->level > 19)
		return err_set(err, EINVAL, "--level is 1 to 19");
	if (a->block > UINT32_MAX)
		return err_set(err, EINVAL, "--logical-block-size is 512 or 4096");
	a->pack.not_before = now - CLOCK_SLACK;
	a->pack.not_after = now + (time_t)(a->days ? a->days : 365) * DAY;
	if ((r = option_time("--not-before", a->not_before, &a->pack.not_before, err)) < 0 ||
	    (r = option_time("--not-after", a->not_after, &a->pack.not_after, err)) < 0 ||
	    (r = option_threads(a->threads, err)) < 0)
		return r;
	a->pack.level = (int)a->level;
	a->pack.threads = (unsigned)a->threads;
	a->pack.logical_block_size = (uint32_t)a->block;
	return option_firmware(a->firmware, &a->pack, err);
}

static enum arg_result pack_parse(int argc, char **argv, struct pack_args *a)
{
	struct pack_options *p = &a->pack;
	const struct arg_option options[] = {
		{"name", ARG_TEXT, &p->name, "NAME", "of the image: [a-z0-9]([a-z0-9.-]{0,62})", true},
		{"version", ARG_TEXT, &p->version, "TEXT", "for people, 1 to 64 characters", true},
		{"serial", ARG_NUMBER, &p->serial, "N", "rises with each image of that name", true},
		{"key", ARG_TEXT, &p->key, "FILE", "signer's private key, PEM, or a pkcs11: URI", true},
		{"cert", ARG_TEXT, &p->cert, "FILE", "signer's certificate (codeSigning) and chain, PEM",
		 true},
		{"output", ARG_TEXT, &p->dir, "DIR", "made; appears whole or not at all; also -o", true},
		{"force", ARG_FLAG, &p->force, "", "replace an image that is in DIR"},
		{"firmware", ARG_TEXT, &a->firmware, "LIST", "uefi (default), bios or uefi,bios"},
		{"loader", ARG_TEXT, &p->loader, "PATH", "in the ESP (default: \\EFI\\BOOT\\BOOTX64.EFI)"},
		{"arch", ARG_TEXT, &p->architecture, "ARCH", "x86_64 (default) or aarch64"},
		{"logical-block-size", ARG_NUMBER, &a->block, "N", "512 (default) or 4096"},
		{"not-before", ARG_TEXT, &a->not_before, "TIME",
		 "2026-11-22T21:00:00Z; default: an hour ago"},
		{"not-after", ARG_TEXT, &a->not_after, "TIME", "end of validity"},
		{"days", ARG_NUMBER, &a->days, "N", "the same, counted from now (default: 365)"},
		{"level", ARG_NUMBER, &a->level, "N", "of zstd, 1 to 19 (default: 3)"},
		{"threads", ARG_NUMBER, &a->threads, "N", "default: one for each CPU; also -j"},
		{"quiet", ARG_FLAG, &a->quiet, "", "no progress; also -q"},
		{"json", ARG_FLAG, &a->json, "", "print a summary as JSON"},
		{},
	};
	const struct arg_spec spec = {"remint image pack DISK",
				      "Packs a raw or qcow2 disk into a signed image in the new folder DIR.",
				      options, 1, 1};

	lengthen(argc, argv);
	return args_parse(&spec, argc, argv, &p->disk);
}

static int image_pack_command(int argc, char **argv)
{
	_cleanup_(pack_result_clear) struct pack_result result = {0};
	struct pack_args a = {
		.pack = {.architecture = "x86_64", .progress = progress_show, .note = progress_note},
		.firmware = "uefi",
		.level = 3,
		.block = 512};
	enum arg_result parsed = pack_parse(argc, argv, &a);
	struct progress progress;
	struct err err;
	int r;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (pack_settle(&a, &err) < 0)
		return fail_with(&err);
	a.pack.data = &progress;
	progress_begin(&progress, "packing", a.quiet);
	r = image_pack(&a.pack, &result, &err);
	progress_end(&progress);
	if (r < 0)
		return fail_with(&err);
	return a.json ? print_json(summary(a.pack.dir, result.manifest, result.index))
		      : print_text(result.manifest, result.index);
}

/* ---- verify, inspect --------------------------------------------------------------------------- */

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
		{"threads", ARG_NUMBER, &a->threads, "N", "default: one for each CPU; also -j"},
		{"quiet", ARG_FLAG, &a->quiet, "", "no progress; also -q"},
		{"json", ARG_FLAG, &a->json, "", "print a summary as JSON"},
		{},
	};
	const struct arg_spec spec = {"remint image verify DIR", "Checks an image as a node does.", options,
				      1, 1};

	lengthen(argc, argv);
	return args_parse(&spec, argc, argv, &a->dir);
}

static int open_verified(const struct verify_args *a, struct image *image, struct err *err)
{
	_cleanup_(trust_freep) struct trust *trust = NULL;
	struct manifest_policy policy = {
		.now = time(NULL), .min_serial = a->min_serial, .architecture = a->architecture};
	int r;

	if ((r = option_time("--at", a->at, &policy.now, err)) < 0 ||
	    (r = option_threads(a->threads, err)) < 0 || (r = trust_from_file(a->ca, &trust, err)) < 0)
		return r;
	policy.trust = trust;
	return image_open(a->dir, &policy, image, err);
}

static int print_verified(const struct verify_args *a, const struct image *image)
{
	json_t *root;

	if (!a->json) {
		printf("%s: good: %s %s, serial %" PRIu64 ", signed by %s; %s\n", a->dir,
		       image->manifest->name, image->manifest->version, image->manifest->serial,
		       image->signer.subject,
		       a->full ? "every chunk of the payload checked" : "payload not read (--full does)");
		return EXIT_SUCCESS;
	}
	root = summary(a->dir, image->manifest, image->index);
	json_object_set_new(root, "signer", json_string(image->signer.subject));
	json_object_set_new(root, "payload_checked", json_boolean(a->full));
	return print_json(root);
}

static int image_verify_command(int argc, char **argv)
{
	_cleanup_(image_close) struct image image = {.payload_fd = -EBADF};
	struct verify_args a = {0};
	enum arg_result parsed = verify_parse(argc, argv, &a);
	struct progress progress;
	struct err err;
	int r;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if ((r = open_verified(&a, &image, &err)) < 0)
		return fail_with(&err);
	progress_begin(&progress, "checking", a.quiet);
	if (a.full)
		r = image_check_payload(&image, (unsigned)a.threads, progress_show, &progress, &err);
	progress_end(&progress);
	if (r == 0)
		return print_verified(&a, &image);
	err_prepend(&err, "%s", a.dir);
	return fail_with(&err);
}

static int image_inspect_command(int argc, char **argv)
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
		return print_json(summary(dir, image.manifest, image.index));
	fprintf(stderr, "the signature has not been checked; remint image verify does that\n");
	return print_text(image.manifest, image.index);
}

int verb_image(int argc, char **argv)
{
	static const struct sub_command table[] = {
		{"pack", "pack and sign a disk", image_pack_command},
		{"verify", "check an image as a node does", image_verify_command},
		{"inspect", "show what an image says of itself", image_inspect_command},
		{},
	};

	return run_sub_command("image", "Images of tenants' systems (docs/image-format.md).", table, argc,
			       argv);
}
