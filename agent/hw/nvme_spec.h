/* SPDX-License-Identifier: Apache-2.0 */
/* NVM Express Base Specification 2.0a (NVM Command Set 1.0a where noted): the parts of it that are in
 * use, with its names. */
#ifndef AGENT_HW_NVME_SPEC_H
#define AGENT_HW_NVME_SPEC_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* Figure 138, admin opcodes */
#define NVME_ADMIN_IDENTIFY   0x06
#define NVME_ADMIN_FORMAT_NVM 0x80

/* Figure 273, CNS */
#define NVME_CNS_NAMESPACE         0x00
#define NVME_CNS_CONTROLLER        0x01
#define NVME_CNS_ACTIVE_NAMESPACES 0x02

#define NVME_IDENTIFY_SIZE    4096
#define NVME_NAMESPACE_LIST_N 1024

/* Figure 275, Identify Controller (5.17.2.1); numbers are little-endian */
struct nvme_identify_controller {
	uint16_t vid, ssvid;
	char sn[20], mn[40], fr[8]; /* ASCII, padded by spaces */
	uint8_t bytes_72[256 - 72];
	uint16_t oacs; /* bit 1: Format NVM */
	uint8_t bytes_258[328 - 258];
	uint32_t sanicap;
	uint8_t bytes_332[516 - 332];
	uint32_t nn; /* number of namespaces; an upper bound of NSID */
	uint16_t oncs, fuses;
	uint8_t fna; /* bit 0: format all, bit 1: erase all, bit 2: cryptographic erase */
	uint8_t bytes_525[4096 - 525];
} __attribute__((packed));
static_assert(offsetof(struct nvme_identify_controller, oacs) == 256, "figure 275");
static_assert(offsetof(struct nvme_identify_controller, sanicap) == 328, "figure 275");
static_assert(offsetof(struct nvme_identify_controller, nn) == 516, "figure 275");
static_assert(offsetof(struct nvme_identify_controller, fna) == 524, "figure 275");
static_assert(sizeof(struct nvme_identify_controller) == NVME_IDENTIFY_SIZE, "figure 275");

#define NVME_OACS_FORMAT      (1u << 1)
#define NVME_FNA_FORMAT_ALL   (1u << 0)
#define NVME_FNA_ERASE_ALL    (1u << 1)
#define NVME_FNA_CRYPTO_ERASE (1u << 2)

/* NVM Command Set, figure 97, Identify Namespace (4.1.5.1) */
struct nvme_identify_namespace {
	uint64_t nsze, ncap, nuse;
	uint8_t nsfeat, nlbaf;
	uint8_t flbas; /* bits 3:0 and 6:5: the format in use; bit 4: metadata at the end of the block */
	uint8_t mc, dpc;
	uint8_t dps; /* bits 2:0: type of protection; bit 3: it is in the first bytes of the metadata */
	uint8_t bytes_30[128 - 30];
	uint32_t lbaf[64]; /* bits 23:16: LBA data size as a power of two */
	uint8_t bytes_384[4096 - 384];
} __attribute__((packed));
static_assert(offsetof(struct nvme_identify_namespace, flbas) == 26, "figure 97");
static_assert(offsetof(struct nvme_identify_namespace, dps) == 29, "figure 97");
static_assert(offsetof(struct nvme_identify_namespace, lbaf) == 128, "figure 97");
static_assert(sizeof(struct nvme_identify_namespace) == NVME_IDENTIFY_SIZE, "figure 97");

/* Figure 167, Format NVM, command dword 10 (5.14) */
#define NVME_FORMAT_LBAFL(lbaf) ((uint32_t)(lbaf)&0xfu)
#define NVME_FORMAT_MSET(flbas) ((((uint32_t)(flbas) >> 4) & 1u) << 4)
#define NVME_FORMAT_PI(dps)     (((uint32_t)(dps)&7u) << 5)
#define NVME_FORMAT_PIL(dps)    ((((uint32_t)(dps) >> 3) & 1u) << 8)
#define NVME_FORMAT_SES(ses)    ((uint32_t)(ses) << 9)
#define NVME_FORMAT_LBAFU(lbaf) ((((uint32_t)(lbaf) >> 4) & 3u) << 12)

#define NVME_SES_USER_DATA 1
#define NVME_SES_CRYPTO    2

/* Figure 92, status field without the phase bit, as the kernel's passthrough returns it */
#define NVME_STATUS_SC(status)  ((unsigned)(status)&0xffu)
#define NVME_STATUS_SCT(status) (((unsigned)(status) >> 8) & 7u)
#define NVME_STATUS_DNR(status) (((unsigned)(status) >> 14) & 1u)

#endif
