/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "images/compress.h"
#include "images/gpt.h"
#include "images/outdir.h"
#include "images/pack.h"
#include "images/qcow2.h"

struct disk {
	int fd;
	uint64_t size; /* bytes */
	struct stat before;
	char esp[GPT_GUID_SIZE];
};

static const char *loader_of(const struct pack_options *o)
{
	if (o->loader)
		return o->loader;
	return !strcmp(o->architecture, "aarch64") ? "\\EFI\\BOOT\\BOOTAA64.EFI" : "\\EFI\\BOOT\\BOOTX64.EFI";
}

static int check_options(const struct pack_options *o, struct err *err)
{
	_cleanup_free_ uint8_t *sig = NULL;
	size_t sig_len;

	if (!image_name_valid(o->name))
		return err_set(err, EINVAL, "name \"%s\" is not of the form [a-z0-9]([a-z0-9.-]{0,62})",
			       o->name);
	if (!image_version_valid(o->version))
		return err_set(err, EINVAL, "version must be 1 to 64 printable ASCII characters");
	if (!image_architecture_valid(o->architecture))
		return err_set(err, EINVAL, "architecture \"%s\" is neither x86_64 nor aarch64",
			       o->architecture);
	if (o->logical_block_size != 512 && o->logical_block_size != 4096)
		return err_set(err, EINVAL, "logical block size must be 512 or 4096");
	if (!o->boots_uefi && !o->boots_bios)
		return err_set(err, EINVAL, "an image boots by UEFI, BIOS or both");
	if (!image_loader_valid(loader_of(o)))
		return err_set(err, EINVAL, "loader \"%s\" is not a path such as \\EFI\\BOOT\\BOOTX64.EFI",
			       o->loader);
	if (o->not_after <= o->not_before)
		return err_set(err, EINVAL, "the validity would end before it begins");
	if (o->level < 1 || o->level > 19)
		return err_set(err, EINVAL, "level must be 1 to 19");
	/* a key that cannot sign is found now, not after an hour of packing */
	if (cms_sign("", 0, o->key, o->cert, &sig, &sig_len, err) < 0)
		return err_prepend(err, "trial signature");
	return 0;
}

static int open_raw(const char *path, struct disk *disk, struct err *err)
{
	off_t end;

	disk->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO must not block */
	if (disk->fd < 0 || fstat(disk->fd, &disk->before) < 0)
		return err_sys(err, errno, "%s", path);
	if (!S_ISREG(disk->before.st_mode) && !S_ISBLK(disk->before.st_mode))
		return err_set(err, EINVAL, "%s: neither a file nor a block device", path);
	end = lseek(disk->fd, 0, SEEK_END);
	if (end < 0)
		return err_sys(err, errno, "%s: size", path);
	disk->size = (uint64_t)end;
	return 0;
}

static int open_converted(const struct pack_options *o, const struct outdir *out, struct disk *disk,
			  struct err *err)
{
	_cleanup_free_ char *raw = path_join(outdir_path(out), OUTDIR_SCRATCH);
	int r;

	close(TAKE_FD(disk->fd));
	if (o->note)
		o->note(o->data, "converting from qcow2");
	if (qcow2_convert(o->disk, raw, err) < 0)
		return err_prepend(err, "%s", o->disk);
	r = open_raw(raw, disk, err);
	if (unlinkat(outdir_fd(out), OUTDIR_SCRATCH, 0) < 0 && r == 0)
		r = err_sys(err, errno, "%s", raw);
	if (r == 0 && fstat(disk->fd, &disk->before) < 0)
		r = err_sys(err, errno, "%s", raw); /* again: unlinking changed its times */
	return r;
}

/* Opened once; all that follows reads through this descriptor. */
static int open_disk(const struct pack_options *o, const struct outdir *out, struct disk *disk,
		     struct err *err)
{
	bool qcow2;
	int r;

	if ((r = open_raw(o->disk, disk, err)) < 0)
		return r;
	if (qcow2_detect(disk->fd, &qcow2, err) < 0)
		return err_prepend(err, "%s", o->disk);
	if (qcow2 && (r = open_converted(o, out, disk, err)) < 0)
		return r;
	if (!image_size_valid(disk->size, o->logical_block_size))
		return err_set(err, EINVAL,
			       "%s: %" PRIu64 " bytes are not a disk of whole blocks of %" PRIu32
			       " bytes, 68 of them at least and 16 TiB at most",
			       o->disk, disk->size, o->logical_block_size);
	if (gpt_find_esp(disk->fd, o->logical_block_size, o->boots_uefi, disk->esp, err) < 0)
		return err_prepend(err, "%s", o->disk);
	return 0;
}

