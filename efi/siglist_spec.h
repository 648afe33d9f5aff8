/* SPDX-License-Identifier: Apache-2.0 */
/* Signature databases and authenticated variables: UEFI 2.10, 32.4.1 and 8.2.2, with their names. All little-endian. */
#ifndef EFI_SIGLIST_SPEC_H
#define EFI_SIGLIST_SPEC_H

#include <assert.h>
#include <stdint.h>

/* GUIDs as they lie in memory. */
#define EFI_CERT_SHA256_GUID                                                                              \
	{                                                                                                 \
		0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40, 0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, \
			0x28                                                                              \
	}
#define EFI_CERT_X509_GUID                                                                                \
	{                                                                                                 \
		0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, \
			0x72                                                                              \
	}
#define EFI_CERT_TYPE_PKCS7_GUID                                                                          \
	{                                                                                                 \
		0x9d, 0xd2, 0xaf, 0x4a, 0xdf, 0x68, 0xee, 0x49, 0x8a, 0xa9, 0x34, 0x7d, 0x37, 0x56, 0x65, \
			0xa7                                                                              \
	}
/* db and dbx, 32.4.1 */
#define EFI_IMAGE_SECURITY_DATABASE_GUID                                                                  \
	{                                                                                                 \
		0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45, 0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, \
			0x6f                                                                              \
	}

struct efi_signature_list { /* 32.4.1 */
	uint8_t SignatureType[16];
	uint32_t SignatureListSize; /* bytes, this header included */
	uint32_t SignatureHeaderSize;
	uint32_t SignatureSize; /* of each EFI_SIGNATURE_DATA: the owner's GUID and the signature */
} __attribute__((packed));
static_assert(sizeof(struct efi_signature_list) == 28, "EFI_SIGNATURE_LIST");

#define EFI_SIGNATURE_OWNER_SIZE 16u

struct efi_time { /* 8.3 */
	uint16_t Year;
	uint8_t Month;
	uint8_t Day;
	uint8_t Hour;
	uint8_t Minute;
	uint8_t Second;
	uint8_t Pad1;
	uint32_t Nanosecond;
	int16_t TimeZone;
	uint8_t Daylight;
	uint8_t Pad2;
} __attribute__((packed));
static_assert(sizeof(struct efi_time) == 16, "EFI_TIME");

#define WIN_CERT_REVISION      0x0200
#define WIN_CERT_TYPE_EFI_GUID 0x0ef1

struct efi_variable_authentication_2 { /* 8.2.2; the WIN_CERTIFICATE_UEFI_GUID of 32.2.4 written out */
	struct efi_time TimeStamp;
	uint32_t dwLength; /* bytes from here to the end of the certificate's data */
	uint16_t wRevision;
	uint16_t wCertificateType;
	uint8_t CertType[16];
} __attribute__((packed));
static_assert(sizeof(struct efi_variable_authentication_2) == 40, "EFI_VARIABLE_AUTHENTICATION_2");

#endif
