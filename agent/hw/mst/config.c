/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `mstconfig -e query` prints:
 *   Device #1:
 *   ----------
 *   Device type:    ConnectX6DX               and further lines of this form
 *   Configurations:                              Default         Current         Next Boot
 *   *        SRIOV_EN                            False(0)        True(1)         True(1)
 * then an empty line, or one that explains the star. Newer versions mark what cannot be set by "RO".
 */
#include <string.h>

#include "agent/hw/mst/lines.h"
#include "agent/hw/mst/mst.h"
#include "core/io.h"

#define TABLE   "Configurations:"
#define UPPER   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"
#define EXPLAIN "The '*' shows"

static int not_understood(const struct mst_lines *l, const char *why, struct err *err)
{
	return err_set(err, EBADMSG, "its output is not as it is known: line %u, %s: \"%.100s\"", l->n, why,
		       l->line);
}

/* Of one device, down to the table's head. */
static int read_head(struct mst_lines *l, struct err *err)
{
	unsigned devices = 0;
	int r;

	while ((r = mst_lines_next(l, err)) > 0) {
		if (!strncmp(l->line, TABLE, strlen(TABLE)))
			return devices ? 0 : not_understood(l, "a table of no device", err);
		if (!strncmp(l->line, "Device #", 8) && ++devices > 1)
			return not_understood(l, "another device", err);
		if (*l->line && l->line[strspn(l->line, "-")] && !strchr(l->line, ':'))
			return not_understood(l, "neither a name with a colon nor a table", err);
	}
	return r ? r : err_set(err, EBADMSG, "its output has no table of parameters");
}

/* The columns decide what the values mean. */
static int read_columns(const struct mst_lines *l, struct err *err)
{
	static const char *const columns[] = {"Default", "Current", "Next", "Boot"};
	const char *at = l->line + strlen(TABLE);
	char word[16];

	for (unsigned i = 0; i < sizeof(columns) / sizeof(*columns); i++)
		if (!mst_word(&at, word, sizeof(word)) || strcmp(word, columns[i]) != 0)
			return not_understood(l, "other columns than Default, Current, Next Boot", err);
	return *at ? not_understood(l, "more columns than are known", err) : 0;
}

/* "HOST_CHAINING_CACHE_DISABLE", and elements of arrays: "ESWITCH_HAIRPIN_DESCRIPTORS[0..7]". */
static bool is_name(const char *text)
{
	size_t len = strspn(text, UPPER DIGITS "_");

	if (!len || !strchr(UPPER, *text))
		return false;
	if (!text[len])
		return true;
	return text[len] == '[' && text[len + 1 + strspn(text + len + 1, DIGITS ".")] == ']' &&
	       !text[len + 2 + strspn(text + len + 1, DIGITS ".")];
}

static int read_row(const struct mst_lines *l, struct mst_config *config, struct err *err)
{
	struct mst_param p = {0};
	const char *at = l->line + (*l->line == '*');
	bool good;

	if (config->n == MST_PARAMS_MAX)
		return err_set(err, EBADMSG, "its output has more than %d parameters", MST_PARAMS_MAX);
	good = mst_word(&at, p.name, sizeof(p.name));
	if (good && !strcmp(p.name, "RO"))
		good = mst_word(&at, p.name, sizeof(p.name));
	good = good && is_name(p.name) && mst_word(&at, p.standard, sizeof(p.standard)) &&
	       mst_word(&at, p.current, sizeof(p.current)) && mst_word(&at, p.next, sizeof(p.next)) && !*at;
	if (!good)
		return not_understood(l, "no parameter with three values", err);
	if (mst_config_find(config, p.name))
		return not_understood(l, "a parameter for the second time", err);
	config->params[config->n++] = p;
	return 0;
}

static int read_table(struct mst_lines *l, struct mst_config *config, struct err *err)
{
	bool ended = false;
	int r;

	while ((r = mst_lines_next(l, err)) > 0) {
		if (!strncmp(l->line, EXPLAIN, strlen(EXPLAIN)) || !*l->line) {
			ended = true;
			continue;
		}
		if (ended)
			return not_understood(l, "something behind the table", err);
		r = read_row(l, config, err);
		if (r < 0)
			return r;
	}
	if (r == 0 && !config->n)
		r = err_set(err, EBADMSG, "its output has a table without parameters");
	return r;
}

int mst_config_parse(const char *text, size_t len, struct mst_config *ret, struct err *err)
{
	struct mst_lines lines = {.at = text, .end = text + len};
	struct mst_config config = {.params = xcalloc(MST_PARAMS_MAX, sizeof(*config.params))};
	int r = read_head(&lines, err);

	if (r == 0)
		r = read_columns(&lines, err);
	if (r == 0)
		r = read_table(&lines, &config, err);
	if (r < 0)
		mst_config_clear(&config);
	else
		*ret = config;
	return r;
}

const struct mst_param *mst_config_find(const struct mst_config *config, const char *name)
{
	for (unsigned i = 0; i < config->n; i++)
		if (!strcmp(config->params[i].name, name))
			return &config->params[i];
	return NULL;
}

void mst_config_clear(struct mst_config *config)
{
	free(config->params);
	*config = (struct mst_config){0};
}

/* A whole number, in C's notation. */
static bool number(const char *text, unsigned long long *ret)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 0);
	return !*end && !errno;
}

bool mst_value_is(const char *wanted, const char *shown)
{
	size_t word = strcspn(shown, "("), len = strlen(shown);
	unsigned long long a, b;

	if (!strcmp(wanted, shown))
		return true;
	if (number(wanted, &a) && number(shown, &b))
		return a == b;
	if (!shown[word] || shown[len - 1] != ')')
		return false;
	if (strlen(wanted) == word && !strncmp(wanted, shown, word))
		return true;
	return strlen(wanted) == len - word - 2 && !strncmp(wanted, shown + word + 1, len - word - 2);
}
