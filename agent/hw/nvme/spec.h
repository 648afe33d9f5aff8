/* SPDX-License-Identifier: Apache-2.0 */
/* NVM Express Base Specification 2.0a (NVM Command Set 1.0a where noted): the parts of it that are in
 * use, with its names. */
#ifndef AGENT_HW_NVME_SPEC_H
#define AGENT_HW_NVME_SPEC_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* Figure 138, admin opcodes */
#define NVME_ADMIN_GET_LOG_PAGE         0x02
#define NVME_ADMIN_IDENTIFY             0x06
#define NVME_ADMIN_SET_FEATURES         0x09
#define NVME_ADMIN_GET_FEATURES         0x0a
#define NVME_ADMIN_NAMESPACE_MANAGEMENT 0x0d
#define NVME_ADMIN_NAMESPACE_ATTACHMENT 0x15
#define NVME_ADMIN_FORMAT_NVM           0x80
#define NVME_ADMIN_SANITIZE             0x84

/* Figure 273, CNS */
#define NVME_CNS_NAMESPACE            0x00
#define NVME_CNS_CONTROLLER           0x01
#define NVME_CNS_ACTIVE_NAMESPACES    0x02
#define NVME_CNS_ALLOCATED_NAMESPACES 0x10

#define NVME_IDENTIFY_SIZE    4096
#define NVME_NAMESPACE_LIST_N 1024
#define NVME_NSID_ALL         0xffffffffu

/* Figure 275, Identify Controller (5.17.2.1); numbers are little-endian */
struct nvme_identify_controller {
	uint16_t vid, ssvid;
	char sn[20], mn[40], fr[8]; /* ASCII, padded by spaces */
	uint8_t rab, ieee[3];
	uint8_t cmic; /* bit 1: the subsystem may have more than one controller */
	uint8_t mdts;
	uint16_t cntlid;
	uint8_t bytes_80[102 - 80];
	uint8_t bpcap; /* how boot partitions can be protected; reserved, and zero, in drives before 2.1 (there figure 312) */
	uint8_t bytes_103[256 - 103];
	uint16_t oacs; /* bit 1: Format NVM; bit 3: namespace management */
	uint8_t bytes_258[280 - 258];
	uint64_t tnvmcap[2], unvmcap[2]; /* bytes, 128 bits each, low half first */
	uint32_t rpmbs;
	uint8_t bytes_316[328 - 316];
	uint32_t sanicap;
	uint8_t bytes_332[516 - 332];
	uint32_t nn; /* number of namespaces; an upper bound of NSID */
	uint16_t oncs, fuses;
	uint8_t fna; /* bit 0: format all, bit 1: erase all, bit 2: cryptographic erase */
	uint8_t bytes_525[531 - 525];
	uint8_t nwpc; /* bit 0: namespaces can be write protected; 1: until a power cycle; 2: for good */
	uint8_t bytes_532[768 - 532];
	char subnqn[256]; /* UTF-8, NUL at its end, 223 bytes at most */
	uint8_t bytes_1024[4096 - 1024];
} __attribute__((packed));
static_assert(offsetof(struct nvme_identify_controller, cmic) == 76, "figure 275");
static_assert(offsetof(struct nvme_identify_controller, cntlid) == 78, "figure 275");
static_assert(offsetof(struct nvme_identify_controller, bpcap) == 102, "2.1, figure 312");
static_assert(offsetof(struct nvme_identify_controller, oacs) == 256, "figure 275");
static_assert(offsetof(struct nvme_identify_controller, tnvmcap) == 280, "figure 275");
static_assert(offsetof(struct nvme_identify_controller, rpmbs) == 312, "figure 275");
static_assert(offsetof(struct nvme_identify_controller, sanicap) == 328, "figure 275");
static_assert(offsetof(struct nvme_identify_controller, nn) == 516, "figure 275");
static_assert(offsetof(struct nvme_identify_controller, fna) == 524, "figure 275");
static_assert(offsetof(struct nvme_identify_controller, nwpc) == 531, "figure 275");
static_assert(offsetof(struct nvme_identify_controller, subnqn) == 768, "figure 275");
static_assert(sizeof(struct nvme_identify_controller) == NVME_IDENTIFY_SIZE, "figure 275");

