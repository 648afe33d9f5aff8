/* SPDX-License-Identifier: Apache-2.0 */
/* Signature databases (UEFI 2.10, 32.4.1): what PK, KEK, db and dbx hold. Read from firmware, so hostile; and made. */
#ifndef EFI_SIGLIST_H
#define EFI_SIGLIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#define SIGLIST_MAX (64u * 1024) /* bytes of a database */

enum sig_kind { SIG_X509, SIG_SHA256, SIG_OTHER };

/* One signature; the pointers are into the lists. */
struct sig {
	enum sig_kind kind;
	const uint8_t *type;  /* 16 bytes */
	const uint8_t *owner; /* 16 bytes: who put it there */
	const uint8_t *data;  /* a certificate in DER, or a digest of 32 bytes */
	size_t len;
};

/*
 * Calls fn for each signature, in order, until one returns other than 0, which is then returned. Nothing at all is an empty
 * database. -EBADMSG: not lists, or something behind them; signatures before that have been told then.
 */
int siglist_walk(const void *lists, size_t len, int (*fn)(const struct sig *sig, void *data), void *data,
		 struct err *err) _must_check_;
/* Is this certificate or digest in them, whoever its owner? False also where they cannot be read. */
bool siglist_has(const void *lists, size_t len, enum sig_kind kind, const void *data, size_t data_len);
/* Is every signature of `part` in `whole`, whoever its owner? False also where either cannot be read. */
bool siglist_covers(const void *whole, size_t whole_len, const void *part, size_t part_len);

/* Lists that are being made: one a certificate, because their sizes differ; one of all digests that follow one another. */
struct siglist {
	uint8_t *bytes; /* malloc'd */
	size_t len;
};
/* -EFBIG: more than SIGLIST_MAX. What is there already is not added again. */
int siglist_add(struct siglist *lists, enum sig_kind kind, const uint8_t owner[16], const void *data,
		size_t len, struct err *err) _must_check_;
void siglist_clear(struct siglist *lists);

#endif
