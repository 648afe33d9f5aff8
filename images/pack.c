/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/io.h"
#include "images/compress.h"
#include "images/layout_check.h"
#include "images/manifest_kexec.h"
#include "images/manifest_spec.h"
#include "images/pack_source.h"

const char *pack_loader(const struct pack_options *o)
{
	if (o->loader)
		return o->loader;
	return !strcmp(o->architecture, "aarch64") ? "\\EFI\\BOOT\\BOOTAA64.EFI" : "\\EFI\\BOOT\\BOOTX64.EFI";
}

static int check_overlay(const struct pack_options *o, struct err *err)
{
	if (!o->tree || !o->overlay || o->disk || o->tar || o->layout)
		return err_set(err, EINVAL,
			       "an image of kind overlay is packed with a declaration from a folder alone");
	if (o->kexec_kernel || o->kexec_initrd || o->kexec_cmdline)
		return err_set(err, EINVAL, "an image of kind overlay is not started by kexec");
	return 0;
}

static int check_kind(const struct pack_options *o, struct err *err)
{
	if (o->kind == IMAGE_OVERLAY)
		return check_overlay(o, err);
	if (!o->boots_uefi && !o->boots_bios)
		return err_set(err, EINVAL, "an image boots by UEFI, BIOS or both");
	if (o->kind == IMAGE_DISK) {
		if (!o->disk || o->tree || o->tar || o->layout)
			return err_set(err, EINVAL, "an image of kind disk is packed from a disk alone");
		if (o->logical_block_size != 512 && o->logical_block_size != 4096 &&
		    (o->logical_block_size != 0 || !o->any_block_size))
			return err_set(err, EINVAL, "logical block size must be 512 or 4096");
		return 0;
	}
	if (o->disk || !o->tree == !o->tar || !o->layout)
		return err_set(err, EINVAL,
			       "an image of kind root is packed with a layout from either a folder or a tar "
			       "archive");
	if (o->boots_bios)
		return err_set(err, EINVAL, "an image of kind root boots by UEFI alone");
	return 0;
}

int image_pack_check(const struct pack_options *o, struct err *err)
{
	_cleanup_free_ uint8_t *sig = NULL;
	size_t sig_len;
	int r;

	if ((r = check_kind(o, err)) < 0)
		return r;
	if (!image_name_valid(o->name))
		return err_set(err, EINVAL, "name \"%s\" is not of the form [a-z0-9]([a-z0-9.-]{0,62})",
			       o->name);
	if (!image_version_valid(o->version))
		return err_set(err, EINVAL, "version must be 1 to 64 printable ASCII characters");
	if (o->serial < 1 || o->serial > SERIAL_MAX)
		return err_set(err, EINVAL, "serial must be 1 to %llu", SERIAL_MAX);
	if (!image_architecture_valid(o->architecture))
		return err_set(err, EINVAL, "architecture \"%s\" is neither x86_64 nor aarch64",
			       o->architecture);
	if (o->kind != IMAGE_OVERLAY && !image_loader_valid(pack_loader(o)))
		return err_set(err, EINVAL, "loader \"%s\" is not a path such as \\EFI\\BOOT\\BOOTX64.EFI",
			       o->loader);
	if (o->not_after <= o->not_before)
		return err_set(err, EINVAL, "the validity would end before it begins");
	if (o->level < 1 || o->level > 19)
		return err_set(err, EINVAL, "level must be 1 to 19");
	if ((r = pack_kexec_check(o, err)) < 0 || (r = outdir_check(o->dir, o->force, err)) < 0)
		return r;
	/* a key that cannot sign is found now, not after an hour of packing */
	if (cms_sign("", 0, o->key, o->cert, &sig, &sig_len, err) < 0)
		return err_prepend(err, "trial signature");
	return 0;
}

static int write_payload(const struct pack_options *o, const struct outdir *out,
			 const struct pack_source *source, struct index **ret, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	_cleanup_free_ char *payload = path_join(outdir_path(out), OUTDIR_PAYLOAD);
	struct compress_options c = {.disk_fd = source->fd,
				     .disk = o->disk,
				     .payload = payload,
				     .size = source->size,
				     .read = source->tarball ? tarball_read : NULL,
				     .stream = source->tarball,
				     .level = o->level,
				     .threads = o->threads,
				     .progress = o->progress,
				     .cancelled = o->cancelled,
				     .data = o->data};
	int r;

	if ((r = outdir_create(out, OUTDIR_PAYLOAD, &fd, err)) < 0)
		return r;
	c.payload_fd = fd;
	if ((r = compress_image(&c, ret, err)) < 0)
		return r;
	if (fsync(fd) < 0)
		return err_sys(err, errno, "%s: flush", payload);
	return o->kind == IMAGE_DISK ? pack_disk_unchanged(o, source, err) : 0;
}

