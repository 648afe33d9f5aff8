/* SPDX-License-Identifier: Apache-2.0 */
/* remint image pack. docs/man/remint-image.1 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/args.h"
#include "cli/image/image.h"
#include "cli/progress.h"
#include "cli/stop.h"
#include "core/http_easy.h"
#include "core/io.h"
#include "core/json.h"
#include "images/pack.h"

#define DAY         86400 /* seconds */
#define DAYS_UNSET  UINT64_MAX
#define CLOCK_SLACK 3600 /* seconds by which a node's clock may be behind ours */

static int option_firmware(const char *text, struct pack_options *pack, struct err *err)
{
	if (pack->kind == IMAGE_OVERLAY)
		return 0;
	text = text ?: "uefi";
	pack->boots_uefi = strstr(text, "uefi") != NULL;
	pack->boots_bios = strstr(text, "bios") != NULL;
	if (strcmp(text, "uefi") != 0 && strcmp(text, "bios") != 0 && strcmp(text, "uefi,bios") != 0 &&
	    strcmp(text, "bios,uefi") != 0)
		return err_set(err, EINVAL, "--firmware is uefi, bios or uefi,bios, not '%s'", text);
	return 0;
}

struct pack_args {
	struct pack_options pack;
	const char *kind, *block_size, *layout_file, *epoch, *declaration;
	const char *firmware, *not_before, *not_after;
	uint64_t level, threads, days, block;
	bool quiet, json;
	struct layout *layout;
	struct overlay *overlay;
};

/* Its operand is a folder. */
static int option_kind_overlay(struct pack_args *a, struct err *err)
{
	struct pack_options *p = &a->pack;

	if (!p->disk || !a->declaration)
		return err_set(err, EINVAL, "--kind overlay needs a folder DIR and --declare");
	if (a->layout_file || p->tree || p->tar || a->block || a->block_size || a->firmware || p->loader ||
	    p->kexec_kernel || p->kexec_initrd || p->kexec_cmdline)
		return err_set(
			err, EINVAL,
			"an image of kind overlay has no disk and boots nothing: of --layout, --tree, --tar, "
			"--firmware, --loader, block sizes and --kexec-... it takes none");
	p->tree = TAKE_PTR(p->disk);
	return 0;
}

static int option_kind(struct pack_args *a, struct err *err)
{
	if (!image_kind_from_name(a->kind, &a->pack.kind))
		return err_set(err, EINVAL, "--kind is disk, root or overlay, not '%s'", a->kind);
	if (a->pack.kind == IMAGE_OVERLAY)
		return option_kind_overlay(a, err);
	if (a->declaration)
		return err_set(err, EINVAL, "--declare belongs to --kind overlay");
	if (a->pack.kind == IMAGE_DISK && (a->layout_file || a->pack.tree || a->pack.tar || a->epoch))
		return err_set(err, EINVAL, "--layout, --tree, --tar and --epoch belong to --kind root");
	if (a->pack.kind == IMAGE_DISK && !a->pack.disk)
		return err_set(err, EINVAL, "DISK is missing");
	if (a->pack.kind == IMAGE_ROOT && a->pack.disk)
		return err_set(err, EINVAL, "--kind root takes --tree or --tar, and no DISK");
	if (a->pack.kind == IMAGE_ROOT && (!a->layout_file || !a->pack.tree == !a->pack.tar))
		return err_set(err, EINVAL, "--kind root needs --layout, and --tree or --tar");
	if (a->pack.kind == IMAGE_ROOT && (a->block || a->block_size))
		return err_set(err, EINVAL, "an image of kind root suits disks of any block size");
	return 0;
}

/* --logical-block-size says what the table counts in, --block-size for which disks the image is. */
static int option_blocks(struct pack_args *a, struct err *err)
{
	const char *text = a->block_size;

	if (a->pack.kind == IMAGE_OVERLAY)
		return 0;
	if (a->block > UINT32_MAX)
		return err_set(err, EINVAL, "--logical-block-size is 512 or 4096");
	a->pack.logical_block_size = (uint32_t)a->block;
	if (text && !strcmp(text, "both")) {
		a->pack.any_block_size = true;
		return 0;
	}
	if (text && strcmp(text, "512") != 0 && strcmp(text, "4096") != 0)
		return err_set(err, EINVAL, "--block-size is 512, 4096 or both, not '%s'", text);
	if (text && a->block && a->block != strtoul(text, NULL, 10))
		return err_set(err, EINVAL, "--block-size and --logical-block-size contradict each other");
	if (text)
		a->pack.logical_block_size = (uint32_t)strtoul(text, NULL, 10);
	else if (!a->block)
		a->pack.logical_block_size = 512;
	return 0;
}

