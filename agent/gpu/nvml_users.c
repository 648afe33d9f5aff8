/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <dirent.h>
#include <string.h>

#include "agent/gpu/nvml_users.h"
#include "agent/hw/sysfs.h"
#include "core/io.h"

enum { PROCESSES_MAX = 64, INFORMATION_MAX = 4096 };

/* ---- by NVML ---- */

int nvml_nobody_in(const struct nvml *nvml, struct nvmlDevice_st *device, nvml_process_call *call,
		   const char *then, const char *then_many, struct err *err)
{
	struct nvmlProcessInfo_st list[PROCESSES_MAX] = {0};
	unsigned count = PROCESSES_MAX;
	char words[NVML_WORDS_MAX];
	int result = call ? call(device, &count, list) : NVML_ERROR_NOT_SUPPORTED;

	if (result == NVML_ERROR_INSUFFICIENT_SIZE)
		return err_set(err, EBUSY, "used by more than %d processes%s", PROCESSES_MAX, then_many);
	if (result == NVML_ERROR_NOT_SUPPORTED)
		return 0;
	if (result != NVML_SUCCESS)
		return err_set(err, EIO, "who uses it: NVML: %s (%d)", nvml_words(nvml, result, words),
			       result);
	if (count)
		return err_set(err, EBUSY, "used by %u process%s, the first is %u%s", count,
			       count == 1 ? "" : "es", list[0].pid, then);
	return 0;
}

int nvml_no_processes(const struct nvml *nvml, struct nvmlDevice_st *device, struct err *err)
{
	static const char then[] = ": end them, then it can be reset";
	int r = nvml_nobody_in(nvml, device, nvml->DeviceGetComputeRunningProcesses, then, "", err);

	return r < 0 ? r
		     : nvml_nobody_in(nvml, device, nvml->DeviceGetGraphicsRunningProcesses, then, "", err);
}

/* ---- by open files ---- */

/* The driver tells which of its device files is the card's: "Device Minor:  0". */
static bool read_minor(const char *root, const char *pci, unsigned *ret)
{
	_cleanup_free_ char *path = str_printf("%s/proc/driver/nvidia/gpus/%s/information", root, pci);
	_cleanup_free_ char *text = NULL;
	struct err ignored;
	const char *line;

	if (file_read(path, INFORMATION_MAX, &text, NULL, &ignored) < 0)
		return false;
	line = strstr(text, "Device Minor:");
	return line && sscanf(line, "Device Minor: %u", ret) == 1;
}

/* In one process, which may end meanwhile. */
static bool has_open(const char *root, const char *pid, const char *device)
{
	_cleanup_free_ char *folder = str_printf("%s/proc/%s/fd", root, pid);
	DIR *dir = opendir(folder);
	struct dirent *entry;
	bool has = false;

	while (dir && !has && (entry = readdir(dir))) {
		char target[64];
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);

		if (n > 0) {
			target[n] = '\0';
			has = !strcmp(target, device);
		}
	}
	if (dir)
		closedir(dir);
	return has;
}

static bool is_other(const char *pid)
{
	return isdigit((unsigned char)*pid) && (pid_t)strtol(pid, NULL, 10) != getpid();
}

static int tell_user(const char *root, const char *pid, const char *device, struct err *err)
{
	char name[32];

	sysfs_text(name, sizeof(name), "%s/proc/%s/comm", root, pid);
	return err_set(err, EBUSY, "process %s (%s) holds %s open: end it, then it can be reset", pid,
		       *name ? name : "?", device);
}

int nvml_no_users(const char *root, const char *pci, struct err *err)
{
	_cleanup_free_ char *folder = str_printf("%s/proc", root);
	char device[32];
	unsigned n = 0, minor;
	char **pids = NULL;
	int r;

	if (!read_minor(root, pci, &minor))
		return 0; /* the driver has not taken the card: it is lost */
	snprintf(device, sizeof(device), "/dev/nvidia%u", minor);
	r = sysfs_names(folder, &pids, &n, err);
	for (unsigned i = 0; !r && i < n; i++)
		if (is_other(pids[i]) && has_open(root, pids[i], device))
			r = tell_user(root, pids[i], device, err);
	sysfs_names_free(pids, n);
	return r;
}
