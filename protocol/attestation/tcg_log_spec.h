/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event log's wire format, from "TCG PC Client Platform Firmware Profile" 1.05, sections 10.2 and 10.4, with its names; algorithms from
 * "TCG Algorithm Registry" 1.32, table 3; UEFI_ structures from section 10.2. All little-endian, packed, unaligned.
 */
#ifndef PROTOCOL_TCG_LOG_SPEC_H
#define PROTOCOL_TCG_LOG_SPEC_H

#include <assert.h>
#include <stdint.h>

/* 10.2.1: the first event alone has this form. */
struct tcg_pcr_event {
	uint32_t pcrIndex;
	uint32_t eventType;
	uint8_t digest[20];
	uint32_t eventDataSize;
} __attribute__((packed));
static_assert(sizeof(struct tcg_pcr_event) == 32, "TCG_PCClientPCREvent");

/* 10.4.5.1: numberOfAlgorithms algorithm sizes follow, then vendorInfoSize (1 byte) and so many bytes. */
#define TCG_SPEC_ID_SIGNATURE "Spec ID Event03" /* 16 bytes with its NUL */
struct tcg_spec_id_event {
	char signature[16];
	uint32_t platformClass;
	uint8_t specVersionMinor;
	uint8_t specVersionMajor;
	uint8_t specErrata;
	uint8_t uintnSize;
	uint32_t numberOfAlgorithms;
} __attribute__((packed));
static_assert(sizeof(struct tcg_spec_id_event) == 28, "TCG_EfiSpecIDEvent");

struct tcg_algorithm_size {
	uint16_t algorithmId;
	uint16_t digestSize;
} __attribute__((packed));
static_assert(sizeof(struct tcg_algorithm_size) == 4, "TCG_EfiSpecIdEventAlgorithmSize");

/* 10.2.2: then digests (an algorithm's number and a digest each), eventSize (4 bytes) and the event's data. */
struct tcg_pcr_event2 {
	uint32_t pcrIndex;
	uint32_t eventType;
	uint32_t digestsCount;
} __attribute__((packed));
static_assert(sizeof(struct tcg_pcr_event2) == 12, "TCG_PCR_EVENT2, its beginning");

#define TPM_ALG_SHA256 0x000b

/* 10.4.5.3: the locality (1 byte) from which the TPM was started follows. */
#define TCG_STARTUP_LOCALITY "StartupLocality" /* 16 bytes with its NUL */

/* 10.4.1 */
#define EV_POST_CODE                     0x00000001u
#define EV_NO_ACTION                     0x00000003u
#define EV_SEPARATOR                     0x00000004u
#define EV_ACTION                        0x00000005u
#define EV_EVENT_TAG                     0x00000006u
#define EV_S_CRTM_CONTENTS               0x00000007u
#define EV_S_CRTM_VERSION                0x00000008u
#define EV_CPU_MICROCODE                 0x00000009u
#define EV_PLATFORM_CONFIG_FLAGS         0x0000000au
#define EV_TABLE_OF_DEVICES              0x0000000bu
#define EV_COMPACT_HASH                  0x0000000cu
#define EV_IPL                           0x0000000du
#define EV_IPL_PARTITION_DATA            0x0000000eu
#define EV_NONHOST_CODE                  0x0000000fu
#define EV_NONHOST_CONFIG                0x00000010u
#define EV_NONHOST_INFO                  0x00000011u
#define EV_OMIT_BOOT_DEVICE_EVENTS       0x00000012u
#define EV_EFI_VARIABLE_DRIVER_CONFIG    0x80000001u
#define EV_EFI_VARIABLE_BOOT             0x80000002u
#define EV_EFI_BOOT_SERVICES_APPLICATION 0x80000003u
#define EV_EFI_BOOT_SERVICES_DRIVER      0x80000004u
#define EV_EFI_RUNTIME_SERVICES_DRIVER   0x80000005u
#define EV_EFI_GPT_EVENT                 0x80000006u
#define EV_EFI_ACTION                    0x80000007u
#define EV_EFI_PLATFORM_FIRMWARE_BLOB    0x80000008u
#define EV_EFI_HANDOFF_TABLES            0x80000009u
#define EV_EFI_PLATFORM_FIRMWARE_BLOB2   0x8000000au
#define EV_EFI_HANDOFF_TABLES2           0x8000000bu
#define EV_EFI_VARIABLE_BOOT2            0x8000000cu
#define EV_EFI_GPT_EVENT2                0x8000000du
#define EV_EFI_HCRTM_EVENT               0x80000010u
#define EV_EFI_VARIABLE_AUTHORITY        0x800000e0u
#define EV_EFI_SPDM_FIRMWARE_BLOB        0x800000e1u
#define EV_EFI_SPDM_FIRMWARE_CONFIG      0x800000e2u

/* 10.2.6: UnicodeName (UnicodeNameLength CHAR16, no NUL) and VariableData follow. */
struct uefi_variable_data {
	uint8_t VariableName[16]; /* a GUID */
	uint64_t UnicodeNameLength;
	uint64_t VariableDataLength;
} __attribute__((packed));
static_assert(sizeof(struct uefi_variable_data) == 32, "UEFI_VARIABLE_DATA");

/* 10.2.3: DevicePath follows. */
struct uefi_image_load_event {
	uint64_t ImageLocationInMemory;
	uint64_t ImageLengthInMemory;
	uint64_t ImageLinkTimeAddress;
	uint64_t LengthOfDevicePath;
} __attribute__((packed));
static_assert(sizeof(struct uefi_image_load_event) == 32, "UEFI_IMAGE_LOAD_EVENT");

/* 10.2.7 (TCG_PCClientTaggedEvent); the data follow. */
struct tcg_tagged_event {
	uint32_t taggedEventID;
	uint32_t taggedEventDataSize;
} __attribute__((packed));
static_assert(sizeof(struct tcg_tagged_event) == 8, "TCG_PCClientTaggedEvent");

/* Linux's EFI stub marks what it measures into PCR 9 with these (drivers/firmware/efi/libstub/efistub.h). */
#define LINUX_INITRD_EVENT_TAG_ID       0x8f3b22ecu
#define LINUX_LOAD_OPTIONS_EVENT_TAG_ID 0x8f3b22edu

/* Device path nodes, UEFI 2.10, 10.3.1 */
struct efi_device_path_node {
	uint8_t Type;
	uint8_t SubType;
	uint16_t Length; /* with these 4 bytes */
} __attribute__((packed));
static_assert(sizeof(struct efi_device_path_node) == 4, "EFI_DEVICE_PATH_PROTOCOL");

#endif
