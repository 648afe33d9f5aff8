/* SPDX-License-Identifier: Apache-2.0 */
/* What sysfs says about one drive. Each bus keeps its identity elsewhere; one function for each. */
#include <ctype.h>
#include <string.h>

#include "agent/hw/block/private.h"
#include "agent/hw/sysfs.h"

#define SECTOR 512 /* unit of sysfs's `size`, whatever the drive's own sectors are */

#define ATTRIBUTE_FMT           "%s/sys/class/block/%s/%s"
#define ATTRIBUTE(root, dev, a) ATTRIBUTE_FMT, root, dev, a

bool block_is_drive(const char *root, const char *dev)
{
	/* Made by software, or optical: they hold no data of their own that could be erased. */
	static const char *const others[] = {"loop", "ram", "zram", "dm-", "md", "sr", "fd", "mtdblock"};
	uint64_t size = sysfs_number(0, ATTRIBUTE(root, dev, "size"));

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (!strncmp(dev, others[i], strlen(others[i])))
			return false;
	if (sysfs_exists(ATTRIBUTE(root, dev, "partition")) ||
	    sysfs_number(0, ATTRIBUTE(root, dev, "hidden")))
		return false;
	/* An empty card reader and an idle nbd have no medium. A fixed drive of size 0 is a broken one
	 * and is listed. */
	return size || !(sysfs_number(0, ATTRIBUTE(root, dev, "removable")) || !strncmp(dev, "nbd", 3));
}

/* A serial of zeros alone, or of one repeated filler, names nothing. */
static void drop_filler(char *serial)
{
	if (*serial && serial[strspn(serial, "0 .-?")] == '\0')
		*serial = '\0';
}

static void read_nvme(const char *root, const char *dev, struct block_found *found)
{
	struct block *b = &found->block;
	char transport[16];

	b->transport = BLOCK_NVME;
	/* `device` is the controller, or the subsystem when the kernel joins several paths to one
	 * namespace. */
	sysfs_text(b->model, sizeof(b->model), ATTRIBUTE(root, dev, "device/model"));
	sysfs_text(b->serial, sizeof(b->serial), ATTRIBUTE(root, dev, "device/serial"));
	sysfs_text(b->firmware, sizeof(b->firmware), ATTRIBUTE(root, dev, "device/firmware_rev"));
	sysfs_text(b->subsystem, sizeof(b->subsystem), ATTRIBUTE(root, dev, "device/subsysnqn"));
	if (!sysfs_text(transport, sizeof(transport), ATTRIBUTE(root, dev, "device/transport"))) {
		char folder[SYSFS_PATH_MAX], **names = NULL;
		unsigned n = 0;
		struct err ignored;

		snprintf(folder, sizeof(folder), ATTRIBUTE(root, dev, "device"));
		if (sysfs_names(folder, &names, &n, &ignored) < 0)
			n = 0;
		for (unsigned i = 0; i < n && !*transport; i++)
			if (!strncmp(names[i], "nvme", 4) && isdigit((unsigned char)names[i][4]))
				sysfs_text(transport, sizeof(transport), "%s/%s/transport", folder, names[i]);
		sysfs_names_free(names, n);
	}
	/* A controller that does not say how it is attached is treated as not ours. */
	b->fabrics = strcmp(transport, "pcie") != 0;
	b->nsid = (uint32_t)sysfs_number(0, ATTRIBUTE(root, dev, "nsid"));
	/* The kernel's own "nvme.<vendor>-<serial>-<model>-<nsid>" is made up from the serial and is
	 * left out. */
	if (!sysfs_text(b->wwn, sizeof(b->wwn), ATTRIBUTE(root, dev, "wwid")) || !strncmp(b->wwn, "nvme.", 5))
		b->wwn[0] = '\0';
}

/* ATA strings: two characters a word, the first in the high byte (ACS-4, 3.4.9). */
static void ata_text(char *to, size_t size, const uint8_t *identify, unsigned word, unsigned words)
{
	char raw[64];

	for (unsigned i = 0; i < words; i++) {
		raw[2 * i] = (char)identify[2 * (word + i) + 1];
		raw[2 * i + 1] = (char)identify[2 * (word + i)];
	}
	text_clean(to, size, raw, 2 * words);
}

