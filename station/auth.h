/* SPDX-License-Identifier: Apache-2.0 */
/* Who calls: tokens, roles, and what each may do. docs/protocol.md, "Authentication". */
#ifndef STATION_AUTH_H
#define STATION_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/hash.h"

struct store;

#define TOKEN_SIZE 44 /* 32 bytes in base64url, with the NUL */

/* A new token, and what the store keeps of it. */
void token_make(char token[TOKEN_SIZE], char hash[SHA256_HEX_SIZE]);
/* -EBADMSG: not of a token's form. */
int token_hash(const char *token, char hash[SHA256_HEX_SIZE]) _must_check_;

/* In rising order: each includes the ones before. */
enum role { ROLE_VIEWER, ROLE_OPERATOR, ROLE_ADMINISTRATOR };
const char *role_name(enum role role);
int role_from_name(const char *name, enum role *ret) _must_check_;

/* Whom a call is for. */
enum auth {
	AUTH_NONE,
	AUTH_HINT,
	AUTH_LEASE,
	AUTH_VIEWER,
	AUTH_OPERATOR,
	AUTH_ADMINISTRATOR,
};

struct caller {
	enum { CALLER_STRANGER, CALLER_HINT, CALLER_LEASE, CALLER_ACCOUNT } kind;
	char name[96];   /* for the audit trail: the account's name, or "lease 7" */
	enum role role;  /* of an account */
	int64_t id;      /* of the hint or lease */
	int64_t node;    /* 0: none */
	int64_t seen;    /* of a lease: the unknown machine; 0: none */
	int64_t order;   /* of a lease: orders.seq; 0: none */
	bool revoked;    /* of a lease */
	int64_t created; /* of a hint */
	char nonce[33];  /* of a hint: of the check-in that has used it; "": none has */
};

/* Within a transaction. header: the Authorization header, or NULL. A stranger is no error. */
int auth_identify(struct store *store, const char *header, struct caller *ret, struct err *err) _must_check_;

/* -EACCES: a stranger (the text says no more than that); -EPERM: somebody, but not for this call; -ESTALE: a
 * lease that has been revoked. */
int auth_allows(enum auth auth, const struct caller *caller, struct err *err) _must_check_;

#endif
