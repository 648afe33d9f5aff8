/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NVMe admin commands by the kernel's passthrough ioctl; the one owner of it. NVM Express Base Specification 2.0a, whose sections and
 * figures are cited. dev_fd is an open namespace (/dev/nvme0n1), or a controller (/dev/nvme0) where that is said.
 */
#ifndef AGENT_HW_NVME_H
#define AGENT_HW_NVME_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

/* One of this machine's own: attached by PCIe. */
struct nvme_controller {
	char dev[32], path[48]; /* kernel name for this boot only, "nvme0"; "/dev/nvme0" */
	char subsystem[224];    /* NQN; "" where unknown */
	char serial[64];
};

/* *ret is malloc'd, sorted by name. `root` is "" on a machine, or a folder with a captured sys/ tree in tests. */
int nvme_controllers(const char *root, struct nvme_controller **ret, unsigned *ret_n,
		     struct err *err) _must_check_;

/* For admin commands of the whole controller. *ret_fd is closed by the caller. */
int nvme_controller_open(const struct nvme_controller *controller, int *ret_fd, struct err *err) _must_check_;

/* What Identify tells of a controller and of the namespace that was asked. */
struct nvme_caps {
	char model[41], serial[21], firmware[9]; /* Identify Controller, trimmed */
	char subnqn
		[224]; /* of the subsystem; "" where unknown. Two controllers with the same one share their media */
	uint16_t oacs; /* raw: bit 1 Format, bit 3 namespace management */
	uint8_t fna; /* raw: bit 0 Format hits all namespaces, bit 1 secure erase does, bit 2 crypto erase */
	uint32_t sanicap;          /* raw: bit 0 crypto, 1 block, 2 overwrite, 29 NDI, 31:30 NODMMAS */
	uint32_t rpmbs;            /* raw: bits 2:0 number of RPMB units */
	uint8_t bpcap;             /* raw, how boot partitions can be protected (since 2.1); 0: none told */
	uint8_t nwpc;              /* raw: namespace write protection capabilities */
	uint8_t cmic;              /* raw: bit 1: the subsystem may have more than one controller */
	uint64_t tnvmcap, unvmcap; /* bytes: total and unallocated capacity, the low 64 bits; 0: not told */
	uint32_t n_namespaces;     /* NN */
	uint32_t n_active;         /* namespaces active on this controller (CNS 02h) */
	uint32_t
		n_allocated; /* namespaces that exist in the subsystem (CNS 10h); 0: the controller does not tell */
	uint32_t nsid;       /* of the namespace that was asked; 0: a controller was */
	uint8_t lbaf;        /* format in use: FLBAS bits 3:0 (and 6:5) */
	uint8_t flbas, dps, mc; /* as read, so that a Format keeps metadata and protection settings */
	uint8_t nsattr;         /* bit 0: the namespace is write protected */
};

bool nvme_has_format(const struct nvme_caps *caps);      /* OACS bit 1 */
bool nvme_has_namespaces(const struct nvme_caps *caps);  /* OACS bit 3: namespace management and attachment */
bool nvme_format_hits_all(const struct nvme_caps *caps); /* FNA bit 0 */
bool nvme_erase_hits_all(const struct nvme_caps *caps);  /* FNA bit 1 */
bool nvme_has_crypto_format(const struct nvme_caps *caps); /* FNA bit 2 */

/* dev_fd may be a controller: then nsid and all that is of a namespace are 0. */
int nvme_identify(int dev_fd, struct nvme_caps *ret, struct err *err) _must_check_;

/* For inventory and certificate: every raw field, and back. from_json refuses what to_json would not write (-EBADMSG). */
json_t *nvme_caps_to_json(const struct nvme_caps *caps) _must_check_;
int nvme_caps_from_json(const json_t *json, struct nvme_caps *ret, struct err *err) _must_check_;

/* Format NVM (5.14): ses 1 (user data) or 2 (crypto) alone; others are -EINVAL and never issued. Keeps LBA format, metadata and protection.
 * Every status other than success is an error that names SCT and SC. timeout_s bounds the command. */
int nvme_format(int dev_fd, const struct nvme_caps *caps, unsigned ses, unsigned timeout_s,
		struct err *err) _must_check_;

/* ---- Sanitize (5.24, 8.21): asynchronous, of the whole subsystem, goes on over resets and power cycles ---- */

