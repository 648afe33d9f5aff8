/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a SCSI drive is and what it offers. Only INQUIRY must be answered: a RAID controller or a USB bridge knows little of the rest, and what it
 * does not tell, or tells in a form that cannot be, is not offered.
 */
#include "agent/hw/scsi/scsi.h"

#include <endian.h>
#include <string.h>

#include "agent/hw/scsi/private.h"
#include "agent/hw/scsi/spec.h"
#include "agent/hw/sysfs.h"

#define BLOCK_SIZE_MAX (1u << 20) /* bytes; larger ones do not exist */

int scsi_ask(int fd, const uint8_t *cdb, unsigned cdb_len, void *buf, uint32_t size, uint32_t *ret_len,
	     const char *what, struct err *err)
{
	struct sg_command cmd = {.cdb_len = cdb_len,
				 .direction = SG_FROM_DEVICE,
				 .data = buf,
				 .len = size,
				 .timeout_s = SCSI_ASK_TIMEOUT_S};
	int r;

	memcpy(cmd.cdb, cdb, cdb_len);
	memset(buf, 0, size);
	r = sg_run_attended(fd, &cmd, what, err);
	if (r < 0)
		return r;
	*ret_len = cmd.received;
	return 0;
}

static int read_inquiry(int fd, struct scsi_caps *caps, struct err *err)
{
	static const uint8_t cdb[6] = {SCSI_INQUIRY, [4] = 96};
	uint8_t buf[96];
	const struct scsi_inquiry *q = (const void *)buf;
	uint32_t len;
	int r = scsi_ask(fd, cdb, sizeof(cdb), buf, sizeof(buf), &len, "SCSI INQUIRY", err);

	if (r < 0)
		return r;
	if (len < sizeof(*q))
		return err_set(err, EBADMSG, "SCSI INQUIRY: the device answered %u bytes", len);
	if (q->peripheral >> 5)
		return err_set(err, ENODEV, "SCSI INQUIRY: there is no logical unit (qualifier %u)",
			       q->peripheral >> 5);
	caps->device_type = q->peripheral & SCSI_TYPE_MASK;
	text_clean(caps->vendor, sizeof(caps->vendor), q->vendor, sizeof(q->vendor));
	text_clean(caps->product, sizeof(caps->product), q->product, sizeof(q->product));
	text_clean(caps->revision, sizeof(caps->revision), q->revision, sizeof(q->revision));
	return 0;
}

/* The bytes of the page that are there, its head included; 0: there is no such page. */
static uint32_t read_vpd(int fd, uint8_t page, uint8_t *buf, uint8_t size)
{
	const uint8_t cdb[6] = {SCSI_INQUIRY, SCSI_INQUIRY_EVPD, page, 0, size};
	struct scsi_vpd head;
	struct err ignored;
	uint32_t len, told;

	if (scsi_ask(fd, cdb, sizeof(cdb), buf, size, &len, "SCSI INQUIRY", &ignored) < 0 ||
	    len < sizeof(head))
		return 0;
	memcpy(&head, buf, sizeof(head));
	if (head.page != page)
		return 0;
	told = (uint32_t)sizeof(head) + be16toh(head.length);
	return told < len ? told : len;
}

/* A bridge that ignores EVPD answers with its standard data: hence the list of pages first. */
static void read_rotation(int fd, struct scsi_caps *caps)
{
	uint8_t buf[252];
	const struct scsi_characteristics *c = (const void *)buf;
	uint32_t len = read_vpd(fd, SCSI_VPD_SUPPORTED_PAGES, buf, sizeof(buf));
	uint16_t rotation;

	if (len <= sizeof(struct scsi_vpd) ||
	    !memchr(buf + sizeof(struct scsi_vpd), SCSI_VPD_CHARACTERISTICS, len - sizeof(struct scsi_vpd)))
		return;
	if (read_vpd(fd, SCSI_VPD_CHARACTERISTICS, buf, sizeof(*c)) <
	    offsetof(struct scsi_characteristics, bytes_6))
		return;
	rotation = be16toh(c->rotation);
	if (rotation == SCSI_ROTATION_NONE ||
	    (rotation >= SCSI_ROTATION_MIN && rotation <= SCSI_ROTATION_MAX))
		caps->rotation = rotation;
}

