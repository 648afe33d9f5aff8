/* SPDX-License-Identifier: Apache-2.0 */
#include "core/beneath.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

int beneath_open(int root, const char *path, int flags, mode_t mode)
{
	const struct open_how how = {
		.flags = (uint64_t)(unsigned)flags | O_CLOEXEC | O_NOFOLLOW,
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	return (int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof(how));
}

const char *beneath_part(const char *path, char name[NAME_MAX + 1], struct err *err)
{
	size_t len = strcspn(path, "/");

	if (len > NAME_MAX) {
		(void)err_set(err, EBADMSG, "a name of %zu bytes", len);
		return NULL;
	}
	memcpy(name, path, len);
	name[len] = '\0';
	path += len;
	return path + strspn(path, "/");
}

int beneath_clean(const char *path, char clean[PATH_MAX], struct err *err)
{
	char name[NAME_MAX + 1];
	unsigned depth = 0;
	size_t at = 0;

	if (!*path || *path == '/')
		return err_set(err, EBADMSG, "its path is %s", *path ? "absolute" : "empty");
	clean[0] = '\0';
	while (*path) {
		if (!(path = beneath_part(path, name, err)))
			return -err->code;
		if (!strcmp(name, "."))
			continue;
		if (!strcmp(name, ".."))
			return err_set(err, EBADMSG, "its path leads upwards");
		if (at + strlen(name) + 2 > PATH_MAX || ++depth > BENEATH_DEPTH_MAX)
			return err_set(err, EBADMSG, "its path is too long");
		at += (size_t)sprintf(clean + at, "%s%s", at ? "/" : "", name);
	}
	return 0;
}