enum nvme_sanitize {
	NVME_SANITIZE_EXIT_FAILURE = 1,
	NVME_SANITIZE_BLOCK = 2,
	NVME_SANITIZE_OVERWRITE = 3,
	NVME_SANITIZE_CRYPTO = 4
};

/* SSTAT bits 2:0 */
enum nvme_sanitize_state {
	NVME_SANITIZE_NEVER = 0,
	NVME_SANITIZE_DONE = 1,
	NVME_SANITIZE_RUNNING = 2,
	NVME_SANITIZE_FAILED = 3,
	NVME_SANITIZE_DONE_DEALLOCATED = 4, /* done, and deallocated although it was asked not to be */
};

#define NVME_SANITIZE_LOG_SIZE 512
#define NVME_ESTIMATE_UNKNOWN  0xffffffffu

/* Log 81h (5.16.1.22, figure 251) */
struct nvme_sanitize_log {
	uint8_t raw[NVME_SANITIZE_LOG_SIZE];
	uint16_t sprog;                 /* of 65536ths, while running */
	enum nvme_sanitize_state state; /* reserved values: -EBADMSG when read */
	bool global_data_erased;        /* SSTAT bit 8 */
	uint32_t scdw10;                /* dword 10 of the Sanitize that this speaks of */
	uint32_t overwrite_s, block_s,
		crypto_s; /* estimates in seconds, NVME_ESTIMATE_UNKNOWN where the drive does not say */
};

/* ret->raw is filled whenever the drive answered, after -EBADMSG too. */
int nvme_sanitize_log(int dev_fd, struct nvme_sanitize_log *ret, struct err *err) _must_check_;

/* SANICAP; EXIT_FAILURE where there is any of the others. */
bool nvme_has_sanitize(const struct nvme_caps *caps, enum nvme_sanitize action);
/* Dword 10 as nvme_sanitize_start() sends it, and as the log tells it afterwards. */
uint32_t nvme_sanitize_dword10(enum nvme_sanitize action);
/* AUSE in the log's dword 10: the operation was begun unrestricted, and its failure can be left (8.21). */
bool nvme_sanitize_was_unrestricted(const struct nvme_sanitize_log *log);

/*
 * Starts it: restricted (AUSE 0), one overwrite pass with a pattern of zeros where the action is overwrite, no-deallocate not asked. -EOPNOTSUPP
 * where SANICAP does not offer the action: then nothing is issued.
 */
int nvme_sanitize_start(int dev_fd, const struct nvme_caps *caps, enum nvme_sanitize action,
			struct err *err) _must_check_;

/* ---- namespaces (8.11): Namespace Attachment, Namespace Management; controller_fd: /dev/nvme0 or any of its namespaces ---- */

/* Those that exist in the subsystem (CNS 10h), rising; *ret is malloc'd. */
int nvme_list_allocated(int controller_fd, uint32_t **ret, unsigned *ret_n, struct err *err) _must_check_;
int nvme_list_active(int controller_fd, uint32_t **ret, unsigned *ret_n, struct err *err) _must_check_;
/* To the controller that controller_fd belongs to; the kernel is then told to look for new namespaces. */
int nvme_attach(int controller_fd, uint32_t nsid, struct err *err) _must_check_;
/* Deletes all namespaces and makes one of the whole capacity, attached, with the LBA format of caps; -EOPNOTSUPP without namespace management. */
int nvme_recreate_single(int controller_fd, const struct nvme_caps *caps, uint32_t *ret_nsid,
			 struct err *err) _must_check_;

/* Namespace write protection (8.12; Feature 84h): states as in figure 338. */
enum nvme_write_protect { NVME_WP_NONE, NVME_WP_PROTECTED, NVME_WP_UNTIL_POWER_CYCLE, NVME_WP_PERMANENT };
int nvme_write_protect_get(int dev_fd, uint32_t nsid, enum nvme_write_protect *ret,
			   struct err *err) _must_check_;
/* Takes it away and reads it back; an error that says what would help (a power cycle, or nothing) where it stays. */
int nvme_write_protect_clear(int dev_fd, uint32_t nsid, struct err *err) _must_check_;

/*
 * Health (log 02h) and firmware slots (log 03h) for the certificate: {"critical_warning", "temperature_k", "available_spare", "percentage_used",
 * "data_units_written", "power_on_hours", "unsafe_shutdowns", "media_errors", "firmware_active_slot", "firmware_slots": ["rev", ...]}.
 */
int nvme_health(int dev_fd, json_t **ret, struct err *err) _must_check_;

#endif
