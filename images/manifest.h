/* SPDX-License-Identifier: Apache-2.0 */
/* The manifest of a tenant image, format 1. docs/image-format.md, "Manifest". */
#ifndef IMAGES_MANIFEST_H
#define IMAGES_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/cms.h"
#include "core/err.h"
#include "core/hash.h"
#include "images/layout.h"
#include "images/overlay.h"

#define MANIFEST_MAX     (256 * 1024) /* bytes of manifest.json */
#define IMAGE_CHUNK_SIZE (4u << 20)   /* bytes of a plain chunk; the last one may be shorter */
#define IMAGE_SIZE_MAX   (1ull << 44) /* bytes of a disk: 16 TiB */

/* of what an image is started with by kexec */
#define MANIFEST_KERNEL_MAX  (64u << 20)  /* bytes */
#define MANIFEST_INITRD_MAX  (512u << 20) /* bytes */
#define MANIFEST_CMDLINE_MAX 2000         /* bytes; x86 takes 2047, and the agent may have to add some */

#define MANIFEST_FILE     "manifest.json"
#define MANIFEST_SIG_FILE "manifest.json.p7s"

/* Chunks of a disk of `size` bytes. */
static inline uint64_t image_n_chunks(uint64_t size)
{
	return (size + IMAGE_CHUNK_SIZE - 1) / IMAGE_CHUNK_SIZE;
}

/* Whether single fields may stand in a manifest. */
bool image_name_valid(const char *name);       /* [a-z0-9]([a-z0-9.-]{0,62}), no ".." */
bool image_version_valid(const char *version); /* 1 to 64 printable ASCII bytes */
bool image_architecture_valid(const char *architecture);
bool image_loader_valid(const char *loader); /* "\\EFI\\BOOT\\BOOTX64.EFI" */
bool image_size_valid(uint64_t size, uint32_t logical_block_size);
bool image_file_valid(const char *file);       /* [A-Za-z0-9._-]{1,128}, no leading dot, not the manifest's */
bool image_cmdline_valid(const char *cmdline); /* 1 to MANIFEST_CMDLINE_MAX printable ASCII bytes */

enum image_kind {
	IMAGE_DISK, /* the plain stream is a whole disk */
	IMAGE_ROOT, /* the plain stream is a tar archive (POSIX pax) of a root file system; `layout` says where it goes */
	IMAGE_OVERLAY, /* the same of a tree that the agent unpacks into its own memory; `overlay` says what it holds */
};
const char *image_kind_name(enum image_kind kind); /* "disk", "root", "overlay" */
/* False: no kind has this name. */
bool image_kind_from_name(const char *name, enum image_kind *ret) _must_check_;

struct manifest_file {
	char *file;    /* its name beside the manifest, image_file_valid() */
	uint64_t size; /* bytes */
	uint8_t sha256[SHA256_SIZE];
};

struct manifest_kexec {
	struct manifest_file kernel; /* at most MANIFEST_KERNEL_MAX */
	struct manifest_file initrd; /* at most MANIFEST_INITRD_MAX; file NULL: there is none */
	char *cmdline;               /* image_cmdline_valid() */
};

struct manifest {
	enum image_kind kind;
	char *name;         /* image_name_valid() */
	char *version;      /* 1 to 64 printable bytes */
	uint64_t serial;    /* monotonic for each name */
	char *architecture; /* "x86_64", "aarch64" */
	uint32_t
		logical_block_size; /* bytes: 512 or 4096, in which the partition table counts; IMAGE_DISK alone, else 0 */
	bool any_block_size; /* every file system in it suits disks of 512 and of 4096 bytes; always with IMAGE_ROOT */
	struct layout *layout;   /* IMAGE_ROOT alone */
	struct overlay *overlay; /* IMAGE_OVERLAY alone: it boots by nothing */
	uint64_t
		size; /* of the plain stream; with IMAGE_DISK bytes of the disk; a multiple of logical_block_size, at least one chunk's first 68 blocks */
	time_t not_before, not_after;
	bool boots_uefi, boots_bios;
	char *efi_loader;    /* "\\EFI\\BOOT\\BOOTX64.EFI", path within the ESP; NULL without boots_uefi */
	char *efi_partition; /* unique partition GUID of the ESP, lower case; NULL without boots_uefi */
	uint64_t index_size; /* bytes */
	uint8_t index_sha256[SHA256_SIZE];
	char *index_file;      /* file names beside the manifest: [A-Za-z0-9._-]+, no leading dot */
	uint64_t payload_size; /* bytes */
	char *payload_file;
	struct manifest_kexec *kexec; /* NULL: the image cannot be started by kexec */

	/* of the text that was parsed */
	uint8_t sha256[SHA256_SIZE];
};

/* Parses text that has been verified already, or that is only to be shown. -EBADMSG names the field. */
int manifest_parse(const void *text, size_t len, struct manifest **ret, struct err *err) _must_check_;
/* The canonical text, malloc'd. */
char *manifest_text(const struct manifest *manifest, size_t *ret_len) _must_check_;
void manifest_free(struct manifest *manifest);
DEFINE_CLEANUP(struct manifest *, manifest_free);

/* The files beside index and payload, which is kernel and initramfs for kexec: how many, and each, the manifest's. */
#define MANIFEST_FILES_MAX 2
unsigned manifest_files(const struct manifest *manifest, const struct manifest_file *ret[MANIFEST_FILES_MAX]);
/* Are these bytes that file? -EBADMSG when they are not. */
int manifest_file_check(const struct manifest_file *file, const void *buf, size_t len,
			struct err *err) _must_check_;

struct manifest_policy {
	const struct trust *trust;
	time_t now;               /* the order's time */
	uint64_t min_serial;      /* the highest of the order's and the boot image's floor */
	const char *architecture; /* NULL: any */
};

/*
 * Verifies the signature over exactly these bytes, then parses them, then applies the policy: -ENOEXEC (another
 * architecture), -ESTALE (serial below the floor), -EKEYEXPIRED (outside its validity).
 */
int manifest_verify(const void *text, size_t len, const void *sig, size_t sig_len,
		    const struct manifest_policy *policy, struct manifest **ret,
		    struct cms_signer *ret_signer, struct err *err) _must_check_;

#endif
