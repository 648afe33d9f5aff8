/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parts of a PE32+ file, from "PE Format" (Microsoft, revision 11.0), with its names. All little-endian.
 */
#ifndef IMAGES_BOOT_PE_SPEC_H
#define IMAGES_BOOT_PE_SPEC_H

#include <assert.h>
#include <stdint.h>

#define PE_LFANEW_OFFSET 0x3c /* "MS-DOS Stub": offset of the signature, 4 bytes */
#define PE_SIGNATURE     "PE\0\0"

#define IMAGE_FILE_MACHINE_AMD64      0x8664
#define IMAGE_FILE_MACHINE_ARM64      0xaa64
#define IMAGE_NT_OPTIONAL_HDR64_MAGIC 0x20b
#define IMAGE_SUBSYSTEM_EFI_APP       10

/* "COFF File Header" */
struct pe_file_header {
	uint16_t Machine;
	uint16_t NumberOfSections;
	uint32_t TimeDateStamp;
	uint32_t PointerToSymbolTable;
	uint32_t NumberOfSymbols;
	uint16_t SizeOfOptionalHeader;
	uint16_t Characteristics;
} __attribute__((packed));
static_assert(sizeof(struct pe_file_header) == 20, "COFF File Header");

struct pe_data_directory {
	uint32_t VirtualAddress;
	uint32_t Size;
} __attribute__((packed));

#define PE_DIRECTORIES        16
#define PE_DIRECTORY_SECURITY 4 /* "Certificate Table" */

/* "Optional Header", PE32+ */
struct pe_optional_header {
	uint16_t Magic;
	uint8_t MajorLinkerVersion;
	uint8_t MinorLinkerVersion;
	uint32_t SizeOfCode;
	uint32_t SizeOfInitializedData;
	uint32_t SizeOfUninitializedData;
	uint32_t AddressOfEntryPoint;
	uint32_t BaseOfCode;
	uint64_t ImageBase;
	uint32_t SectionAlignment;
	uint32_t FileAlignment;
	uint16_t MajorOperatingSystemVersion;
	uint16_t MinorOperatingSystemVersion;
	uint16_t MajorImageVersion;
	uint16_t MinorImageVersion;
	uint16_t MajorSubsystemVersion;
	uint16_t MinorSubsystemVersion;
	uint32_t Win32VersionValue;
	uint32_t SizeOfImage;
	uint32_t SizeOfHeaders;
	uint32_t CheckSum;
	uint16_t Subsystem;
	uint16_t DllCharacteristics;
	uint64_t SizeOfStackReserve;
	uint64_t SizeOfStackCommit;
	uint64_t SizeOfHeapReserve;
	uint64_t SizeOfHeapCommit;
	uint32_t LoaderFlags;
	uint32_t NumberOfRvaAndSizes;
	struct pe_data_directory DataDirectory[PE_DIRECTORIES];
} __attribute__((packed));
static_assert(sizeof(struct pe_optional_header) == 240, "Optional Header, PE32+");

#define IMAGE_SCN_CNT_INITIALIZED_DATA 0x00000040u
#define IMAGE_SCN_MEM_READ             0x40000000u

/* "Section Table (Section Headers)" */
struct pe_section_header {
	char Name[8]; /* not ended by a NUL when it has 8 bytes */
	uint32_t VirtualSize;
	uint32_t VirtualAddress; /* relative to ImageBase */
	uint32_t SizeOfRawData;
	uint32_t PointerToRawData;
	uint32_t PointerToRelocations;
	uint32_t PointerToLinenumbers;
	uint16_t NumberOfRelocations;
	uint16_t NumberOfLinenumbers;
	uint32_t Characteristics;
} __attribute__((packed));
static_assert(sizeof(struct pe_section_header) == 40, "Section Header");

#endif
