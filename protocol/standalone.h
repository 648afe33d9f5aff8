/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record that an agent without a station leaves on its boot medium: the evidence, and what binds it to the order, to the boot image
 * and to the key that signs it. docs/standalone.md, "The record"
 */
#ifndef PROTOCOL_STANDALONE_H
#define PROTOCOL_STANDALONE_H

#include <jansson.h>
#include <time.h>

#include "core/err.h"
#include "core/hash.h"
#include "protocol/certificate/certificate.h"

#define STANDALONE_MAX        (EVIDENCE_MAX + 64 * 1024) /* bytes of a record */
#define STANDALONE_KEY_MAX    (16 * 1024)                /* bytes of the key's certificate */
#define STANDALONE_ORDER_MAX  (64 * 1024)                /* bytes of order.json */
#define STANDALONE_NONCE_SIZE 33                         /* 128 bits in hexadecimal, with the NUL */

/* Of one use of an order, by one machine. */
struct standalone {
	char order_sha256[SHA256_HEX_SIZE];     /* of the bytes of order.json */
	char signature_sha256[SHA256_HEX_SIZE]; /* and of its signature */
	char nonce[STANDALONE_NONCE_SIZE];      /* made when the use began */
	time_t made;                            /* by the machine's clock */
	char *key_cert; /* PEM, self-signed: the key that signs this record, made for it in the machine's memory. Owned */
	json_t *site; /* {"site.json": SHA-256, ...}: of the site part's files, as the agent has them. Owned */
	json_t *evidence; /* owned */
};

/* The evidence itself is evidence_check()'s. -EBADMSG names the field. */
int standalone_parse(const void *text, size_t len, struct standalone *ret, struct err *err) _must_check_;
/* Canonical, malloc'd: this is what is signed. */
char *standalone_make(const struct standalone *record, size_t *ret_len) _must_check_;
void standalone_clear(struct standalone *record);

#endif
