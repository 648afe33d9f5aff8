/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `mstflint query` prints: lines "NAME: VALUE", continued by lines that begin with a blank. "FW Version(Running)" is there where another firmware runs than the one
 * that lies in the card.
 */
#include <string.h>

#include "agent/hw/mst/lines.h"
#include "agent/hw/mst/mst.h"

/* "28.39.1002": two to four numbers. */
static bool is_version(const char *text)
{
	unsigned parts = 1;

	for (const char *c = text; *c; c++) {
		bool dot = *c == '.';

		if ((!dot && (*c < '0' || *c > '9')) || (dot && (c == text || c[-1] == '.' || !c[1])))
			return false;
		parts += dot;
	}
	return *text && parts >= 2 && parts <= 4;
}

/* "MT_0000000838", "DEL0000000013" */
static bool is_psid(const char *text)
{
	return *text &&
	       !text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")];
}

static const struct field {
	const char *name;
	size_t at, size;
	bool (*valid)(const char *text);
	bool may_be_none; /* "N/A" */
} fields[] = {
	{"FW Version", offsetof(struct mst_firmware, version), sizeof(((struct mst_firmware *)0)->version),
	 is_version, false},
	{"FW Version(Running)", offsetof(struct mst_firmware, running),
	 sizeof(((struct mst_firmware *)0)->running), is_version, false},
	{"PSID", offsetof(struct mst_firmware, psid), sizeof(((struct mst_firmware *)0)->psid), is_psid,
	 true},
};

static int not_understood(const struct mst_lines *l, struct err *err)
{
	return err_set(err, EBADMSG, "its output is not as it is known: line %u: \"%.100s\"", l->n, l->line);
}

static int take_field(const struct mst_lines *l, const struct field *f, const char *value,
		      struct mst_firmware *firmware, struct err *err)
{
	char *to = (char *)firmware + f->at;
	char word[32];

	if (*to || !mst_word(&value, word, f->size) || *value)
		return not_understood(l, err);
	if (f->may_be_none && !strcmp(word, "N/A"))
		return 0;
	if (!f->valid(word))
		return not_understood(l, err);
	memcpy(to, word, strlen(word) + 1);
	return 0;
}

static int take_line(const struct mst_lines *l, struct mst_firmware *firmware, struct err *err)
{
	const char *colon = strchr(l->line, ':');

	if (!*l->line || *l->line == ' ')
		return 0;
	if (!colon)
		return not_understood(l, err);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (strlen(fields[i].name) == (size_t)(colon - l->line) &&
		    !strncmp(l->line, fields[i].name, (size_t)(colon - l->line)))
			return take_field(l, &fields[i], colon + 1, firmware, err);
	return 0;
}

int mst_firmware_parse(const char *text, size_t len, struct mst_firmware *ret, struct err *err)
{
	struct mst_lines lines = {.at = text, .end = text + len};
	struct mst_firmware firmware = {0};
	int r;

	while ((r = mst_lines_next(&lines, err)) > 0) {
		r = take_line(&lines, &firmware, err);
		if (r < 0)
			return r;
	}
	if (r == 0 && !*firmware.version && !*firmware.running)
		r = err_set(err, EBADMSG, "its output has no firmware version");
	if (r < 0)
		return r;
	/* ConnectX-3 in a state of its own tells the running one alone. */
	if (!*firmware.version)
		memcpy(firmware.version, firmware.running, sizeof(firmware.version));
	if (!*firmware.running)
		memcpy(firmware.running, firmware.version, sizeof(firmware.running));
	*ret = firmware;
	return 0;
}