static int option_layout(struct pack_args *a, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	int r;

	if (!a->layout_file)
		return 0;
	if ((r = json_read_file(a->layout_file, MANIFEST_MAX, &json, err)) < 0)
		return r;
	if (layout_from_json(json, &a->layout, err) < 0)
		return err_prepend(err, "%s", a->layout_file);
	a->pack.layout = a->layout;
	return 0;
}

static int option_declaration(struct pack_args *a, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	int r;

	if (!a->declaration)
		return 0;
	if ((r = json_read_file(a->declaration, MANIFEST_MAX, &json, err)) < 0)
		return r;
	if (overlay_from_declaration(json, &a->overlay, err) < 0)
		return err_prepend(err, "%s", a->declaration);
	a->pack.overlay = a->overlay;
	return 0;
}

/* A time, or as SOURCE_DATE_EPOCH has it, which an overlay's files take where nothing else is said. */
static int option_epoch(struct pack_args *a, struct err *err)
{
	char *end;

	if (!a->epoch && a->pack.kind == IMAGE_OVERLAY)
		a->epoch = getenv("SOURCE_DATE_EPOCH");
	if (!a->epoch)
		return 0;
	a->pack.clamp = true;
	errno = 0;
	a->pack.epoch = (time_t)strtoll(a->epoch, &end, 10);
	if (a->epoch[0] >= '0' && a->epoch[0] <= '9' && !*end && !errno)
		return 0;
	return image_option_time("--epoch", a->epoch, &a->pack.epoch, err);
}

static int pack_settle(struct pack_args *a, struct err *err)
{
	time_t now = time(NULL);
	int r;

	if (a->not_after && a->days != DAYS_UNSET)
		return err_set(err, EINVAL, "--not-after and --days exclude each other");
	if (a->days < 1 || (a->days > 36500 && a->days != DAYS_UNSET))
		return err_set(err, EINVAL, "--days is 1 to 36500");
	if (a->level > 19)
		return err_set(err, EINVAL, "--level is 1 to 19");
	a->pack.not_before = now - CLOCK_SLACK;
	a->pack.not_after = now + (time_t)(a->days == DAYS_UNSET ? 365 : a->days) * DAY;
	if ((r = image_option_time("--not-before", a->not_before, &a->pack.not_before, err)) < 0 ||
	    (r = image_option_time("--not-after", a->not_after, &a->pack.not_after, err)) < 0 ||
	    (r = image_option_threads(a->threads, err)) < 0)
		return r;
	a->pack.level = (int)a->level;
	a->pack.threads = (unsigned)a->threads;
	if ((r = option_kind(a, err)) < 0 || (r = option_blocks(a, err)) < 0 ||
	    (r = option_layout(a, err)) < 0 || (r = option_declaration(a, err)) < 0 ||
	    (r = option_epoch(a, err)) < 0)
		return r;
	return option_firmware(a->firmware, &a->pack, err);
}

/* pack's rows and the source's, malloc'd. */
static struct arg_option *join_options(const struct arg_option *pack, const struct image_source *source)
{
	size_t n = 0, more = 0;
	struct arg_option *all;

	while (pack[n].name)
		n++;
	while (source && source->options[more].name)
		more++;
	all = xcalloc(n + more + 1, sizeof(*all));
	memcpy(all, pack, n * sizeof(*all));
	if (source)
		memcpy(all + n, source->options, more * sizeof(*all));
	return all;
}