static int check_unchanged(const struct pack_options *o, const struct disk *disk, struct err *err)
{
	struct stat now;

	if (fstat(disk->fd, &now) < 0)
		return err_sys(err, errno, "%s", o->disk);
	if (S_ISREG(now.st_mode) &&
	    (now.st_size != disk->before.st_size || now.st_mtim.tv_sec != disk->before.st_mtim.tv_sec ||
	     now.st_mtim.tv_nsec != disk->before.st_mtim.tv_nsec))
		return err_set(err, EBUSY, "%s: was written to while it was packed: stop what uses it",
			       o->disk);
	return 0;
}

static int write_payload(const struct pack_options *o, const struct outdir *out, const struct disk *disk,
			 struct index **ret, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	struct compress_options c = {.disk_fd = disk->fd,
				     .size = disk->size,
				     .level = o->level,
				     .threads = o->threads,
				     .progress = o->progress,
				     .data = o->data};
	int r;

	if ((r = outdir_create(out, OUTDIR_PAYLOAD, &fd, err)) < 0)
		return r;
	c.payload_fd = fd;
	if ((r = compress_disk(&c, ret, err)) < 0)
		return r;
	if (fsync(fd) < 0)
		return err_sys(err, errno, "%s/" OUTDIR_PAYLOAD ": flush", outdir_path(out));
	return check_unchanged(o, disk, err);
}

/* The manifest as it will be read: what manifest_parse() refuses is never signed. */
static int make_manifest(const struct pack_options *o, const struct disk *disk, const struct index *index,
			 const void *index_buf, size_t index_len, char **ret_text, size_t *ret_len,
			 struct manifest **ret, struct err *err)
{
	const struct chunk *last = &index->chunks[index->n_chunks - 1];
	struct manifest m = {
		.name = (char *)o->name,
		.version = (char *)o->version,
		.serial = o->serial,
		.architecture = (char *)o->architecture,
		.logical_block_size = o->logical_block_size,
		.size = disk->size,
		.not_before = o->not_before,
		.not_after = o->not_after,
		.boots_uefi = o->boots_uefi,
		.boots_bios = o->boots_bios,
		.efi_loader = (char *)loader_of(o),
		.efi_partition = (char *)disk->esp,
		.index_size = index_len,
		.index_file = (char *)OUTDIR_INDEX,
		.payload_size = last->offset + last->length,
		.payload_file = (char *)OUTDIR_PAYLOAD,
	};

	sha256(index_buf, index_len, m.index_sha256);
	*ret_text = manifest_text(&m, ret_len);
	return manifest_parse(*ret_text, *ret_len, ret, err);
}

static int sign_and_write(const struct pack_options *o, const struct outdir *out, const struct disk *disk,
			  struct pack_result *result, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ uint8_t *sig = NULL;
	_cleanup_free_ void *index = NULL;
	size_t index_len, text_len, sig_len;
	int r;

	index = index_bytes(result->index, &index_len);
	if ((r = make_manifest(o, disk, result->index, index, index_len, &text, &text_len, &result->manifest,
			       err)) < 0 ||
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

int image_pack(const struct pack_options *o, struct pack_result *ret, struct err *err)
{
	_cleanup_(pack_result_clear) struct pack_result result = {0};
	_cleanup_(outdir_freep) struct outdir *out = NULL;
	struct disk disk = {.fd = -EBADF};
	int r;

	if ((r = check_options(o, err)) < 0 || (r = outdir_begin(o->dir, o->force, &out, err)) < 0)
		return r;
	r = open_disk(o, out, &disk, err);
	if (r == 0)
		r = write_payload(o, out, &disk, &result.index, err);
	if (r == 0)
		r = sign_and_write(o, out, &disk, &result, err);
	close_fdp(&disk.fd);
	if (r < 0 || (r = outdir_commit(out, err)) < 0)
		return r;
	*ret = result;
	result = (struct pack_result){0};
	return 0;
}
