/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The methods of erasing: one row each, and what a method's code is given. A method issues its command, waits to its end in bounded time, and
 * checks every layer of status; whether anything was erased is not its business but the proof's (drive.h).
 */
#ifndef AGENT_WIPE_METHOD_H
#define AGENT_WIPE_METHOD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/hw/block/block.h"
#include "agent/wipe/caps.h"
#include "agent/wipe/sweep.h"
#include "core/err.h"

enum wipe_method {
	WIPE_NVME_SANITIZE_BLOCK,
	WIPE_NVME_SANITIZE_CRYPTO,
	WIPE_NVME_SANITIZE_OVERWRITE,
	WIPE_NVME_FORMAT_CRYPTO, /* SES 2 */
	WIPE_NVME_FORMAT_USER,   /* SES 1 */
	WIPE_ATA_SANITIZE_BLOCK,
	WIPE_ATA_SANITIZE_CRYPTO,
	WIPE_ATA_SANITIZE_OVERWRITE,
	WIPE_ATA_SECURITY_ENHANCED,
	WIPE_ATA_SECURITY_NORMAL,
	WIPE_SCSI_SANITIZE_BLOCK,
	WIPE_SCSI_SANITIZE_CRYPTO,
	WIPE_SCSI_SANITIZE_OVERWRITE,
	WIPE_OPAL_PSID_REVERT,
	WIPE_OPAL_REVERT,
	WIPE_OVERWRITE, /* by the host: a keyed stream, then zeros */
	WIPE_METHODS
};

/* Of NIST SP 800-88r2 and IEEE 2883; Destruct is nothing that a program does. */
enum wipe_level { WIPE_CLEAR, WIPE_PURGE };

#define WIPE_KEY_SIZE STREAM_KEY_SIZE

/* One method on one drive. */
struct wipe_run {
	const struct block *block;
	int fd; /* open for writing */
	const struct wipe_caps *caps;
	const char *psid, *sid; /* of the order, for this drive; NULL: none */
	bool resumed; /* it may have been begun by an earlier boot: one that the drive still runs, or has ended, is waited for and not begun again */
	const uint8_t *key;            /* WIPE_KEY_SIZE bytes, of this attempt */
	struct stream *const *streams; /* SWEEP_THREADS, for overwriting */
	json_t *status; /* array that wipe_run_status() adds to: what the drive said, for the certificate */
	uint64_t stream_written; /* overwriting: bytes of the keyed stream, and how it was read back */
	struct sweep_seen stream_seen;
	/* done of total in whatever unit; the next call comes within patience_s seconds, or the drive counts as hung and its process is killed */
	void (*progress)(struct wipe_run *run, uint64_t done, uint64_t total, unsigned patience_s);
	void *data;
};

struct wipe_method_row {
	const char *name;      /* in orders, journal, certificate */
	const char *technique; /* IEEE 2883's word: "block erase", "cryptographic erase", "overwrite", ... */
	enum wipe_level flash, disk; /* the level that it may claim on flash, and on rotating media */
	bool cryptographic; /* erases by forgetting a key: what is read afterwards proves nothing beyond that it has changed */
	bool whole_subsystem; /* reaches every namespace of the drive at once */
	bool goes_on; /* by itself, over resets and power cycles: an earlier boot\'s may still be running */
	int (*run)(struct wipe_run *run, struct err *err);
};

extern const struct wipe_method_row wipe_methods[WIPE_METHODS];

const char *wipe_method_name(enum wipe_method method);
enum wipe_level wipe_method_level(enum wipe_method method, const struct block *block);
const char *wipe_level_name(enum wipe_level level);
/* -ENOENT: there is no such method. */
int wipe_method_by_name(const char *name, enum wipe_method *ret);

/* {"what": ..., "hex": ...}: a status log as the drive gave it, trailing zeros cut. */
void wipe_run_status(struct wipe_run *run, const char *what, const void *raw, size_t len);

/*
 * Waits for a drive that works in the background. ask() looks once: -EINPROGRESS with *ret_progress (of 65536ths), 0 when it is done, or an error.
 * estimate_s: the drive's own estimate, 0 where it has none. It is given twice that and ten minutes (without an estimate: a day, and a
 * second for each 4 MiB), and counts as hung as well when its progress has stood still for a quarter of that, an hour at least. Asks at rising
 * intervals, 0.2 s at first and 10 s at most.
 */
int wipe_await(struct wipe_run *run, uint32_t estimate_s,
	       int (*ask)(struct wipe_run *run, uint16_t *ret_progress, struct err *err),
	       struct err *err) _must_check_;

/* method_nvme.c, method_ata.c, method_scsi.c, method_opal.c, method_overwrite.c */
int method_nvme_sanitize_block(struct wipe_run *run, struct err *err);
int method_nvme_sanitize_crypto(struct wipe_run *run, struct err *err);
int method_nvme_sanitize_overwrite(struct wipe_run *run, struct err *err);
int method_nvme_format_crypto(struct wipe_run *run, struct err *err);
int method_nvme_format_user(struct wipe_run *run, struct err *err);
int method_ata_sanitize_block(struct wipe_run *run, struct err *err);
int method_ata_sanitize_crypto(struct wipe_run *run, struct err *err);
int method_ata_sanitize_overwrite(struct wipe_run *run, struct err *err);
int method_ata_security_enhanced(struct wipe_run *run, struct err *err);
int method_ata_security_normal(struct wipe_run *run, struct err *err);
int method_scsi_sanitize_block(struct wipe_run *run, struct err *err);
int method_scsi_sanitize_crypto(struct wipe_run *run, struct err *err);
int method_scsi_sanitize_overwrite(struct wipe_run *run, struct err *err);
int method_opal_psid_revert(struct wipe_run *run, struct err *err);
int method_opal_revert(struct wipe_run *run, struct err *err);
int method_overwrite(struct wipe_run *run, struct err *err);

#endif