/* VPD page 89h carries IDENTIFY DEVICE from byte 60 (SAT-4, 12.4.3): untruncated, where INQUIRY has 16
 * and 4 bytes. */
static void read_ata_identify(const char *root, const char *dev, struct block *b)
{
	uint8_t page[60 + 512];

	if (sysfs_bytes(page, sizeof(page), ATTRIBUTE(root, dev, "device/vpd_pg89")) != sizeof(page) ||
	    page[1] != 0x89)
		return;
	ata_text(b->serial, sizeof(b->serial), page + 60, 10, 10);
	ata_text(b->firmware, sizeof(b->firmware), page + 60, 23, 4);
	ata_text(b->model, sizeof(b->model), page + 60, 27, 20);
}

static void read_scsi(const char *root, const char *dev, const char *path, struct block_found *found)
{
	struct block *b = &found->block;
	char vendor[16] = "", model[40];
	uint8_t page[4 + 255];
	size_t n, len;

	sysfs_text(vendor, sizeof(vendor), ATTRIBUTE(root, dev, "device/vendor"));
	sysfs_text(model, sizeof(model), ATTRIBUTE(root, dev, "device/model"));
	b->transport = !strcmp(vendor, "ATA") || strstr(path, "/ata_port/") ? BLOCK_ATA : BLOCK_SCSI;
	if (b->transport == BLOCK_ATA)
		snprintf(b->model, sizeof(b->model), "%s", model);
	else
		snprintf(b->model, sizeof(b->model), "%s%s%s", vendor, *vendor && *model ? " " : "", model);
	sysfs_text(b->firmware, sizeof(b->firmware), ATTRIBUTE(root, dev, "device/rev"));
	/* Unit serial number: page 80h (SPC-5, 7.7.15). */
	n = sysfs_bytes(page, sizeof(page), ATTRIBUTE(root, dev, "device/vpd_pg80"));
	len = n >= 4 && page[1] == 0x80 ? (size_t)page[2] << 8 | page[3] : 0;
	if (len && len <= n - 4)
		text_clean(b->serial, sizeof(b->serial), page + 4, len);
	if (b->transport == BLOCK_ATA)
		read_ata_identify(root, dev, b);
	/* The kernel decodes page 83h into `wwid`; its "t10." form repeats model and serial and is no
	 * world wide name. */
	if (!sysfs_text(b->wwn, sizeof(b->wwn), ATTRIBUTE(root, dev, "device/wwid")) ||
	    (strncmp(b->wwn, "naa.", 4) != 0 && strncmp(b->wwn, "eui.", 4) != 0))
		b->wwn[0] = '\0';
	b->fabrics = strstr(path, "/session") || strstr(path, "/rport-"); /* iSCSI, Fibre Channel */
}

static void read_mmc(const char *root, const char *dev, struct block *b)
{
	b->transport = BLOCK_MMC;
	sysfs_text(b->model, sizeof(b->model), ATTRIBUTE(root, dev, "device/name"));
	sysfs_text(b->serial, sizeof(b->serial), ATTRIBUTE(root, dev, "device/serial"));
	sysfs_text(b->firmware, sizeof(b->firmware), ATTRIBUTE(root, dev, "device/fwrev"));
}

/* One part of a path, "/3:0:1:0/" -> "0:1:0" without the host number, which depends on the order of
 * probing. */
static void scsi_place(const char *path, char *to, size_t size)
{
	unsigned host, channel, target, lun;

	for (const char *p = path; (p = strchr(p, '/')); p++)
		if (sscanf(p, "/%u:%u:%u:%u/", &host, &channel, &target, &lun) == 4)
			snprintf(to, size, "-scsi%u:%u:%u", channel, target, lun);
}

