/* SPDX-License-Identifier: Apache-2.0 */
/* Packing: a disk, or a root file system, becomes a signed image of format 1 in a folder. docs/image-format.md. */
#ifndef IMAGES_PACK_H
#define IMAGES_PACK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "core/err.h"
#include "images/index.h"
#include "images/manifest.h"

struct pack_options {
	enum image_kind kind;
	/* IMAGE_DISK */
	const char *disk; /* raw or qcow2; a file or a block device */
	uint32_t
		logical_block_size; /* bytes: 512 or 4096; with any_block_size also 0: what its GPT counts in */
	bool any_block_size;        /* it is to suit disks of both; refused when it does not */
	/* IMAGE_ROOT */
	const struct layout *layout;
	const char *tree,
		*tar; /* one of them: a folder, or a tar archive, plain or compressed by gzip, xz or zstd */
	bool clamp;   /* mtimes later than `epoch` become it */
	time_t epoch;
	/* IMAGE_OVERLAY: `tree` too, and `epoch`, which every mtime becomes */
	const struct overlay *overlay; /* as declared: size and files are filled in */

	const char *dir; /* made; appears whole or not at all */
	bool force;      /* replace an image that is there */

	const char *name, *version, *architecture;
	uint64_t serial;
	bool boots_uefi, boots_bios; /* at least one, but for IMAGE_OVERLAY */
	const char *loader;          /* path in the ESP; NULL: \EFI\BOOT\BOOTX64.EFI or BOOTAA64.EFI */
	time_t not_before, not_after;

	const char *kexec_kernel,
		*kexec_initrd, /* files that it can be started with by kexec; NULL: cannot, and no initramfs */
		*kexec_cmdline;

	const char *key, *cert; /* PEM files; key may be "pkcs11:..." */

	int level;        /* of zstd, 1 to 19 */
	unsigned threads; /* 0: one for each CPU that the process may use */
	void (*progress)(void *data, uint64_t done,
			 uint64_t total);           /* plain bytes; total may be a guess; may be NULL */
	void (*note)(void *data, const char *text); /* what takes long and begins; may be NULL */
	bool (*cancelled)(void *data);              /* from any thread; may be NULL */
	void *data;
};

struct pack_result {
	struct manifest *manifest;
	struct index *index;
};
void pack_result_clear(struct pack_result *result);

/* What is wrong with the options, the key, the files for kexec and the folder; the disk is not looked at. image_pack() begins with it. */
int image_pack_check(const struct pack_options *options, struct err *err) _must_check_;

/* What can be refused is refused before the disk or the files are read; nothing is left behind on failure. */
int image_pack(const struct pack_options *options, struct pack_result *ret, struct err *err) _must_check_;

#endif