#define NVME_OACS_FORMAT       (1u << 1)
#define NVME_OACS_NAMESPACES   (1u << 3)
#define NVME_FNA_FORMAT_ALL    (1u << 0)
#define NVME_FNA_ERASE_ALL     (1u << 1)
#define NVME_FNA_CRYPTO_ERASE  (1u << 2)
#define NVME_SANICAP_CRYPTO    (1u << 0)
#define NVME_SANICAP_BLOCK     (1u << 1)
#define NVME_SANICAP_OVERWRITE (1u << 2)
#define NVME_CMIC_CONTROLLERS  (1u << 1)
#define NVME_NWPC_PROTECT      (1u << 0)

/* NVM Command Set, figure 97, Identify Namespace (4.1.5.1) */
struct nvme_identify_namespace {
	uint64_t nsze, ncap, nuse;
	uint8_t nsfeat, nlbaf;
	uint8_t flbas; /* bits 3:0 and 6:5: the format in use; bit 4: metadata at the end of the block */
	uint8_t mc, dpc;
	uint8_t dps;  /* bits 2:0: type of protection; bit 3: it is in the first bytes of the metadata */
	uint8_t nmic; /* bit 0: may be attached to more than one controller */
	uint8_t bytes_31[99 - 31];
	uint8_t nsattr; /* bit 0: write protected */
	uint8_t bytes_100[128 - 100];
	uint32_t lbaf[64]; /* bits 15:0: metadata bytes a block; 23:16: LBA data size as a power of two */
	uint8_t bytes_384[4096 - 384];
} __attribute__((packed));
static_assert(offsetof(struct nvme_identify_namespace, flbas) == 26, "figure 97");
static_assert(offsetof(struct nvme_identify_namespace, dps) == 29, "figure 97");
static_assert(offsetof(struct nvme_identify_namespace, nmic) == 30, "figure 97");
static_assert(offsetof(struct nvme_identify_namespace, nsattr) == 99, "figure 97");
static_assert(offsetof(struct nvme_identify_namespace, lbaf) == 128, "figure 97");
static_assert(sizeof(struct nvme_identify_namespace) == NVME_IDENTIFY_SIZE, "figure 97");

#define NVME_LBAF_MS(lbaf)    ((lbaf)&0xffffu)
#define NVME_LBAF_LBADS(lbaf) (((lbaf) >> 16) & 0xffu)

/* A controller list: how many, then their identifiers */
struct nvme_controller_list {
	uint16_t n, id[2047];
} __attribute__((packed));
static_assert(sizeof(struct nvme_controller_list) == 4096, "controller list");

/* SEL, bits 3:0 of command dword 10, of Namespace Management (5.23) and Namespace Attachment (5.22) */
#define NVME_NAMESPACE_CREATE 0
#define NVME_NAMESPACE_DELETE 1
#define NVME_NAMESPACE_ATTACH 0

/* Figure 167, Format NVM, command dword 10 (5.14) */
#define NVME_FORMAT_LBAFL(lbaf) ((uint32_t)(lbaf)&0xfu)
#define NVME_FORMAT_MSET(flbas) ((((uint32_t)(flbas) >> 4) & 1u) << 4)
#define NVME_FORMAT_PI(dps)     (((uint32_t)(dps)&7u) << 5)
#define NVME_FORMAT_PIL(dps)    ((((uint32_t)(dps) >> 3) & 1u) << 8)
#define NVME_FORMAT_SES(ses)    ((uint32_t)(ses) << 9)
#define NVME_FORMAT_LBAFU(lbaf) ((((uint32_t)(lbaf) >> 4) & 3u) << 12)

