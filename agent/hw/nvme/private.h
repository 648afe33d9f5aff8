/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of agent/hw/nvme/nvme.h share: how a command is issued. Private to agent/hw. */
#ifndef AGENT_HW_NVME_PRIVATE_H
#define AGENT_HW_NVME_PRIVATE_H

#include <linux/nvme_ioctl.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* Issues it; every status other than success is an error that begins with `what`. The completion's dword 0 is in cmd->result. */
int nvme_command(int fd, struct nvme_admin_cmd *cmd, const char *what, struct err *err) _must_check_;

/* Identify (5.17) with cns 00h to ffh; page has NVME_IDENTIFY_SIZE bytes, and zeros where the drive wrote nothing. */
int nvme_identify_page(int fd, uint8_t cns, uint32_t nsid, void *page, struct err *err) _must_check_;

/* Get Log Page (5.16) of what concerns the whole controller; size is a multiple of 4. */
int nvme_log_page(int fd, uint8_t lid, void *page, size_t size, struct err *err) _must_check_;

#endif
