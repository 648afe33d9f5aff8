/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens are 32 random bytes and are looked up by their SHA-256: how long a look-up takes says something about
 * hashes, of which a client can choose none, and nothing about tokens.
 */
#include "station/auth.h"

#include <stdio.h>
#include <string.h>

#include "core/time.h"
#include "station/store.h"

#define HINT_SECONDS 3600

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void token_make(char token[TOKEN_SIZE], char hash[SHA256_HEX_SIZE])
{
	uint8_t bytes[33] = {0}; /* 32, and a zero that fills the last group */
	char *out = token;

	random_bytes(bytes, 32);
	for (unsigned i = 0; i < sizeof(bytes); i += 3) {
		uint32_t group = (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];

		for (int shift = 18; shift >= 0; shift -= 6)
			*out++ = base64url[group >> shift & 63];
	}
	token[TOKEN_SIZE - 1] = '\0'; /* in place of the 44th digit, which is all filling */
	sha256_hex(token, TOKEN_SIZE - 1, hash);
}

int token_hash(const char *token, char hash[SHA256_HEX_SIZE])
{
	if (strlen(token) != TOKEN_SIZE - 1 || strspn(token, base64url) != TOKEN_SIZE - 1)
		return -EBADMSG;
	sha256_hex(token, TOKEN_SIZE - 1, hash);
	return 0;
}

static const char *const role_names[] = {"viewer", "operator", "administrator"};

const char *role_name(enum role role)
{
	return role_names[role];
}

int role_from_name(const char *name, enum role *ret)
{
	for (unsigned i = 0; i < sizeof(role_names) / sizeof(*role_names); i++) {
		if (strcmp(role_names[i], name) == 0) {
			*ret = (enum role)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int find_account(struct store *store, const char *hash, struct caller *ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err, "SELECT name, role FROM accounts WHERE token = ?1", "s", hash);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r <= 0)
		return r;
	ret->kind = CALLER_ACCOUNT;
	snprintf(ret->name, sizeof(ret->name), "%s", rows_text(&rows, 0));
	if (role_from_name(rows_text(&rows, 1), &ret->role) < 0)
		return err_set(err, EIO, "store: account %s has a role that is not known", ret->name);
	return 0;
}

static int find_lease(struct store *store, const char *hash, struct caller *ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err,
			    "SELECT id, node, seen, order_seq, revoked FROM leases WHERE token = ?1", "s",
			    hash);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r <= 0)
		return r;
	ret->kind = CALLER_LEASE;
	ret->id = rows_int(&rows, 0);
	ret->node = rows_int(&rows, 1);
	ret->seen = rows_int(&rows, 2);
	ret->order = rows_int(&rows, 3);
	ret->revoked = rows_int(&rows, 4);
	snprintf(ret->name, sizeof(ret->name), "lease %lld", (long long)ret->id);
	return 0;
}

static int find_hint(struct store *store, const char *hash, struct caller *ret, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	int r = store_query(store, &rows, err,
			    "SELECT id, node, created, nonce FROM hints WHERE token = ?1 AND created > ?2",
			    "si", hash, (int64_t)time(NULL) - HINT_SECONDS);

	if (r == 0)
		r = rows_next(&rows, err);
	if (r <= 0)
		return r;
	ret->kind = CALLER_HINT;
	ret->id = rows_int(&rows, 0);
	ret->node = rows_int(&rows, 1);
	ret->created = rows_int(&rows, 2);
	snprintf(ret->nonce, sizeof(ret->nonce), "%s", rows_text(&rows, 3) ?: "");
	snprintf(ret->name, sizeof(ret->name), "hint %lld", (long long)ret->id);
	return 0;
}

int auth_identify(struct store *store, const char *header, struct caller *ret, struct err *err)
{
	char hash[SHA256_HEX_SIZE];
	int r;

	*ret = (struct caller){.name = "stranger"};
	if (!header || strncasecmp(header, "Bearer ", 7) != 0 || token_hash(header + 7, hash) < 0)
		return 0;
	r = find_lease(store, hash, ret, err);
	if (r == 0 && ret->kind == CALLER_STRANGER)
		r = find_account(store, hash, ret, err);
	if (r == 0 && ret->kind == CALLER_STRANGER)
		r = find_hint(store, hash, ret, err);
	return r;
}

int auth_allows(enum auth auth, const struct caller *caller, struct err *err)
{
	if (auth == AUTH_NONE)
		return 0;
	if (caller->kind == CALLER_STRANGER)
		return err_set(err, EACCES, "not authorised");
	switch (auth) {
	case AUTH_HINT:
		if (caller->kind == CALLER_HINT)
			return 0;
		return err_set(err, EPERM, "this call takes a boot hint");
	case AUTH_LEASE:
		if (caller->kind != CALLER_LEASE)
			return err_set(err, EPERM, "this call takes a lease");
		if (caller->revoked)
			return err_set(err, ESTALE,
				       "this lease has been revoked: the node has checked in again since");
		return 0;
	default:
		if (caller->kind != CALLER_ACCOUNT)
			return err_set(err, EPERM, "this call takes an account's token");
		if (caller->role < (enum role)(auth - AUTH_VIEWER))
			return err_set(err, EPERM, "the role %s does not suffice: %s does",
				       role_name(caller->role), role_name((enum role)(auth - AUTH_VIEWER)));
		return 0;
	}
}
