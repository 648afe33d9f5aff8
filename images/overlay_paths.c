/* SPDX-License-Identifier: Apache-2.0 */
/* Which paths and links may stand in an overlay's tree and in its declaration. */
#include <string.h>

#include "images/overlay.h"

bool overlay_path_valid(const char *path)
{
	size_t len = strlen(path);

	if (len < 2 || len > OVERLAY_TEXT_MAX || path[0] != '/' || path[len - 1] == '/' || strstr(path, "//"))
		return false;
	for (const char *p = path; p; p = strchr(p + 1, '/')) {
		size_t part = strcspn(p + 1, "/");

		if ((part == 1 && p[1] == '.') || (part == 2 && p[1] == '.' && p[2] == '.'))
			return false;
	}
	return true;
}

/* Folders above the last name of a path such as "usr/lib/x": 2. */
static unsigned depth_of(const char *path)
{
	unsigned depth = 0;

	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/'))
		depth++;
	return depth;
}

bool overlay_link_valid(const char *path, const char *target)
{
	unsigned up = 0;
	bool down = false;

	if (!*target || *target == '/' || strlen(target) >= OVERLAY_BLOCK)
		return false;
	for (const char *p = target; *p; p += strspn(p, "/")) {
		size_t len = strcspn(p, "/");
		bool is_up = len == 2 && p[0] == '.' && p[1] == '.';

		if (is_up && (down || ++up > depth_of(path)))
			return false;
		down = down || (!is_up && !(len == 1 && p[0] == '.'));
		p += len;
	}
	return true;
}

const char *const overlay_mount_points[] = {"dev", "proc", "run", "sys", "tmp", "var", NULL};

bool overlay_place_valid(const char *path, bool is_folder)
{
	size_t len = strcspn(path, "/");

	for (const char *const *p = overlay_mount_points; *p; p++)
		if (strlen(*p) == len && !memcmp(*p, path, len))
			return is_folder && !path[len];
	return true;
}
