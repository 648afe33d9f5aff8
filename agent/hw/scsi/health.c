/* SPDX-License-Identifier: Apache-2.0 */
/* What LOG SENSE tells of a drive's health (log pages of SPC-5 and SBC-4). */
#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "agent/hw/scsi/private.h"
#include "agent/hw/scsi/scsi.h"
#include "agent/hw/scsi/spec.h"

#define PAGE_MAX 512 /* bytes that are asked for; the pages of interest are shorter */

/* n bytes from `offset` of a parameter's value; n 0: all of it, one to eight bytes */
static const struct field {
	uint8_t page;
	uint16_t parameter;
	uint8_t offset, n;
	uint8_t unknown; /* this value of a single byte means "not told"; 0: none does */
	const char *key;
} fields[] = {
	{SCSI_LOG_EXCEPTIONS, 0x0000, 0, 1, 0, "exception_asc"},
	{SCSI_LOG_EXCEPTIONS, 0x0000, 1, 1, 0, "exception_ascq"},
	{SCSI_LOG_EXCEPTIONS, 0x0000, 2, 1, 0xff, "temperature_c"},
	{SCSI_LOG_SOLID_STATE, 0x0001, 3, 1, 0, "percentage_used"},
	{SCSI_LOG_START_STOP, 0x0004, 0, 4, 0, "start_stop_cycles"},
	{SCSI_LOG_START_STOP, 0x0006, 0, 4, 0, "load_unload_cycles"},
	{SCSI_LOG_WRITE_ERRORS, 0x0003, 0, 0, 0, "write_errors_corrected"},
	{SCSI_LOG_WRITE_ERRORS, 0x0005, 0, 0, 0, "bytes_written"},
	{SCSI_LOG_WRITE_ERRORS, 0x0006, 0, 0, 0, "write_errors_uncorrected"},
	{SCSI_LOG_READ_ERRORS, 0x0003, 0, 0, 0, "read_errors_corrected"},
	{SCSI_LOG_READ_ERRORS, 0x0005, 0, 0, 0, "bytes_read"},
	{SCSI_LOG_READ_ERRORS, 0x0006, 0, 0, 0, "read_errors_uncorrected"},
};
static const uint8_t pages[] = {SCSI_LOG_EXCEPTIONS, SCSI_LOG_SOLID_STATE, SCSI_LOG_START_STOP,
				SCSI_LOG_WRITE_ERRORS, SCSI_LOG_READ_ERRORS};

/* *ret_len: bytes of the page that are there, its head included. */
static int read_page(int fd, uint8_t page, uint8_t buf[PAGE_MAX], uint32_t *ret_len, struct err *err)
{
	const uint8_t cdb[10] = {SCSI_LOG_SENSE, 0, SCSI_LOG_CUMULATIVE | page, [7] = PAGE_MAX >> 8};
	struct scsi_log_page head = {0};
	uint32_t len, told;
	int r = scsi_ask(fd, cdb, sizeof(cdb), buf, PAGE_MAX, &len, "SCSI LOG SENSE", err);

	if (r < 0)
		return r;
	if (len >= sizeof(head))
		memcpy(&head, buf, sizeof(head));
	if (len < sizeof(head) || (head.page & SCSI_LOG_PAGE_MASK) != page || (head.page & SCSI_LOG_SPF))
		return err_set(err, EBADMSG, "SCSI LOG SENSE: asked for page %02xh and got something else",
			       page);
	told = (uint32_t)sizeof(head) + be16toh(head.length);
	*ret_len = told < len ? told : len;
	return 0;
}

/* *ret is left alone when the parameter has no such bytes, or a value that no JSON integer holds. */
static bool value_of(const struct field *f, const uint8_t *value, uint8_t len, json_int_t *ret)
{
	unsigned n = f->n ? f->n : len;
	uint64_t number = 0;

	if (!n || n > 8 || f->offset + n > len)
		return false;
	for (unsigned i = 0; i < n; i++)
		number = number << 8 | value[f->offset + i];
	if (number > INT64_MAX || (f->unknown && number == f->unknown))
		return false;
	*ret = (json_int_t)number;
	return true;
}

static void add_parameter(json_t *health, uint8_t page, uint16_t code, const uint8_t *value, uint8_t len)
{
	json_int_t number;

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (fields[i].page == page && fields[i].parameter == code &&
		    value_of(&fields[i], value, len, &number))
			json_object_set_new(health, fields[i].key, json_integer(number));
}

static void add_page(json_t *health, uint8_t page, const uint8_t *buf, uint32_t len)
{
	struct scsi_log_parameter p;

	for (uint32_t at = sizeof(struct scsi_log_page); at + sizeof(p) <= len;
	     at += (uint32_t)sizeof(p) + p.length) {
		memcpy(&p, buf + at, sizeof(p));
		if (at + sizeof(p) + p.length > len)
			return;
		add_parameter(health, page, be16toh(p.code), buf + at + sizeof(p), p.length);
	}
}

int scsi_health(int fd, json_t **ret, struct err *err)
{
	uint8_t supported[PAGE_MAX], buf[PAGE_MAX];
	const size_t head = sizeof(struct scsi_log_page);
	uint32_t n, len;
	struct err ignored;
	int r = read_page(fd, SCSI_LOG_SUPPORTED, supported, &n, err);
	json_t *health;

	if (r < 0)
		return r;
	health = json_object();
	for (size_t i = 0; i < sizeof(pages); i++)
		if (memchr(supported + head, pages[i], n - head) &&
		    read_page(fd, pages[i], buf, &len, &ignored) == 0)
			add_page(health, pages[i], buf, len);
	*ret = health;
	return 0;
}
