/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seam between commands to drives and what carries them: the kernel's ioctls, or models of drives in tests. NVMe, ATA, SCSI
 * and Opal commands pass here and nowhere else, and so does the waiting between two questions to a drive, so that a model's week is a test's
 * second. Reading and writing a drive's contents does not: a model's contents are an ordinary file.
 */
#ifndef AGENT_HW_TRANSPORT_H
#define AGENT_HW_TRANSPORT_H

#include <linux/nvme_ioctl.h>
#include <scsi/sg.h>
#include <stdint.h>

struct device_transport {
	/* NSID of the open namespace (NVME_IOCTL_ID), or a negative errno. */
	int (*nvme_nsid)(int fd);
	/* 0; above 0: NVMe status (Base Specification 2.0a, figure 92, without phase); below 0: a negative errno, and the command may not
	 * have reached the drive. The completion's dword 0 is in cmd->result. */
	int (*nvme_admin)(int fd, struct nvme_admin_cmd *cmd);
	/* SG_IO, interface id 'S'. 0: the layers' statuses are in *io; or a negative errno. ATA travels as ATA PASS-THROUGH within it. */
	int (*scsi)(int fd, struct sg_io_hdr *io);
	/* One of the kernel's IOC_OPAL_* (linux/sed-opal.h). 0; above 0: a TCG method status; or a negative errno. */
	int (*opal)(int fd, unsigned long request, void *arg);
	/* Waits. */
	void (*pause)(unsigned ms);
	/* Nanoseconds since an arbitrary moment; never falls. pause() moves it. */
	uint64_t (*now_ns)(void);
	/* Has the kernel look for namespaces that came or went (NVME_IOCTL_RESCAN), of the controller that fd is or belongs to. 0 or a
	 * negative errno. */
	int (*nvme_rescan)(int fd);
};

const struct device_transport *device_transport(void);

/* Puts another transport in place; NULL is the kernel's. Returns the one before. Not while commands are under way. */
const struct device_transport *device_transport_replace(const struct device_transport *transport);

#endif
