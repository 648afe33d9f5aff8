/* SPDX-License-Identifier: Apache-2.0 */
/* The tools' runs. No argument is anything but what is written here, an address, and NAME=VALUE of checked characters. */
#include <string.h>
#include <unistd.h>

#include "agent/hw/mst/lines.h"
#include "agent/hw/mst/mst.h"
#include "agent/hw/sysfs.h"
#include "agent/hw/tool.h"
#include "core/io.h"

static const char *const system_folders[] = {"/usr/bin", "/usr/sbin", "/bin", "/sbin", NULL};

/* Where the program is, as its own root sees it; *ret_root NULL: the agent's. */
static int find(const struct mst *mst, const char *program, char **ret_path, const char **ret_root,
		struct err *err)
{
	for (const char *const *folder = mst->folders ?: system_folders; *folder; folder++) {
		char *path = path_join(*folder, program);

		if (access(path, X_OK) == 0) {
			*ret_path = path;
			*ret_root = NULL;
			return 0;
		}
		free(path);
	}
	for (const char *const *root = mst->roots; root && *root; root++) {
		_cleanup_free_ char *path = str_printf("%s/usr/bin/%s", *root, program);

		if (access(path, X_OK) == 0) {
			*ret_path = str_printf("/usr/bin/%s", program);
			*ret_root = *root;
			return 0;
		}
	}
	return err_set(err, ENOENT, "there is no program %s here: give the order an overlay that has it",
		       program);
}

int mst_find(const struct mst *mst, const char *program, struct err *err)
{
	_cleanup_free_ char *path = NULL;
	const char *root;

	return find(mst, program, &path, &root, err);
}

int mst_reaches(const char *root, const char *pci, struct err *err)
{
	char state[128];

	if (!sysfs_text(state, sizeof(state), "%s/sys/kernel/security/lockdown", root) ||
	    strstr(state, "[none]") || sysfs_exists("%s/dev/%s_mstconf", root, pci))
		return 0;
	return err_set(err, EPERM,
		       "%s: this kernel is locked down (%s) and lets no tool write configuration space: "
		       "mstconfig and mstflint need their own module, mstflint_access, "
		       "out of an overlay",
		       pci, state);
}

/* What a tool said last before it failed: its own error, else its last line. */
static int failed(const char *text, size_t len, int status, struct err *err)
{
	struct mst_lines lines = {.at = text, .end = text + len};
	char last[MST_LINE_MAX + 1] = "";
	int r;

	while ((r = mst_lines_next(&lines, err)) > 0)
		if (*lines.line)
			memcpy(last, lines.line, sizeof(last));
	if (r < 0)
		return r;
	return err_set(err, EIO, "it failed (exit status %d)%s%s", status, *last ? ": " : "", last);
}

static int run(const struct mst *mst, const char *const *arguments, char **ret_text, size_t *ret_len,
	       struct err *err)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	struct tool tool = {.arguments = arguments,
			    .limit_s = mst->limit_s ?: MST_LIMIT_S,
			    .alive = mst->alive,
			    .data = mst->data};
	size_t len = 0;
	int status = 0, r = find(mst, arguments[0], &path, &tool.root, err);

	if (r < 0)
		return r;
	tool.path = path;
	r = tool_run(&tool, &text, &len, &status, err);
	if (r < 0)
		return r;
	if (status)
		return failed(text, len, status, err) < 0 ? err_prepend(err, "%s", arguments[0]) : -EIO;
	*ret_text = TAKE_PTR(text);
	*ret_len = len;
	return 0;
}

int mst_config_query(const struct mst *mst, const char *pci, struct mst_config *ret, struct err *err)
{
	const char *const arguments[] = {"mstconfig", "-d", pci, "-e", "query", NULL};
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r = run(mst, arguments, &text, &len, err);

	if (r == 0 && mst_config_parse(text, len, ret, err) < 0)
		r = err_prepend(err, "mstconfig");
	return r < 0 ? err_prepend(err, "%s", pci) : 0;
}

/* "True(1)" is how it is shown; what is set is the number. */
static void as_argument(const char *value, char to[MST_VALUE_MAX + 1])
{
	const char *number = strchr(value, '(');

	snprintf(to, MST_VALUE_MAX + 1, "%s", number ? number + 1 : value);
	to[strcspn(to, ")")] = '\0';
}

static bool is_plain(const char *text, const char *more)
{
	for (; *text; text++)
		if (!((*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z') ||
		      (*text >= '0' && *text <= '9') || *text == '_' || strchr(more, *text)))
			return false;
	return true;
}

int mst_config_set(const struct mst *mst, const char *pci, const char *name, const char *value,
		   struct err *err)
{
	_cleanup_free_ char *text = NULL, *assignment = NULL;
	char argument[MST_VALUE_MAX + 1];
	size_t len = 0;
	int r;

	if (!*name || !*value || strlen(value) > MST_VALUE_MAX || !is_plain(name, "") ||
	    !is_plain(value, "()"))
		return err_set(err, EINVAL, "\"%s\" = \"%s\" is no parameter of mstconfig", name, value);
	as_argument(value, argument);
	assignment = str_printf("%s=%s", name, argument);
	r = run(mst, (const char *const[]){"mstconfig", "-d", pci, "-y", "set", assignment, NULL}, &text,
		&len, err);
	return r < 0 ? err_prepend(err, "%s: %s", pci, assignment) : 0;
}

int mst_firmware_query(const struct mst *mst, const char *pci, struct mst_firmware *ret, struct err *err)
{
	const char *const arguments[] = {"mstflint", "-d", pci, "query", NULL};
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r = run(mst, arguments, &text, &len, err);

	if (r == 0 && mst_firmware_parse(text, len, ret, err) < 0)
		r = err_prepend(err, "mstflint");
	return r < 0 ? err_prepend(err, "%s", pci) : 0;
}
