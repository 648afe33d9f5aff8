/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/measured/cmdline.h"

#include <string.h>

#define VALUE                                                            \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" \
	"_.,:/+=@%~-"

/* What differs between boots: who the node is, where its console is, and iPXE's name for the initramfs. */
static const char *const prefixes[] = {"remint.hint=", "remint.mac=", "console="};
static const char *const whole[] = {"initrd=initrd.img"};
static const char *const first[] = {"remint.efi", "vmlinuz"};

struct word {
	const char *at;
	size_t len;
};

/* The next word from *text, which is moved behind it; its length is 0 at the end. The kernel splits at spaces outside quotes, and no word
 * with a quote is allowed. */
static struct word next_word(const char **text)
{
	struct word word = {.at = *text + strspn(*text, " ")};

	word.len = strcspn(word.at, " ");
	*text = word.at + word.len;
	return word;
}

static bool equals(struct word word, const char *text)
{
	return strlen(text) == word.len && !memcmp(word.at, text, word.len);
}

static bool contains(const char *text, struct word wanted)
{
	struct word word;

	while ((word = next_word(&text)).len)
		if (word.len == wanted.len && !memcmp(word.at, wanted.at, word.len))
			return true;
	return false;
}

static bool is_among(struct word word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (equals(word, list[i]))
			return true;
	return false;
}

static bool allowed(const struct measured *m, struct word word, bool is_first)
{
	if (is_first && is_among(word, first, sizeof(first) / sizeof(first[0])))
		return true;
	if (is_among(word, whole, sizeof(whole) / sizeof(whole[0])) || contains(m->cmdline, word))
		return true;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t len = strlen(prefixes[i]);

		if (word.len > len && !memcmp(word.at, prefixes[i], len))
			return strspn(word.at + len, VALUE) >= word.len - len;
	}
	return false;
}

int measured_cmdline_check(const struct measured *m, const char *text, struct err *err)
{
	const char *rest = text, *built_in = m->cmdline;
	bool is_first = true;
	struct word word;

	while ((word = next_word(&rest)).len) {
		if (!allowed(m, word, is_first))
			return err_set(
				err, EPERM,
				"the command line has \"%.*s\", with which the agent is not to be started",
				(int)(word.len < 100 ? word.len : 100), word.at);
		is_first = false;
	}
	while ((word = next_word(&built_in)).len)
		if (!contains(text, word))
			return err_set(
				err, EPERM,
				"the boot loader's command line took the place of the built-in one, and it "
				"lacks \"%.*s\"; Secure Boot keeps the built-in one",
				(int)(word.len < 100 ? word.len : 100), word.at);
	return 0;
}