/* Where it is plugged in. ATA ports count from 1 in each controller. */
static void read_place(const char *root, const char *path, struct block_found *found)
{
	const char *ata = strstr(path, "/ata");
	char pci[16], rest[40] = "";
	unsigned port;

	if (!sysfs_pci_address(path, pci))
		return;
	if (found->block.transport == BLOCK_NVME) {
		snprintf(rest, sizeof(rest), "-ns%u", found->block.nsid);
	} else if (found->block.transport == BLOCK_ATA && ata && sscanf(ata, "/ata%u/", &port) == 1) {
		uint64_t in_controller = sysfs_number(port, "%s%.*s/ata%u/ata_port/ata%u/port_no", root,
						      (int)(ata - path), path, port, port);

		snprintf(rest, sizeof(rest), "-ata%u", (unsigned)in_controller);
		/* Two drives on one IDE cable differ by target. */
		if (strlen(rest) < sizeof(rest) - 24)
			scsi_place(path, rest + strlen(rest), sizeof(rest) - strlen(rest));
	} else {
		scsi_place(path, rest, sizeof(rest));
	}
	snprintf(found->place, sizeof(found->place), "%s%s", pci, rest);
}

/* Over a network whatever the name of the bus: none of them is this machine's own. */
static bool is_network_disk(const char *dev)
{
	static const char *const names[] = {"nbd", "rbd", "drbd", "etherd!", "rnbd"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strncmp(dev, names[i], strlen(names[i])))
			return true;
	return false;
}

static void read_queue(const char *root, const char *dev, struct block *b)
{
	char zoned[16];

	b->size = sysfs_number(0, ATTRIBUTE(root, dev, "size")) * SECTOR;
	b->logical_block_size = (uint32_t)sysfs_number(512, ATTRIBUTE(root, dev, "queue/logical_block_size"));
	b->physical_block_size =
		(uint32_t)sysfs_number(512, ATTRIBUTE(root, dev, "queue/physical_block_size"));
	b->rotational = sysfs_number(0, ATTRIBUTE(root, dev, "queue/rotational"));
	b->removable = sysfs_number(0, ATTRIBUTE(root, dev, "removable"));
	b->read_only = sysfs_number(0, ATTRIBUTE(root, dev, "ro"));
	b->discard_max = sysfs_number(0, ATTRIBUTE(root, dev, "queue/discard_max_bytes"));
	b->discard_granularity =
		b->discard_max ? sysfs_number(0, ATTRIBUTE(root, dev, "queue/discard_granularity")) : 0;
	b->write_zeroes_max = sysfs_number(0, ATTRIBUTE(root, dev, "queue/write_zeroes_max_bytes"));
	if (sysfs_text(zoned, sizeof(zoned), ATTRIBUTE(root, dev, "queue/zoned")))
		b->zoned = !strcmp(zoned, "host-managed") ? 2 : !strcmp(zoned, "host-aware") ? 1 : 0;
}

void block_read(const char *root, const char *dev, struct block_found *ret)
{
	struct block *b = &ret->block;
	char path[SYSFS_PATH_MAX];

	*ret = (struct block_found){.block.transport = BLOCK_OTHER};
	snprintf(b->dev, sizeof(b->dev), "%s", dev);
	snprintf(b->path, sizeof(b->path), "/dev/%s", b->dev);
	for (char *p = b->path; (p = strchr(p, '!'));)
		*p = '/'; /* sysfs writes "cciss/c0d0" so */
	sysfs_device_path(root, path, sizeof(path), "%s/sys/class/block/%s", root, dev);
	read_queue(root, dev, b);
	if (!strncmp(dev, "nvme", 4)) {
		read_nvme(root, dev, ret);
	} else if (!strncmp(dev, "sd", 2)) {
		read_scsi(root, dev, path, ret);
	} else if (!strncmp(dev, "mmcblk", 6)) {
		read_mmc(root, dev, b);
	} else if (!strncmp(dev, "pmem", 4)) {
		b->transport = BLOCK_PMEM;
	} else if (strstr(path, "/virtio")) {
		b->transport = BLOCK_VIRTIO;
		sysfs_text(b->serial, sizeof(b->serial), ATTRIBUTE(root, dev, "serial"));
		snprintf(b->model, sizeof(b->model), "virtio");
	}
	drop_filler(b->serial);
	b->fabrics |= is_network_disk(dev);
	b->virtual_media = strstr(path, "/usb") != NULL;
	read_place(root, path, ret);
}
