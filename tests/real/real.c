/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   real-devices nvme|scsi|ata DEVICE
 * prints one line of JSON. It erases the drive: it runs in a guest (tests/qemu/test_real_devices.py).
 */
#include "tests/real/real.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/hash.h"
#include "core/io.h"

#define MARK 0xa5

json_t *answers;
int fd;

void add_hex(json_t *object, const char *key, const uint8_t *bytes, size_t len)
{
	_cleanup_free_ char *hex = NULL;

	while (len > 0 && !bytes[len - 1])
		len--;
	hex = xcalloc(2 * len + 1, 1);
	hex_encode(bytes, len, hex);
	json_object_set_new(object, key, json_string(hex));
}

static uint64_t size_of(void)
{
	uint64_t size = 0;

	if (ioctl(fd, BLKGETSIZE64, &size) < 0 || size < 2 * REAL_DATA_MAX)
		abort();
	return size;
}

void fill_ends(void)
{
	_cleanup_free_ uint8_t *buf = aligned_alloc(REAL_DATA_MAX, REAL_DATA_MAX);
	uint64_t size = size_of();

	memset(buf, MARK, REAL_DATA_MAX);
	if (pwrite(fd, buf, REAL_DATA_MAX, 0) != REAL_DATA_MAX ||
	    pwrite(fd, buf, REAL_DATA_MAX, (off_t)(size - REAL_DATA_MAX)) != REAL_DATA_MAX || fsync(fd) < 0)
		abort();
}

const char *ends(void)
{
	_cleanup_free_ uint8_t *buf = aligned_alloc(REAL_DATA_MAX, REAL_DATA_MAX);
	uint64_t size = size_of(), places[2] = {0, size - REAL_DATA_MAX};
	bool kept = true, zeros = true;

	for (unsigned i = 0; i < 2; i++) {
		if (pread(fd, buf, REAL_DATA_MAX, (off_t)places[i]) != REAL_DATA_MAX)
			return "unreadable";
		for (unsigned k = 0; k < REAL_DATA_MAX; k++) {
			kept &= buf[k] == MARK;
			zeros &= buf[k] == 0;
		}
	}
	return kept ? "as before" : zeros ? "zeros" : "other";
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	fd = open(argv[2], O_RDWR | O_DIRECT | O_CLOEXEC);
	if (fd < 0)
		return 1;
	answers = json_array();
	if (!strcmp(argv[1], "nvme")) {
		ask_nvme();
	} else if (!strcmp(argv[1], "scsi")) {
		ask_scsi();
	} else if (!strcmp(argv[1], "ata")) {
		ask_ata();
	} else {
		return 2;
	}
	return json_dumpf(answers, stdout, JSON_COMPACT | JSON_SORT_KEYS) < 0 || puts("") < 0;
}