/* The manifest as it will be read: what manifest_parse() refuses is never signed. */
static int make_manifest(const struct pack_options *o, const struct pack_source *source,
			 const struct index *index, const void *index_buf, size_t index_len, char **ret_text,
			 size_t *ret_len, struct manifest **ret, struct err *err)
{
	const struct chunk *last = &index->chunks[index->n_chunks - 1];
	struct manifest m = {
		.kind = o->kind,
		.name = (char *)o->name,
		.version = (char *)o->version,
		.serial = o->serial,
		.architecture = (char *)o->architecture,
		.logical_block_size = source->block,
		.any_block_size = o->any_block_size,
		.layout = (struct layout *)o->layout,
		.overlay = source->overlay,
		.size = index->size,
		.not_before = o->not_before,
		.not_after = o->not_after,
		.boots_uefi = o->boots_uefi,
		.boots_bios = o->boots_bios,
		.efi_loader = (char *)pack_loader(o),
		.efi_partition = (char *)source->esp,
		.index_size = index_len,
		.index_file = (char *)OUTDIR_INDEX,
		.payload_size = last->offset + last->length,
		.payload_file = (char *)OUTDIR_PAYLOAD,
		.kexec = source->kexec,
	};

	sha256(index_buf, index_len, m.index_sha256);
	*ret_text = manifest_text(&m, ret_len);
	return manifest_parse(*ret_text, *ret_len, ret, err);
}

static int sign_and_write(const struct pack_options *o, const struct outdir *out,
			  const struct pack_source *source, struct pack_result *result, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ uint8_t *sig = NULL;
	_cleanup_free_ void *index = NULL;
	size_t index_len, text_len, sig_len;
	int r;

	index = index_bytes(result->index, &index_len);
	if ((r = make_manifest(o, source, result->index, index, index_len, &text, &text_len,
			       &result->manifest, err)) < 0 ||
	    (r = cms_sign(text, text_len, o->key, o->cert, &sig, &sig_len, err)) < 0 ||
	    (r = outdir_write(out, OUTDIR_INDEX, index, index_len, err)) < 0 ||
	    (r = outdir_write(out, MANIFEST_FILE, text, text_len, err)) < 0 ||
	    (r = outdir_write(out, MANIFEST_SIG_FILE, sig, sig_len, err)) < 0)
		return r;
	return 0;
}

void pack_result_clear(struct pack_result *result)
{
	manifest_free(result->manifest);
	index_free(result->index);
	*result = (struct pack_result){0};
}

static int open_source(const struct pack_options *o, const struct outdir *out, struct pack_source *source,
		       struct err *err)
{
	switch (o->kind) {
	case IMAGE_ROOT:
		return pack_root_open(o, out, source, err);
	case IMAGE_OVERLAY:
		return pack_overlay_open(o, source, err);
	default:
		return pack_disk_open(o, out, source, err);
	}
}

static void close_source(struct pack_source *source)
{
	tarball_free(source->tarball);
	rootfs_free(source->fs);
	overlay_free(source->overlay);
	manifest_kexec_free(source->kexec);
	close_fdp(&source->fd);
}

int image_pack(const struct pack_options *o, struct pack_result *ret, struct err *err)
{
	_cleanup_(pack_result_clear) struct pack_result result = {0};
	_cleanup_(outdir_freep) struct outdir *out = NULL;
	_cleanup_(close_source) struct pack_source source = {.fd = -EBADF};
	int r;

	if ((r = image_pack_check(o, err)) < 0 || (r = outdir_begin(o->dir, o->force, &out, err)) < 0)
		return r;
	if ((r = open_source(o, out, &source, err)) < 0 ||
	    (r = write_payload(o, out, &source, &result.index, err)) < 0 ||
	    (r = pack_kexec_copy(o, out, &source.kexec, err)) < 0 ||
	    (r = sign_and_write(o, out, &source, &result, err)) < 0 || (r = outdir_commit(out, err)) < 0)
		return r;
	*ret = result;
	result = (struct pack_result){0};
	return 0;
}
