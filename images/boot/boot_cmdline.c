/* SPDX-License-Identifier: Apache-2.0 */
#include "images/boot/boot_cmdline.h"

#include <stdbool.h>
#include <string.h>

#include "core/io.h"
#include "protocol/cmdline.h"

#define BLANKS     " \t"
#define LOCKDOWN   "lockdown"
#define SIGNATURES "module.sig_enforce"

/* What the kernel may be told of each, and nothing else. */
static const struct closed {
	const char *key, *values[3];
	bool alone; /* without a value it means yes (kernel/params.c); of lockdown it means nothing */
} closed[] = {
	{LOCKDOWN, {"integrity", "confidentiality"}, false},
	{SIGNATURES, {"1", "y"}, true},
	{"init", {NULL}, false},
	{"rdinit", {NULL}, false},
};
#define N_CLOSED (sizeof(closed) / sizeof(closed[0]))

/* The kernel takes '-' for '_' in a key. */
static bool key_is(const char *word, size_t len, const char *key)
{
	for (size_t i = 0; i < len; i++)
		if (key[i] == '\0' || (word[i] == '-' ? '_' : word[i]) != key[i])
			return false;
	return !key[len];
}

static bool value_is_fine(const struct closed *c, const char *value, size_t len)
{
	for (const char *const *v = c->values; *v; v++)
		if (strlen(*v) == len && !memcmp(*v, value, len))
			return true;
	return false;
}

static int check_word(const char *word, size_t len, bool *seen, struct err *err)
{
	const char *equals = memchr(word, '=', len);
	size_t key = equals ? (size_t)(equals - word) : len;

	for (size_t i = 0; i < N_CLOSED; i++) {
		if (!key_is(word, key, closed[i].key))
			continue;
		seen[i] = true;
		if (equals ? !value_is_fine(&closed[i], equals + 1, len - key - 1) : !closed[i].alone)
			return err_set(err, EINVAL,
				       "the command line's word %.*s opens the kernel, or what it starts, to "
				       "others: leave it out",
				       (int)len, word);
	}
	return 0;
}

int boot_cmdline_make(const char *given, char **ret, struct err *err)
{
	bool seen[N_CLOSED] = {false};
	struct cmdline parsed;
	int r;

	*ret = NULL;
	if (!given || !*given)
		return 0;
	r = cmdline_parse(given, &parsed, err);
	for (const char *word = given + strspn(given, BLANKS); r == 0 && *word;
	     word += strspn(word, BLANKS)) {
		size_t len = strcspn(word, BLANKS);

		r = check_word(word, len, seen, err);
		word += len;
	}
	if (r < 0)
		return r;
	*ret = str_printf("%s%s%s", seen[0] ? "" : LOCKDOWN "=integrity ", seen[1] ? "" : SIGNATURES "=1 ",
			  given);
	return 0;
}