#define NVME_SES_USER_DATA 1
#define NVME_SES_CRYPTO    2

/* Sanitize, command dword 10 (5.24); dword 11 is the pattern of overwriting. The actions are enum nvme_sanitize of nvme.h. */
#define NVME_SANITIZE_ACTION(cdw10) ((cdw10)&7u)
#define NVME_SANITIZE_AUSE          (1u << 3) /* unrestricted: its failure can be left unsanitized */
#define NVME_SANITIZE_OWPASS(n)     (((uint32_t)(n)&0xfu) << 4) /* overwrite passes; 0 means 16 */

/* Get Log Page (5.16): command dword 10, with the length in dwords, counted from 0 */
#define NVME_LOG_DWORD10(lid, size) ((uint32_t)(lid) | ((uint32_t)(size) / 4 - 1) << 16)
#define NVME_LOG_HEALTH             0x02
#define NVME_LOG_FIRMWARE           0x03
#define NVME_LOG_SANITIZE           0x81

/* Figure 251, Sanitize Status (5.16.1.22) */
struct nvme_sanitize_page {
	uint16_t sprog, sstat;
	uint32_t scdw10;
	uint32_t eto, etbe, etce, etond, etbend, etcend; /* seconds; all ones: not told */
	uint8_t bytes_32[512 - 32];
} __attribute__((packed));
static_assert(sizeof(struct nvme_sanitize_page) == 512, "figure 251");
#define NVME_SSTAT_STATE(sstat)  ((sstat)&7u)
#define NVME_SSTAT_GLOBAL_ERASED (1u << 8)

/* SMART / Health Information (5.16.1.3). The counters have 128 bits, low half first. */
struct nvme_health_page {
	uint8_t critical_warning;
	uint16_t temperature; /* kelvins */
	uint8_t available_spare, spare_threshold, percentage_used;
	uint8_t bytes_6[32 - 6];
	uint64_t data_units_read[2], data_units_written[2]; /* of 512,000 bytes */
	uint64_t host_reads[2], host_writes[2], busy_minutes[2], power_cycles[2], power_on_hours[2];
	uint64_t unsafe_shutdowns[2], media_errors[2], error_entries[2];
	uint8_t bytes_192[512 - 192];
} __attribute__((packed));
static_assert(offsetof(struct nvme_health_page, data_units_written) == 48, "5.16.1.3");
static_assert(offsetof(struct nvme_health_page, power_on_hours) == 128, "5.16.1.3");
static_assert(offsetof(struct nvme_health_page, media_errors) == 160, "5.16.1.3");
static_assert(sizeof(struct nvme_health_page) == 512, "5.16.1.3");

/* Firmware Slot Information (5.16.1.4) */
#define NVME_FIRMWARE_SLOTS 7
struct nvme_firmware_page {
	uint8_t afi; /* bits 2:0: the slot that runs */
	uint8_t bytes_1[7];
	char frs[NVME_FIRMWARE_SLOTS][8]; /* ASCII, padded; zeros: the slot is empty */
	uint8_t bytes_64[512 - 64];
} __attribute__((packed));
static_assert(offsetof(struct nvme_firmware_page, frs) == 8, "5.16.1.4");
static_assert(sizeof(struct nvme_firmware_page) == 512, "5.16.1.4");

/* Namespace Write Protection Config (8.12): dword 11 of Set Features, dword 0 of Get Features' answer */
#define NVME_FEATURE_WRITE_PROTECT 0x84
#define NVME_WPS(dword)            ((dword)&7u)

/* Figure 92, status field without the phase bit, as the kernel's passthrough returns it */
#define NVME_STATUS_SC(status)  ((unsigned)(status)&0xffu)
#define NVME_STATUS_SCT(status) (((unsigned)(status) >> 8) & 7u)
#define NVME_STATUS_DNR(status) (((unsigned)(status) >> 14) & 1u)

#endif
