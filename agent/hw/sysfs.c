/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing attributes of sysfs and procfs. */
#include "agent/hw/sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "core/io.h"

#define NAMES_MAX 65536

void text_clean(char *to, size_t size, const void *from, size_t len)
{
	const unsigned char *p = from;

	while (len && (isspace(p[len - 1]) || !p[len - 1]))
		len--;
	while (len && isspace(*p)) {
		p++;
		len--;
	}
	if (len >= size)
		len = size - 1;
	for (size_t i = 0; i < len; i++)
		to[i] = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '?';
	to[len] = '\0';
}

/* The path of an attribute, or false when it does not fit. */
static bool path_make(char path[SYSFS_PATH_MAX], const char *fmt, va_list args)
{
	int n = vsnprintf(path, SYSFS_PATH_MAX, fmt, args);

	return n > 0 && n < SYSFS_PATH_MAX;
}

static size_t read_path(const char *path, void *buf, size_t size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t have = 0;

	while (fd >= 0 && have < size) {
		ssize_t n = read(fd, (char *)buf + have, size - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		have += (size_t)n;
	}
	return have;
}

bool sysfs_text(char *buf, size_t size, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX], raw[1024];
	va_list args;
	bool fits;
	size_t n;

	va_start(args, fmt);
	fits = path_make(path, fmt, args);
	va_end(args);
	n = fits ? read_path(path, raw, sizeof(raw)) : 0;
	text_clean(buf, size, raw, n);
	return *buf;
}

void sysfs_add_text(json_t *to, const char *key, const char *folder, const char *attribute)
{
	char text[64];

	if (sysfs_text(text, sizeof(text), "%s/%s", folder, attribute))
		json_object_set_new(to, key, json_string(text));
}

uint64_t sysfs_number(uint64_t otherwise, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX], raw[32] = "", *end;
	unsigned long long value;
	va_list args;
	bool fits;

	va_start(args, fmt);
	fits = path_make(path, fmt, args);
	va_end(args);
	if (!fits || !read_path(path, raw, sizeof(raw) - 1) || !isdigit((unsigned char)*raw))
		return otherwise;
	errno = 0;
	value = strtoull(raw, &end, raw[0] == '0' && raw[1] == 'x' ? 16 : 10);
	if (errno || (*end && !isspace((unsigned char)*end)))
		return otherwise;
	return value;
}

size_t sysfs_bytes(void *buf, size_t size, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX];
	va_list args;
	bool fits;

	va_start(args, fmt);
	fits = path_make(path, fmt, args);
	va_end(args);
	return fits ? read_path(path, buf, size) : 0;
}

bool sysfs_exists(const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX];
	va_list args;
	bool fits;

	va_start(args, fmt);
	fits = path_make(path, fmt, args);
	va_end(args);
	return fits && !access(path, F_OK);
}

bool sysfs_link(char *buf, size_t size, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX], target[PATH_MAX];
	const char *last;
	va_list args;
	ssize_t n;
	bool fits;

	*buf = '\0';
	va_start(args, fmt);
	fits = path_make(path, fmt, args);
	va_end(args);
	n = fits ? readlink(path, target, sizeof(target) - 1) : -1;
	if (n <= 0)
		return false;
	target[n] = '\0';
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	text_clean(buf, size, last, strlen(last));
	return *buf;
}

bool sysfs_device_path(const char *root, char *buf, size_t size, const char *fmt, ...)
{
	_cleanup_free_ char *real_root = NULL, *real = NULL;
	char path[SYSFS_PATH_MAX];
	size_t skip;
	va_list args;
	bool fits;

	*buf = '\0';
	va_start(args, fmt);
	fits = path_make(path, fmt, args);
	va_end(args);
	real_root = realpath(*root ? root : "/", NULL);
	real = fits ? realpath(path, NULL) : NULL;
	if (!real_root || !real)
		return false;
	skip = real_root[1] ? strlen(real_root) : 0;
	if (strncmp(real, real_root, skip) != 0 || strncmp(real + skip, "/sys/", 5) != 0)
		return false;
	return (size_t)snprintf(buf, size, "%s", real + skip) < size;
}

int sysfs_write(const char *text, struct err *err, const char *fmt, ...)
{
	_cleanup_close_ int fd = -EBADF;
	size_t len = strlen(text);
	char path[SYSFS_PATH_MAX];
	va_list args;
	bool fits;
	ssize_t n;

	va_start(args, fmt);
	fits = path_make(path, fmt, args);
	va_end(args);
	if (!fits)
		return err_set(err, ENAMETOOLONG, "a path in sysfs is longer than %d bytes", SYSFS_PATH_MAX);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	do
		n = write(fd, text, len);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, errno, "write \"%s\" to %s", text, path);
	return (size_t)n == len ? 0 : err_set(err, EIO, "write to %s: cut short", path);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void sysfs_names_free(char **names, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

int sysfs_names(const char *folder, char ***ret, unsigned *ret_n, struct err *err)
{
	_cleanup_(closedirp) DIR *dir = opendir(folder);
	char **names = NULL;
	unsigned n = 0, room = 0;
	struct dirent *entry;

	if (!dir)
		return err_sys(err, errno, "open %s", folder);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (n == NAMES_MAX) {
			sysfs_names_free(names, n);
			return err_set(err, EOVERFLOW, "%s has more than %d entries", folder, NAMES_MAX);
		}
		if (n == room) {
			room = room ? 2 * room : 64;
			names = reallocarray(names, room, sizeof(*names));
			if (!names)
				abort();
		}
		names[n++] = xstrdup(entry->d_name);
	}
	if (n)
		qsort(names, n, sizeof(*names), by_name);
	*ret = names;
	*ret_n = n;
	return 0;
}

/* "dddd:bb:dd.f", the domain with four digits or more (VMD uses 10000 and up). */
static bool is_pci_address(const char *s, size_t len)
{
	size_t domain = len > 8 ? len - 8 : 0;

	if (domain < 4 || domain > 7)
		return false;
	for (size_t i = 0; i < len; i++) {
		char want = i == domain || i == domain + 3 ? ':' : i == domain + 6 ? '.' : 'x';

		if (want == 'x' ? !isxdigit((unsigned char)s[i]) : s[i] != want)
			return false;
	}
	return true;
}

bool sysfs_pci_address(const char *device_path, char ret[16])
{
	bool found = false;

	for (const char *p = device_path; *p;) {
		size_t len = strcspn(p, "/");

		if (is_pci_address(p, len)) {
			memcpy(ret, p, len);
			ret[len] = '\0';
			found = true;
		}
		p += len + (p[len] == '/');
	}
	return found;
}
