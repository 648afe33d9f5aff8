/* SPDX-License-Identifier: Apache-2.0 */
/* How a kernel's file begins, with the specifications' names. All little-endian. */
#ifndef IMAGES_KERNEL_SPEC_H
#define IMAGES_KERNEL_SPEC_H

/* Linux, Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header": offsets in the file */
#define X86_BOOT_FLAG    0x1fe /* 2 bytes */
#define X86_HEADER       0x202 /* 4 bytes */
#define X86_VERSION      0x206 /* 2 bytes */
#define X86_LOADFLAGS    0x211 /* 1 byte */
#define X86_XLOADFLAGS   0x236 /* 2 bytes, from version 2.12 on */
#define X86_CMDLINE_SIZE 0x238 /* 4 bytes: of the longest command line, without its NUL */
#define X86_HEADER_END   0x23c

#define X86_BOOT_FLAG_MAGIC        0xaa55
#define X86_HEADER_MAGIC           "HdrS"
#define X86_VERSION_2_12           0x020c
#define LOADED_HIGH                (1u << 0) /* loadflags: a bzImage */
#define XLF_KERNEL_64              (1u << 0) /* xloadflags: has the 64-bit entry point at 0x200 */
#define XLF_CAN_BE_LOADED_ABOVE_4G (1u << 1)

/* Linux, Documentation/arch/arm64/booting.rst, "Call the kernel image" */
#define ARM64_MAGIC_OFFSET 56
#define ARM64_MAGIC        "ARM\x64"
#define ARM64_HEADER_END   64

#endif
