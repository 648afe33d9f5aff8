/* SPDX-License-Identifier: Apache-2.0 */
/* Where the kernel looks for the files that drivers load into devices: Documentation/driver-api/firmware/fw_search_path.rst */
#include <fcntl.h>
#include <string.h>

#include "agent/hw/modules.h"
#include "agent/hw/sysfs.h"

#define PARAMETER  "/sys/module/firmware_class/parameters/path"
#define FOLDER_MAX 255 /* bytes; the kernel's bound */

int firmware_folder_set(const char *folder, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	char now[SYSFS_PATH_MAX];

	if (strlen(folder) > FOLDER_MAX)
		return err_set(err, ENAMETOOLONG, "firmware: the kernel takes no longer path than %d bytes",
			       FOLDER_MAX);
	if (sysfs_text(now, sizeof(now), PARAMETER) && *now && strcmp(now, folder) != 0)
		return err_set(
			err, EEXIST,
			"firmware: the kernel looks for it in %s already, and in one such folder alone: "
			"put what needs firmware into one overlay",
			now);
	fd = open(PARAMETER, O_WRONLY | O_CLOEXEC);
	/* Without a newline, which would be part of the path. */
	if (fd < 0 || write(fd, folder, strlen(folder)) < 0)
		return err_sys(err, errno, "firmware: %s", PARAMETER);
	return 0;
}
