/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A modelled NVMe subsystem with one controller, on top of model.h: Identify, logs, features, Format NVM, Sanitize, namespace management and
 * attachment as NVM Express Base Specification 2.0a has them, with ways to lie, to dawdle and to talk nonsense. The controller is a model of its
 * own (its file is no drive, it only takes commands), and so is each namespace, whose file holds its contents.
 *
 * What the model does not have: I/O commands. While a Sanitize runs a drive refuses them; here the files can be read and written all the same,
 * and are erased when the Sanitize ends.
 */
#ifndef TESTS_FAKES_NVME_MODEL_H
#define TESTS_FAKES_NVME_MODEL_H

#include "agent/hw/nvme/nvme.h"
#include "tests/fakes/model.h"

#define NVME_MODEL_NAMESPACES 2048

struct nvme_model_namespace {
	uint32_t nsid;       /* 0: this place is free */
	struct model *model; /* its contents; NULL: it has none */
	uint64_t blocks;
	uint32_t block; /* bytes */
	bool attached;
	uint8_t nlbaf, flbas, dps, protect; /* protect: enum nvme_write_protect */
};

/* States of 8.21, figure "Sanitize Operation State Machine" */
enum nvme_model_sanitize { NVME_MODEL_IDLE, NVME_MODEL_PROCESSING, NVME_MODEL_FAILURE };

/* How the log 81h is told. */
enum nvme_model_log {
	NVME_MODEL_LOG_TRUE,
	NVME_MODEL_LOG_ZEROS,     /* all zeros, always */
	NVME_MODEL_LOG_RESERVED,  /* SSTAT with a reserved state */
	NVME_MODEL_LOG_BACKWARDS, /* SPROG falls while it runs */
	NVME_MODEL_LOG_STUCK,     /* SPROG stands still */
	NVME_MODEL_LOG_OTHER,     /* SCDW10 of a Sanitize that nobody sent */
	NVME_MODEL_LOGS
};

/* Shared with children. The first part is to be set at will, the last tells what was seen. */
struct nvme_model {
	uint16_t oacs;
	uint8_t fna, nwpc, cmic, bpcap;
	uint32_t sanicap, rpmbs, nn;
	uint64_t tnvmcap; /* bytes */
	char subnqn[224];
	/* what a Format and a Sanitize really do, and what is read afterwards (after overwriting: zeros) */
	enum model_truth format_truth, sanitize_truth;
	enum model_fill format_fill, sanitize_fill;
	unsigned format_s;                       /* seconds that a Format takes */
	unsigned sanitize_s;                     /* seconds that a Sanitize takes */
	bool sanitize_endless;                   /* it never ends */
	bool sanitize_fails;                     /* at its end */
	bool sanitize_deallocates;               /* ends as state 4 */
	uint32_t overwrite_s, block_s, crypto_s; /* estimates as told */
	enum nvme_model_log log;
	bool delete_refused;             /* although OACS claims namespace management, as QEMU does */
	bool no_allocated_list;          /* CNS 10h is not known */
	bool endless_list, falling_list; /* lists of namespaces that lie */
	bool protect_sticks;             /* taking write protection away is acknowledged and not done */
	/* What an opcode is answered: 0 as it should be, above 0 an NVMe status, below 0 a negative errno; after so many that are carried out. */
	int answer[256];
	unsigned answer_after[256];
	/* Where set, the bytes of all Identify and log pages, one after the other; zeros when they are used up. */
	const uint8_t *hostile;
	size_t hostile_left;

	/* the state */
	struct nvme_model_namespace namespaces[NVME_MODEL_NAMESPACES];
	enum nvme_model_sanitize state;
	bool unrestricted; /* AUSE of the present operation or failure */
	bool data_erased;  /* no namespace was written since the last success */
	unsigned sstat;    /* bits 2:0 */
	uint32_t scdw10;   /* of the last one that was begun */
	uint64_t begun_ns; /* by the model's clock */

	/* what was seen */
	unsigned n[256]; /* commands by opcode, refused ones too */
	struct nvme_admin_cmd last[256];
	unsigned n_rescans;
	unsigned n_forbidden; /* commands that must never be sent: is_forbidden() in nvme_model.c */
	unsigned n_begun;     /* Sanitize operations that began */
};

/* A controller without namespaces that offers everything. Its models live until models_clear(). */
struct model *nvme_model_new(const char *serial);
struct nvme_model *nvme_model_of(struct model *any); /* of a controller or a namespace of it */
/* An attached namespace with contents; its block is a drive as block_list() tells it. */
struct model *nvme_model_add(struct model *controller, uint32_t nsid, uint64_t size, uint32_t block);
/* One without contents; NULL when there is no place. */
struct nvme_model_namespace *nvme_model_add_empty(struct nvme_model *m, uint32_t nsid, uint64_t blocks,
						  uint32_t block);
struct nvme_model_namespace *nvme_model_find(struct nvme_model *m, uint32_t nsid); /* NULL: none */

#endif
