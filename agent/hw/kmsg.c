/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/kmsg.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>

#include "agent/hw/sysfs.h"
#include "core/io.h"

#define RECORD_MAX  8192 /* bytes of a record as the kernel gives it out (CONSOLE_EXT_LOG_MAX) */
#define RECORDS_MAX 200000
#define MARK        "NVRM: Xid ("
#define XID_MAX     65535

/* "6,339,5140900,-;text": the text of a record whose facility is 0, the kernel; NULL for others. */
static const char *kernel_text(const char *line, const char *end)
{
	unsigned prefix = 0;
	const char *p = line;

	for (; p < end && isdigit((unsigned char)*p) && prefix < 10000; p++)
		prefix = prefix * 10 + (unsigned)(*p - '0');
	if (p == line || p == end || *p != ',' || prefix > 7)
		return NULL;
	p = memchr(p, ';', (size_t)(end - p));
	return p ? p + 1 : NULL;
}

/* "PCI:0000:18:00" or, of older drivers, "0000:18:00". */
static bool read_address(const char *p, const char *end, char to[16])
{
	size_t len;

	if (end - p > 4 && !memcmp(p, "PCI:", 4))
		p += 4;
	len = (size_t)(end - p);
	if (len < 10 || len > 15)
		return false;
	for (size_t i = 0; i < len; i++) {
		bool colon = i + 3 == len || i + 6 == len;

		if (colon ? p[i] != ':' : !isxdigit((unsigned char)p[i]))
			return false;
		to[i] = (char)tolower((unsigned char)p[i]);
	}
	to[len] = '\0';
	return true;
}

/* "PCI:0000:18:00): 79, pid=1234, GPU has fallen off the bus." */
static bool read_xid(const char *p, const char *end, struct kmsg_xid *ret)
{
	const char *close = memchr(p, ')', (size_t)(end - p));

	if (!close || !read_address(p, close, ret->pci) || end - close < 4 || memcmp(close, "): ", 3) != 0)
		return false;
	ret->number = 0;
	for (p = close + 3; p < end && isdigit((unsigned char)*p) && ret->number <= XID_MAX; p++)
		ret->number = ret->number * 10 + (unsigned)(*p - '0');
	if (!ret->number || ret->number > XID_MAX)
		return false;
	while (p < end && (*p == ',' || *p == ' '))
		p++;
	text_clean(ret->text, sizeof(ret->text), p, (size_t)(end - p));
	return true;
}

static void add(struct kmsg_xids *xids, const struct kmsg_xid *xid)
{
	for (unsigned i = 0; i < xids->n; i++)
		if (xids->at[i].number == xid->number && !strcmp(xids->at[i].pci, xid->pci)) {
			xids->at[i].count++;
			return;
		}
	if (xids->n == KMSG_XIDS_MAX) {
		xids->lost = true;
		return;
	}
	xids->at[xids->n] = *xid;
	xids->at[xids->n++].count = 1;
}

/* Lines that begin with a space tell of the device that a record is about. */
static void take_line(struct kmsg_xids *xids, const char *line, const char *end)
{
	const char *text = kernel_text(line, end);
	const char *mark = text ? memmem(text, (size_t)(end - text), MARK, strlen(MARK)) : NULL;
	struct kmsg_xid xid;

	if (mark && read_xid(mark + strlen(MARK), end, &xid))
		add(xids, &xid);
}

void kmsg_take(struct kmsg_xids *xids, const char *records, size_t len)
{
	const char *end = records + len;

	while (records < end) {
		const char *newline = memchr(records, '\n', (size_t)(end - records));
		const char *line_end = newline ? newline : end;

		take_line(xids, records, line_end);
		records = newline ? newline + 1 : end;
	}
}

int kmsg_read(const char *root, struct kmsg_xids *ret, struct err *err)
{
	_cleanup_free_ char *path = str_printf("%s/dev/kmsg", root);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char record[RECORD_MAX];

	memset(ret, 0, sizeof(*ret));
	if (fd < 0)
		return err_sys(err, errno, "%s", path);
	for (unsigned i = 0; i < RECORDS_MAX; i++) {
		ssize_t n = read(fd, record, sizeof(record));

		if (n > 0)
			kmsg_take(ret, record, (size_t)n);
		else if (n == 0 || errno == EAGAIN)
			return 0;
		else if (errno == EPIPE) /* it was overwritten before we came to it */
			ret->lost = true;
		else if (errno != EINTR &&
			 errno != EINVAL) /* EINVAL: a record that is longer than it may be */
			return err_sys(err, errno, "%s", path);
	}
	ret->lost = true;
	return 0;
}
