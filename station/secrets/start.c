/* SPDX-License-Identifier: Apache-2.0 */
#include "station/secrets/start.h"

#include "core/io.h"
#include "core/log.h"
#include "core/secret.h"
#include "station/audit.h"
#include "station/bmc/store.h"
#include "station/secrets/key.h"
#include "station/store.h"

#define CHECK_ABOUT "remint station: the key of its secrets"

struct start {
	struct store *store;
	const struct secrets_options *options;
	char *path;              /* of the present key */
	struct secrets *present; /* NULL: there is none */
	struct secrets *next;    /* that takes its place; NULL: none */
	int64_t sealed;          /* BMCs whose passwords are sealed */
};

static void start_clear(struct start *start)
{
	free(start->path);
	secrets_free(start->present);
	secrets_free(start->next);
}

/* 1: it is the key that the store's secrets are sealed with; 0: it is another, or there is none. */
static int is_right(const struct start *start, const struct secrets *key, struct err *err)
{
	_cleanup_rows_ struct rows rows = {0};
	struct err ignored;
	const void *check;
	char *text = NULL;
	size_t len = 0;
	int r = store_query(start->store, &rows, err, "SELECT value FROM meta WHERE key = 'secrets'", "");

	if (r == 0)
		r = rows_next(&rows, err);
	if (r <= 0 || !key)
		return r < 0 ? r : 0;
	check = rows_blob(&rows, 0, &len);
	r = secrets_open(key, CHECK_ABOUT, check, len, &text, &ignored);
	secret_free(text);
	return r == 0;
}

static int set_right(const struct start *start, const struct secrets *key, struct err *err)
{
	_cleanup_free_ uint8_t *check = NULL;
	size_t len = 0;
	int r;

	secrets_seal(key, CHECK_ABOUT, "", &check, &len);
	r = store_exec(start->store, err, "INSERT OR REPLACE INTO meta VALUES ('secrets', ?1)", "b",
		       (const void *)check, len);
	return r < 0 ? r : 0;
}

static int forget(struct start *start, struct err *err)
{
	int r = bmc_store_forget(start->store, err);

	start->sealed = 0;
	return r;
}

static int refuse(const struct start *start, struct err *err)
{
	return err_set(err, start->present ? EKEYREJECTED : ENOENT,
		       "%s %s the passwords of BMCs in the store are sealed (%lld of them): put the key back "
		       "from where a copy is kept, or name its file with --secrets-key. If it is gone for "
		       "good, start once with --secrets-key-lost: then these passwords are forgotten, and "
		       "have to be given anew",
		       start->path,
		       start->present ? "has another key than the one with which"
				      : "is missing, the key with which",
		       (long long)start->sealed);
}

static int take_next(const struct start *start, bool present_is_right, struct err *err)
{
	int r = 0;

	if (present_is_right)
		r = bmc_store_reseal(start->store, start->present, start->next, err);
	if (r == 0)
		r = set_right(start, start->next, err);
	if (r == 0)
		r = audit_add(start->store, "station", "secrets-key", start->options->key_new,
			      "done: all is sealed with the key in this file", err);
	return r;
}

/* Within a transaction: which key holds from now on, and is there. */
static int decide(struct start *start, struct err *err)
{
	int right = is_right(start, start->present, err), r = right;

	if (r > 0 && start->options->lost)
		return err_set(
			err, EINVAL,
			"the key in %s is the right one, nothing is lost: leave --secrets-key-lost out",
			start->path);
	if (r == 0 && start->options->lost)
		r = forget(start, err);
	if (r == 0 && start->next) {
		r = is_right(start, start->next, err);
		if (r > 0) /* an earlier start has changed it, and was cut off then */
			return 0;
	}
	if (r == 0 && start->sealed)
		r = refuse(start, err);
	if (r == 0 && !start->present)
		r = secrets_key_make(start->path, &start->present, err);
	if (r < 0)
		return r;
	if (start->next)
		return take_next(start, right, err);
	return right ? 0 : set_right(start, start->present, err);
}

static int read_keys(struct start *start, struct err *err)
{
	const struct secrets_options *options = start->options;
	int r = secrets_key_read(start->path, &start->present, err);

	if (r == -ENOENT && !options->key)
		r = 0;
	if (r == 0 && options->key_new)
		r = secrets_key_read(options->key_new, &start->next, err);
	return r;
}

static int decide_in_store(struct start *start, struct err *err)
{
	int r = store_begin(start->store, err);

	if (r < 0)
		return r;
	r = store_int(start->store, err, 0, &start->sealed, "SELECT count(*) FROM bmcs", "");
	if (r == 0)
		r = decide(start, err);
	if (r < 0) {
		store_rollback(start->store);
		return r;
	}
	return store_commit(start->store, err);
}

/* The store holds by the new key already; its file takes the place of the old one, where that is ours. */
static int end_change(const struct start *start, struct err *err)
{
	const struct secrets_options *options = start->options;
	int r = options->key ? 0 : secrets_key_copy(options->key_new, start->path, err);

	if (r == 0 && options->key)
		log_warn(
			"secrets are sealed with the key in %s now: name it with --secrets-key from the next "
			"start on",
			options->key_new);
	else if (r == 0)
		log_info("secrets are sealed with the key in %s now, of which %s is a copy", options->key_new,
			 start->path);
	return r;
}

int secrets_start(struct store *store, const char *state_dir, const struct secrets_options *options,
		  struct secrets **ret, struct err *err)
{
	_cleanup_(start_clear) struct start start = {
		.store = store,
		.options = options,
		.path = options->key ? xstrdup(options->key) : path_join(state_dir, SECRETS_KEY),
	};
	int r = options->lost && options->key_new
			? err_set(err, EINVAL, "--secrets-key-lost and --secrets-key-new: one of them")
			: read_keys(&start, err);

	if (r == 0)
		r = decide_in_store(&start, err);
	if (r == 0 && start.next)
		r = end_change(&start, err);
	if (r == 0)
		*ret = start.next ? TAKE_PTR(start.next) : TAKE_PTR(start.present);
	return r;
}