static void read_capacity(int fd, struct scsi_caps *caps)
{
	static const uint8_t cdb[16] = {SCSI_SERVICE_IN_16,
					SCSI_SA_READ_CAPACITY_16, [13] = sizeof(struct scsi_capacity)};
	struct scsi_capacity c;
	struct err ignored;
	uint32_t len, size;
	uint64_t last;

	if (scsi_ask(fd, cdb, sizeof(cdb), &c, sizeof(c), &len, "SCSI READ CAPACITY", &ignored) < 0 ||
	    len < offsetof(struct scsi_capacity, bytes_13))
		return;
	last = be64toh(c.last_lba);
	size = be32toh(c.block_size);
	/* The size in bytes must fit a file's offset, and protection types end at 3. */
	if (!size || size > BLOCK_SIZE_MAX || last >= (uint64_t)INT64_MAX / size ||
	    (c.protection >> 1 & 7) > 2)
		return;
	caps->blocks = last + 1;
	caps->block_size = size;
	caps->protection = c.protection & 1 ? (uint8_t)((c.protection >> 1 & 7) + 1) : 0;
}

static void read_write_protect(int fd, struct scsi_caps *caps)
{
	static const uint8_t ten[10] = {SCSI_MODE_SENSE_10, SCSI_MODE_DBD, SCSI_MODE_PAGE_CONTROL, [8] = 64};
	static const uint8_t six[6] = {SCSI_MODE_SENSE_6, 0, SCSI_MODE_PAGE_ALL, 0, 192};
	uint8_t buf[192];
	struct err ignored;
	uint32_t len;

	/* Headers of 8 and of 4 bytes (SPC-5, mode parameter headers); the device specific parameter stands in bytes 3 and 2. */
	if (scsi_ask(fd, ten, sizeof(ten), buf, 64, &len, "SCSI MODE SENSE", &ignored) == 0 && len >= 8)
		caps->write_protected = buf[3] & SCSI_MODE_WP;
	else if (scsi_ask(fd, six, sizeof(six), buf, sizeof(buf), &len, "SCSI MODE SENSE", &ignored) == 0 &&
		 len >= 4)
		caps->write_protected = buf[2] & SCSI_MODE_WP;
}

static bool has_sanitize(int fd, enum scsi_sanitize action)
{
	const uint8_t cdb[12] = {SCSI_MAINTENANCE_IN,
				 SCSI_SA_REPORT_SUPPORTED_OP_CODES,
				 SCSI_REPORT_WITH_SERVICE_ACTION,
				 SCSI_SANITIZE,
				 0,
				 (uint8_t)action,
				 [9] = sizeof(struct scsi_one_command)};
	struct scsi_one_command answer;
	struct err ignored;
	uint32_t len;

	if (scsi_ask(fd, cdb, sizeof(cdb), &answer, sizeof(answer), &len,
		     "SCSI REPORT SUPPORTED OPERATION CODES", &ignored) < 0 ||
	    len < offsetof(struct scsi_one_command, usage) + SCSI_SANITIZE_CDB_LEN)
		return false;
	/* The usage data repeat what was asked for: an answer to something else is none. */
	return (answer.support & SCSI_SUPPORT_MASK) == SCSI_SUPPORT_AS_STANDARD &&
	       be16toh(answer.cdb_size) == SCSI_SANITIZE_CDB_LEN && answer.usage[0] == SCSI_SANITIZE &&
	       (answer.usage[1] & 0x1f) == action;
}

int scsi_identify(int fd, struct scsi_caps *ret, struct err *err)
{
	struct scsi_caps caps = {.device_type = 0};
	int r = read_inquiry(fd, &caps, err);

	if (r < 0)
		return r;
	if (caps.device_type == SCSI_TYPE_DISK || caps.device_type == SCSI_TYPE_ZONED) {
		read_rotation(fd, &caps);
		read_capacity(fd, &caps);
		read_write_protect(fd, &caps);
		caps.sanitize_overwrite = has_sanitize(fd, SCSI_SANITIZE_OVERWRITE);
		caps.sanitize_block = has_sanitize(fd, SCSI_SANITIZE_BLOCK);
		caps.sanitize_crypto = has_sanitize(fd, SCSI_SANITIZE_CRYPTO);
	}
	*ret = caps;
	return 0;
}
