/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/cmdline.h"

#include <ctype.h>
#include <string.h>

#include "core/io.h"

#define WHAT      "kernel command line: "
#define PREFIX    "remint."
#define HINT_WORD PREFIX "hint="
#define OWN_NAME  "remint.efi" /* iPXE puts the image's name in front of an EFI program's arguments */
#define HIDDEN    "(hidden)"
#define WORD_SIZE (sizeof(PREFIX) + 16 + HINT_MAX)
#define BASE64URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

bool cmdline_is_hint(const char *text, size_t len)
{
	return len >= HINT_MIN && len <= HINT_MAX && strspn(text, BASE64URL) >= len;
}

/* ---- the words ---- */

static int take_hint(struct cmdline *c, const char *key, const char *value)
{
	(void)key;
	if (!cmdline_is_hint(value, strlen(value)))
		return -EINVAL;
	strcpy(c->hint, value);
	return 0;
}

static int take_alone(struct cmdline *c, const char *key, const char *value)
{
	(void)key;
	(void)value;
	c->alone = true;
	return 0;
}

static int take_net(struct cmdline *c, const char *key, const char *value)
{
	(void)key;
	c->net_medium = !strcmp(value, "medium");
	return c->net_medium ? 0 : -EINVAL;
}

static int take_network(struct cmdline *c, const char *key, const char *value)
{
	return net_config_take(&c->net, key, value);
}

static const struct word {
	const char *key;
	int (*take)(struct cmdline *c, const char *key, const char *value);
	bool is_flag;   /* has no value */
	bool is_secret; /* its value is not shown */
	bool is_list;   /* may be there more than once */
} words[] = {
	{"hint", take_hint, .is_secret = true},
	{"alone", take_alone, .is_flag = true},
	{"net", take_net},
	{"mac", take_network},
	{"ip", take_network, .is_list = true},
	{"gw", take_network, .is_list = true},
	{"dns", take_network, .is_list = true},
	{"vlan", take_network},
	{"dhcp", take_network},
};
#define N_WORDS (sizeof(words) / sizeof(words[0]))

static size_t word_of(const char *key)
{
	size_t i = 0;

	while (i < N_WORDS && strcmp(words[i].key, key) != 0)
		i++;
	return i;
}

static int take(struct cmdline *c, unsigned *seen, const char *key, const char *value, struct err *err)
{
	size_t i = word_of(key);
	const struct word *word = &words[i];

	if (i == N_WORDS)
		return err_set(err, EINVAL, WHAT PREFIX "%s is no word that this agent knows", key);
	if (word->is_flag ? value != NULL : value == NULL)
		return err_set(err, EINVAL, WHAT PREFIX "%s %s", key,
			       value ? "has no value" : "needs a value");
	if (*seen & 1u << i && !word->is_list)
		return err_set(err, EINVAL, WHAT PREFIX "%s is there twice", key);
	*seen |= 1u << i;
	if (word->take(c, key, value) < 0)
		return word->is_secret
			       ? err_set(err, EINVAL,
					 WHAT HINT_WORD " is not %d to %d characters of base64url", HINT_MIN,
					 HINT_MAX)
			       : err_set(err, EINVAL, WHAT PREFIX "%s=%s is malformed, or one too many", key,
					 value);
	return 0;
}

/* ---- the line ---- */

/*
 * Copies the next word without its quotes, as the kernel reads it: "..." may stand around the whole or the value, and holds blanks. Returns
 * where it ends. A word longer than the room is cut, and *ret_cut says so.
 */
static const char *next_word(const char *p, char word[WORD_SIZE], bool *ret_cut)
{
	bool quoted = false;
	size_t n = 0;

	*ret_cut = false;
	while (*p && isspace((unsigned char)*p))
		p++;
	for (; *p && (quoted || !isspace((unsigned char)*p)); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (n + 1 < WORD_SIZE)
			word[n++] = isprint((unsigned char)*p) ? *p : '?';
		else
			*ret_cut = true;
	}
	word[n] = '\0';
	return p;
}

static int take_word(struct cmdline *c, unsigned *seen, char *word, bool cut, struct err *err)
{
	char *key = word + strlen(PREFIX), *equals = strchr(key, '=');

	if (!equals)
		return take(c, seen, key, NULL, err);
	*equals = '\0';
	/* Of ours with an endless value; the kernel's may be long. */
	return take(c, seen, key, cut ? "(too long)" : equals + 1, err);
}

static int check_whole(const struct cmdline *c, unsigned seen, struct err *err)
{
	bool network = seen & ~(1u << word_of("hint") | 1u << word_of("alone") | 1u << word_of("mac") |
				1u << word_of("net"));

	if (c->alone && (*c->hint || c->net_medium))
		return err_set(err, EINVAL,
			       WHAT "both " PREFIX "%s and " PREFIX "alone: with a station or without?",
			       *c->hint ? "hint" : "net");
	if (c->net_medium && network)
		return err_set(err, EINVAL,
			       WHAT "both " PREFIX "net=medium and words for the network: which of the two?");
	return net_config_check(&c->net, err) < 0 ? err_prepend(err, "kernel command line") : 0;
}

static int parse(const char *text, char word[WORD_SIZE], struct cmdline *c, struct err *err)
{
	unsigned seen = 0;
	bool cut, first = true;

	for (const char *p = text; *p; first = false) {
		p = next_word(p, word, &cut);
		if (!strcmp(word, "--")) /* what follows is for init */
			break;
		if (strncmp(word, PREFIX, strlen(PREFIX)) != 0 || (first && !strcmp(word, OWN_NAME)))
			continue;
		if (take_word(c, &seen, word, cut, err) < 0)
			return -err->code;
	}
	return check_whole(c, seen, err);
}

int cmdline_parse(const char *text, struct cmdline *ret, struct err *err)
{
	struct cmdline c = {.hint = ""};
	char word[WORD_SIZE];
	int r;

	if (strnlen(text, CMDLINE_MAX + 1) > CMDLINE_MAX)
		return err_set(err, EINVAL, WHAT "longer than %d bytes", CMDLINE_MAX);
	r = parse(text, word, &c, err);
	if (r == 0)
		*ret = c;
	explicit_bzero(word, sizeof(word));
	explicit_bzero(&c, sizeof(c));
	return r;
}

char *cmdline_shown(const char *text)
{
	size_t n = 0, len = strlen(text);
	/* Each hidden value may be shorter than what stands in its place. */
	char *shown = xcalloc(len * 2 + 1, 1);

	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	for (size_t i = 0; i < len;) {
		if (strncmp(text + i, HINT_WORD, strlen(HINT_WORD)) != 0) {
			shown[n++] = isprint((unsigned char)text[i]) ? text[i] : '?';
			i++;
			continue;
		}
		n = (size_t)(stpcpy(shown + n, HINT_WORD HIDDEN) - shown);
		for (i += strlen(HINT_WORD); i < len && !isspace((unsigned char)text[i]); i++)
			;
	}
	return shown;
}
