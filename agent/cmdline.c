/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the boot hint, or the word for stand-alone use, among the words of the kernel command line. */
#include "agent/cmdline.h"

#include <stdbool.h>
#include <string.h>

#define KEY       "remint.hint="
#define ALONE     "remint.alone"
#define BLANKS    " \t\r\n"
#define BASE64URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

bool cmdline_is_hint(const char *text, size_t len)
{
	return len >= HINT_MIN && len <= HINT_MAX && strspn(text, BASE64URL) >= len;
}

int cmdline_hint(const char *cmdline, char ret[HINT_SIZE], struct err *err)
{
	const char *found = NULL;
	size_t found_len = 0;

	for (const char *word = cmdline + strspn(cmdline, BLANKS); *word; word += strspn(word, BLANKS)) {
		size_t len = strcspn(word, BLANKS);
		if (len >= strlen(KEY) && !memcmp(word, KEY, strlen(KEY))) {
			if (found)
				return err_set(err, EBADMSG,
					       "kernel command line: remint.hint is there twice");
			found = word + strlen(KEY);
			found_len = len - strlen(KEY);
		}
		word += len;
	}
	if (!found)
		return err_set(err, ENOENT, "kernel command line: no remint.hint");
	if (!cmdline_is_hint(found, found_len))
		return err_set(err, EBADMSG,
			       "kernel command line: remint.hint is not %d to %d characters of base64url",
			       HINT_MIN, HINT_MAX);
	memcpy(ret, found, found_len);
	ret[found_len] = '\0';
	return 0;
}

int cmdline_alone(const char *cmdline, struct err *err)
{
	bool found = false, hinted = false;

	for (const char *word = cmdline + strspn(cmdline, BLANKS); *word; word += strspn(word, BLANKS)) {
		size_t len = strcspn(word, BLANKS), key = strlen(ALONE);

		hinted |= len >= strlen(KEY) && !memcmp(word, KEY, strlen(KEY));
		if (len >= key && !memcmp(word, ALONE, key) && (len == key || word[key] == '=')) {
			if (found || len > key)
				return err_set(err, EBADMSG,
					       "kernel command line: " ALONE
					       " is there twice, or has a value");
			found = true;
		}
		word += len;
	}
	if (found && hinted)
		return err_set(err, EBADMSG,
			       "kernel command line: both remint.hint and " ALONE
			       ": with a station or without?");
	return found;
}
