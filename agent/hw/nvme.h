/* SPDX-License-Identifier: Apache-2.0 */
/* NVMe admin commands by the kernel's passthrough ioctl; the one owner of it. NVM Express Base
 * Specification 2.0a. */
#ifndef AGENT_HW_NVME_H
#define AGENT_HW_NVME_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

struct nvme_caps {
	char model[41], serial[21], firmware[9]; /* Identify Controller, trimmed */
	bool format;                             /* OACS bit 1 */
	bool format_all;                         /* FNA bit 0: Format applies to all namespaces */
	bool erase_all;                          /* FNA bit 1: secure erase applies to all namespaces */
	bool crypto_erase;                       /* FNA bit 2 */
	uint32_t sanicap;                        /* Identify Controller bytes 331:328 */
	uint32_t n_namespaces;                   /* NN */
	uint32_t n_active;                       /* namespaces active on this controller (Identify CNS 02h) */
	uint32_t nsid;                           /* of the namespace that was asked */
	uint8_t lbaf;                            /* format in use: FLBAS bits 3:0 (and 6:5) */
	uint8_t flbas, dps, mc; /* as read, so that a Format keeps metadata and protection settings */
};

/* dev_fd: an open namespace block device (/dev/nvme0n1). */
int nvme_identify(int dev_fd, struct nvme_caps *ret, struct err *err) _must_check_;

/* Format NVM (5.14): ses 1 (user data) or 2 (crypto) alone; others are -EINVAL and never issued. Keeps
 * LBA format, metadata and protection. Every status other than success is an error that names SCT and
 * SC. timeout_s bounds the command. */
int nvme_format(int dev_fd, const struct nvme_caps *caps, unsigned ses, unsigned timeout_s,
		struct err *err) _must_check_;

#endif
