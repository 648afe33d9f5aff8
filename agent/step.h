/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a provisioning step is, and all that it may know: the order, the typed facts, and the runner's services. A step is
 * one file with one public symbol. Steps never call each other; the runner alone owns timing, progress, logging,
 * reporting, cancelling and resuming.
 */
#ifndef AGENT_STEP_H
#define AGENT_STEP_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "agent/hw/block/block.h"
#include "core/err.h"
#include "images/index.h"
#include "images/manifest.h"
#include "protocol/journal.h"
#include "protocol/order/order.h"

/* What the boot image's site part says; read once at start. */
struct site {
	char *station_url;         /* "https://10.0.2.2:8443"; the boot command line may not change it */
	char *station_ca;          /* PEM text */
	struct trust *image_trust; /* CAs for tenant images */
	uint64_t serial_floor;     /* no manifest below it */
	time_t built;              /* the clock's floor */
};

/* A disk that receives the image. */
struct root {
	const struct block *block; /* image: one of disks */
	uint64_t
		size; /* image: bytes of it for partitions, the backup GPT included; less than the block's with ORDER_MIRROR */
	bool reads_zero; /* wipe: it was read back as zeros */
	struct err
		lost; /* write, and who writes later: code 0: whole. A lost one is left alone from then on, and never committed */
	void *first_chunk; /* write: the disk's beginning, in RAM, block_buffer(); personalise patches it; commit writes it */
	uint32_t first_chunk_len; /* bytes */
};

/* One fact, one owner: the step named here writes it once, later steps read it. */
struct facts {
	json_t *inventory;    /* inventory, and anew by gate where it compares a later state of the machine */
	bool inventory_newer; /* inventory, gate: it says more than what was sent; the runner sends it again */
	struct block *
		disks; /* inventory, and anew by reveal where it has changed something: every disk of the machine */
	unsigned n_disks;
	json_t *revealed; /* reveal: {"<drive>": {"size_before": bytes, "what": ["...", ...]}}; NULL: nothing was hidden */
	json_t *overlays; /* overlays: docs/certificate.md, "Overlays"; overlays-leave adds how services ended; NULL: none */
	char **libraries; /* overlays: the trees' folders of shared libraries, absolute; NULL-terminated; NULL: none */
	struct manifest *manifest;          /* image: verified */
	struct index *index;                /* image: verified */
	struct cms_signer signer;           /* image */
	char *payload_url;                  /* image */
	struct root roots[ORDER_ROOTS_MAX]; /* image: the disks that will be written */
	unsigned n_roots;
	json_t *wiped;     /* wipe: array, one object a drive: the certificate's "drives" */
	json_t *untouched; /* wipe: array, drives left alone with the reason */
	json_t *written; /* write: {verify, targets: [{disk, lost, ...}], ...}: docs/certificate.md, "Written" */
	json_t *personalised; /* personalise: [{disk, seed: {...}, gpt: {...}}] */
	json_t *firmware; /* firmware: {pstore, variables, after_reset}: docs/certificate.md, "Firmware" */
	json_t *option_roms; /* secure-boot: could they be checked against the site's keys? NULL: nothing was enrolled */
	json_t *efi;    /* efi: what was removed, added, and the order read back; NULL on BIOS */
	json_t *memory; /* settle: whether the firmware is asked to clear it; NULL on BIOS */
	json_t *secure_boot; /* secure-boot-leave: the wish, and the state at the end: docs/secure-boot.md; NULL on BIOS */
	json_t *tpm;      /* tpm: docs/certificate.md, "TPM"; NULL where there is none */
	json_t *handover; /* kexec: how the machine goes over: docs/certificate.md, "Handover"; NULL: no image */
	json_t *gate; /* gate: docs/certificate.md, "Gate"; NULL: not compared, or the order names no class */
	json_t *gpus; /* gpu: docs/certificate.md, "GPUs"; NULL: not looked for; no members: there is none */
	json_t *nics; /* nic: docs/certificate.md, "Network cards"; NULL: the order says nothing of them */
	json_t *network; /* personalise: docs/certificate.md, "Network"; NULL: the order says nothing of it */
	json_t *committed; /* commit: [{disk, time, sha256, bytes, raid}]: of each first chunk as read back */
};

struct job;
struct lldp;
struct quote_key;

/* The runner's services. `data` is the runner's. In tests a fake stands behind the same table. */
struct job_ops {
	/* Has the order been cancelled or the lease revoked? Cheap; ask at least once a second. */
	bool (*cancelled)(struct job *job);
	/* Progress of the step that runs now. Cheap; the runner thins it out. */
	void (*progress)(struct job *job, uint64_t done, uint64_t total);
	/* A line for the operator. */
	void (*note)(struct job *job, const char *text);
	/* Returns after the station has stored the entry. Without that nothing destructive may begin. Thread safe. */
	int (*journal)(struct job *job, const struct journal_entry *entry, struct err *err);
	/* A small document from the station or an image server, at most `limit` bytes, retried; malloc'd, NUL-terminated. */
	int (*fetch)(struct job *job, const char *url, size_t limit, void **ret, size_t *ret_len,
		     struct err *err);
	/* Sends the evidence; the station answers with the certificate's digest (hexadecimal). "": it is made later. */
	int (*hand_in)(struct job *job, const json_t *evidence, char ret_sha256[65], struct err *err);
};

struct job {
	const struct order *order;
	const struct site *site;
	time_t now; /* the station's time when the order was given */
	struct facts facts;
	const struct journal_entry *journal; /* what an earlier boot of this order left and is still valid */
	unsigned n_journal;
	struct lldp
		*lldp; /* agent/hw/lldp/lldp.h: listens since the drivers were loaded; NULL: nobody does */
	const struct quote_key
		*quote;   /* agent/steps/quote.h; NULL: the station knows no key of this machine's TPM */
	bool power_cycle; /* the station gives this machine one when it is asked to */
	json_t *steps;    /* runner: the rows so far, for the evidence */
	const struct job_ops *ops;
	void *data;
};

enum step_effect { STEP_READS, STEP_PREPARES, STEP_CHANGES, STEP_DESTROYS };

enum step_result {
	STEP_DONE,
	STEP_SKIPPED,
	STEP_NEEDS_RESET,
	STEP_NEEDS_POWER_CYCLE
}; /* or a negative errno */

struct step {
	const char *name; /* key in the order, the log and the report */
	enum step_effect effect;
	/* Can this succeed? Changes nothing. May be NULL. 0 or a negative errno. Runs for every row before the first
	 * destructive one, and after the rows of the phases before. */
	int (*check)(struct job *job, struct err *err);
	/* enum step_result or a negative errno. */
	int (*run)(struct job *job, struct err *err);
	/* Reads back what run claims. May be NULL for steps that only read. */
	int (*verify)(struct job *job, struct err *err);
};

extern const struct step step_overlays, step_overlays_leave;
extern const struct step step_inventory, step_reveal, step_image, step_kexec, step_gate, step_wipe,
	step_write, step_personalise, step_gpu, step_tpm_clear, step_firmware, step_efi, step_secure_boot,
	step_secure_boot_leave, step_nic, step_settle, step_evidence, step_commit, step_handoff;

void job_facts_clear(struct facts *facts); /* frees all */

/* The runner's entries in the journal for resets: their step; their method is the row's name. */
#define JOB_RESET JOURNAL_RESET
/* Has this row had a reset in an earlier boot of the order? */
bool job_was_reset(const struct job *job, const char *row);

#endif
