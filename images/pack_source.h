/* SPDX-License-Identifier: Apache-2.0 */
/* What an image is packed from: opened and checked, to be read once. For pack.c. */
#ifndef IMAGES_PACK_SOURCE_H
#define IMAGES_PACK_SOURCE_H

#include <sys/stat.h>

#include "images/gpt.h"
#include "images/outdir.h"
#include "images/pack.h"
#include "images/rootfs.h"
#include "images/tarball.h"

struct pack_source {
	/* IMAGE_DISK */
	int fd;
	uint64_t size;  /* bytes; of the tarball about */
	uint32_t block; /* bytes that its partition table counts in */
	struct stat before;
	char esp[GPT_GUID_SIZE];

	/* IMAGE_ROOT, IMAGE_OVERLAY */
	struct rootfs *fs;
	struct tarball *tarball;
	struct overlay *overlay; /* IMAGE_OVERLAY: the declaration, filled in */

	struct manifest_kexec *kexec; /* NULL: none */
};

const char *pack_loader(const struct pack_options *o);

/* A converted disk, or an archive's data, lies in `out` while it is open, without a name. */
int pack_disk_open(const struct pack_options *o, const struct outdir *out, struct pack_source *source,
		   struct err *err) _must_check_;
/* After reading: -EBUSY when the disk was written to. */
int pack_disk_unchanged(const struct pack_options *o, const struct pack_source *source,
			struct err *err) _must_check_;
int pack_root_open(const struct pack_options *o, const struct outdir *out, struct pack_source *source,
		   struct err *err) _must_check_;

/* Is all in the folder that the declaration speaks of, and nothing that the agent would refuse? */
int pack_overlay_open(const struct pack_options *o, struct pack_source *source, struct err *err) _must_check_;

/* Are they a kernel, an initramfs and a command line? */
int pack_kexec_check(const struct pack_options *o, struct err *err) _must_check_;
/* Copies them into `out`, when there are any; else *ret is left as it is. */
int pack_kexec_copy(const struct pack_options *o, const struct outdir *out, struct manifest_kexec **ret,
		    struct err *err) _must_check_;

#endif
