/* SPDX-License-Identifier: Apache-2.0 */
/* What the running kernel lets nobody do: lockdown, and whether modules need a signature. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/hw/machine.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"
#include "core/log.h"

#define LOCKDOWN    "/sys/kernel/security/lockdown"
#define SIG_ENFORCE "/sys/module/module/parameters/sig_enforce"

/* "none [integrity] confidentiality" (Documentation/ABI of securityfs): the word in brackets. */
static json_t *lockdown(const char *root)
{
	char text[128], word[32];
	const char *open;

	if (!sysfs_text(text, sizeof(text), "%s" LOCKDOWN, root))
		return json_null(); /* the kernel has none */
	open = strchr(text, '[');
	return open && sscanf(open, "[%31[a-z]]", word) == 1 ? json_string(word) : json_null();
}

static json_t *module_signatures(const char *root)
{
	char text[8];

	if (!sysfs_text(text, sizeof(text), "%s" SIG_ENFORCE, root))
		return json_null();
	return json_boolean(!strcmp(text, "Y"));
}

static void write_word(const char *root, const char *file, const char *word)
{
	_cleanup_free_ char *path = str_printf("%s%s", root, file);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	/* EPERM: it is locked down to that level, or further, already. */
	if ((fd < 0 || write(fd, word, strlen(word)) < 0) && errno != EPERM)
		log_warn("%s: %s", path, strerrordesc_np(errno));
}

void kernel_close(const char *root)
{
	write_word(root, LOCKDOWN, "integrity");
	write_word(root, SIG_ENFORCE, "Y");
}

int kernel_inventory(const char *root, json_t **ret, struct err *err)
{
	char release[128];
	json_t *json;

	if (!sysfs_text(release, sizeof(release), "%s/proc/sys/kernel/osrelease", root))
		return err_set(err, ENOENT, "kernel: no release");
	json = json_pack("{s:s, s:o, s:o}", "release", release, "lockdown", lockdown(root),
			 "module_signatures_enforced", module_signatures(root));
	if (!json)
		return err_set(err, ENOMEM, "kernel: out of memory");
	*ret = json;
	return 0;
}
