/* SPDX-License-Identifier: Apache-2.0 */
/* One expected boot image held against what a log tells: a function for each thing, in the order in which a boot comes to it. */
#ifndef PROTOCOL_MEASURED_JUDGE_H
#define PROTOCOL_MEASURED_JUDGE_H

#include <string.h>

#include "protocol/measured/look.h"

struct judge {
	const struct measured *m;
	const struct look *look;
	struct measured_verdict v;
	unsigned at; /* of the programs, the first that is the boot image */
	struct err *err;
};

/* Each 0, or a negative errno with the reason. */
int judge_program(struct judge *j) _must_check_;      /* PCR 4 */
int judge_loaders(struct judge *j) _must_check_;      /* PCR 4, what came before */
int judge_sections(struct judge *j) _must_check_;     /* PCR 11 */
int judge_passed(struct judge *j) _must_check_;       /* PCR 12: the command line becomes known */
int judge_extensions(struct judge *j) _must_check_;   /* PCR 13 */
int judge_reported(struct judge *j) _must_check_;     /* the same where there is no EFI file */
int judge_initrd(struct judge *j) _must_check_;       /* PCR 9 */
int judge_load_options(struct judge *j) _must_check_; /* PCR 9: the command line */

static inline bool judge_same(const uint8_t a[SHA256_SIZE], const uint8_t b[SHA256_SIZE])
{
	return !memcmp(a, b, SHA256_SIZE);
}

struct judge_hex {
	char text[SHA256_HEX_SIZE];
};

static inline struct judge_hex judge_hex(const uint8_t digest[SHA256_SIZE])
{
	struct judge_hex ret = {0};

	hex_encode(digest, SHA256_SIZE, ret.text);
	return ret;
}

#endif