static enum arg_result pack_parse(int argc, char **argv, const struct image_source *source,
				  struct pack_args *a)
{
	struct pack_options *p = &a->pack;
	const struct arg_option options[] = {
		{"name", ARG_TEXT, &p->name, "NAME", "of the image: [a-z0-9]([a-z0-9.-]{0,62})", true},
		{"version", ARG_TEXT, &p->version, "TEXT", "for people, 1 to 64 characters", true},
		{"serial", ARG_NUMBER, &p->serial, "N", "rises with each image of that name", true},
		{"key", ARG_TEXT, &p->key, "FILE", "signer's private key, PEM, or a pkcs11: URI", true},
		{"cert", ARG_TEXT, &p->cert, "FILE", "signer's certificate (codeSigning) and chain, PEM",
		 true},
		{"output", ARG_TEXT, &p->dir, "DIR", "made; appears whole or not at all; also -o", true, 'o'},
		{"force", ARG_FLAG, &p->force, "", "replace an image that is in DIR"},
		{"kind", ARG_TEXT, &a->kind, "KIND",
		 "disk (default), root: a root file system's files, or overlay: drivers and tools for the "
		 "agent"},
		{"block-size", ARG_TEXT, &a->block_size, "N",
		 "of the disks that it suits: 512 (default), 4096 or both"},
		{"layout", ARG_TEXT, &a->layout_file, "FILE", "root: partitions and file systems, JSON"},
		{"tree", ARG_TEXT, &p->tree, "DIR", "root: the files, as a folder,"},
		{"tar", ARG_TEXT, &p->tar, "FILE", "root: or as a tar archive, plain, .gz, .xz or .zst"},
		{"declare", ARG_TEXT, &a->declaration, "FILE",
		 "overlay: kernel, modules and services of the folder DIR, JSON"},
		{"epoch", ARG_TEXT, &a->epoch, "TIME",
		 "root: later mtimes become this; overlay: all do; also in seconds"},
		{"firmware", ARG_TEXT, &a->firmware, "LIST", "uefi (default), bios or uefi,bios"},
		{"loader", ARG_TEXT, &p->loader, "PATH", "in the ESP (default: \\EFI\\BOOT\\BOOTX64.EFI)"},
		{"arch", ARG_TEXT, &p->architecture, "ARCH", "x86_64 (default) or aarch64"},
		{"logical-block-size", ARG_NUMBER, &a->block, "N", "of the disk's GPT: 512 or 4096"},
		{"kexec-kernel", ARG_TEXT, &p->kexec_kernel, "FILE",
		 "vmlinuz that the image can be started with by kexec,"},
		{"kexec-initrd", ARG_TEXT, &p->kexec_initrd, "FILE", "its initramfs"},
		{"kexec-cmdline", ARG_TEXT, &p->kexec_cmdline, "TEXT", "and its command line"},
		{"not-before", ARG_TEXT, &a->not_before, "TIME",
		 "2026-11-22T21:00:00Z; default: an hour ago"},
		{"not-after", ARG_TEXT, &a->not_after, "TIME", "end of validity"},
		{"days", ARG_NUMBER, &a->days, "N", "the same, counted from now (default: 365)"},
		{"level", ARG_NUMBER, &a->level, "N", "of zstd, 1 to 19 (default: 3)"},
		{"threads", ARG_NUMBER, &a->threads, "N", "default: one for each CPU; also -j", false, 'j'},
		{"quiet", ARG_FLAG, &a->quiet, "", "no progress; also -q", false, 'q'},
		{"json", ARG_FLAG, &a->json, "", "print a summary as JSON"},
		{},
	};
	_cleanup_free_ struct arg_option *all = join_options(options, source);
	const struct arg_spec spec = {source ? source->usage : "remint image pack [DISK | DIR]",
				      source ? source->purpose
					     : "Packs a raw or qcow2 disk, a root file system, or an "
					       "overlay's folder, into a signed "
					       "image in the new folder DIR.",
				      all, source ? 1 : 0, 1};

	return args_parse(&spec, argc, argv, &p->disk);
}

/* What the source made has a name that tells nobody anything: errors name what was asked for. */
static void name_source(struct err *err, const char *disk, const char *asked)
{
	_cleanup_free_ char *shown = strstr(asked, "://") ? http_shown_url(asked) : xstrdup(asked);
	const struct err was = *err;
	size_t n = strlen(disk);

	if (disk != asked && !strncmp(was.text, disk, n))
		err_set(err, was.code, "%s%s", shown, was.text + n);
}

int image_pack_command(int argc, char **argv)
{
	return image_pack_from(argc, argv, NULL);
}

int image_pack_from(int argc, char **argv, const struct image_source *source)
{
	_cleanup_(pack_result_clear) struct pack_result result = {0};
	struct pack_args a = {.pack = {.architecture = "x86_64",
				       .progress = progress_show,
				       .note = progress_note,
				       .cancelled = stop_asked},
			      .kind = "disk",
			      .days = DAYS_UNSET,
			      .level = 3};
	enum arg_result parsed = pack_parse(argc, argv, source, &a);
	const char *asked = a.pack.disk;
	struct progress progress;
	struct err err;
	int r;

	if (parsed != ARG_GO)
		return args_exit(parsed);
	a.pack.data = &progress;
	progress_begin(&progress, "packing", a.quiet);
	r = pack_settle(&a, &err);
	stop_begin();
	if (r == 0 && source)
		r = source->open(source->data, &a.pack, a.quiet, &err);
	if (r == 0)
		r = image_pack(&a.pack, &result, &err);
	stop_end();
	progress_end(&progress);
	layout_free(a.layout);
	overlay_free(a.overlay);
	if (r < 0 && source && a.pack.disk)
		name_source(&err, a.pack.disk, asked);
	if (r < 0)
		return fail_with(&err);
	image_kexec_warn(&a.pack);
	return a.json ? image_print_json(image_summary(a.pack.dir, result.manifest, result.index))
		      : image_print_text(result.manifest, result.index);
}
