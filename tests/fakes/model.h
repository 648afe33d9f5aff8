/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Modelled drives behind agent/hw/transport.h: stateful, with contents, written from the specifications. The contents of a drive are a
 * file, which the code under test opens, reads and writes as it would the drive (agent/hw/block/block.h takes files); commands find their drive
 * by the file that the descriptor belongs to. State lies in memory that is shared with children forked after model_new(). Time is the
 * model's own: pause() moves it.
 */
#ifndef TESTS_FAKES_MODEL_H
#define TESTS_FAKES_MODEL_H

#include <linux/nvme_ioctl.h>
#include <scsi/sg.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/hw/block/block.h"

/* What an erasure really does, whatever the drive says of it. */
enum model_truth {
	MODEL_HONEST,  /* all is erased */
	MODEL_NOTHING, /* success, and all is still there */
	MODEL_HALF,    /* success, and the second half is still there */
	MODEL_TAIL,    /* success, and the last 1 MiB is still there */
	MODEL_HEAD,    /* success, and the first 1 MiB is still there */
	MODEL_STRIPES, /* success, and every 16th MiB (from the 8th on; of a small drive every 16th block) is still there */
	MODEL_FRESH, /* success, and only what the host has written since the former tenant is erased */
	MODEL_TRUTHS
};

/* What an erased place reads as. */
enum model_fill { MODEL_ZEROS, MODEL_ONES, MODEL_NOISE };

struct model;

/* What a kind of drive does with commands; those that it has no business with are NULL and answered as by the kernel (-ENOTTY). */
struct model_kind {
	int (*nvme_nsid)(struct model *model);
	int (*nvme_admin)(struct model *model, struct nvme_admin_cmd *cmd);
	int (*scsi)(struct model *model, struct sg_io_hdr *io);
	int (*opal)(struct model *model, unsigned long request, void *arg);
	/* The power was cut and came back. May be NULL. */
	void (*power_cycle)(struct model *model);
	int (*nvme_rescan)(struct model *model);
};

struct model {
	const struct model_kind *kind;
	struct block
		block; /* as block_list() would tell it; path, size and name are set by model_new(), transport by the kind */
	void *state; /* of the kind, state_size bytes, zeroed, shared with children */
};

/*
 * A drive of `size` bytes with blocks of `block` bytes, full of a former tenant's text, no place like another. `name` is its serial number.
 * Lives until models_clear(). The transport of the models is put in place with the first one. Aborts on failure.
 */
struct model *model_new(const struct model_kind *kind, const char *name, uint64_t size, uint32_t block,
			size_t state_size);
/* Removes all, their files too, and puts the kernel's transport in place again. */
void models_clear(void);

/* Changes the contents as `truth` and `fill` say, over [offset, offset + len); the drive's size may be larger than what the host sees. */
void model_erase(struct model *model, enum model_truth truth, enum model_fill fill, uint64_t offset,
		 uint64_t len);

/* Bytes of the former tenant's text that are still in place. */
uint64_t model_residue(struct model *model);
/* A mark of the former tenant at each block: the text that block `lba` held first, `block` bytes. */
void model_former(struct model *model, uint64_t lba, void *buf);

/* Cuts the power and gives it back: what a kind keeps only while powered is lost. */
void model_power_cycle(struct model *model);

/* The model's clock: nanoseconds; how long has been paused in all, in ms. */
uint64_t model_now_ns(void);
uint64_t model_paused_ms(void);

#endif
