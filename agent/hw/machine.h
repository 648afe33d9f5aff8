/* SPDX-License-Identifier: Apache-2.0 */
/* The rest of what can be seen without touching: CPUs, memory, PCI, NICs, firmware mode, TPM, the kernel. `root` as
 * in block/block.h. */
#ifndef AGENT_HW_MACHINE_H
#define AGENT_HW_MACHINE_H

#include <jansson.h>
#include <stdbool.h>

#include "core/err.h"

int cpu_inventory(const char *root, json_t **ret, struct err *err) _must_check_;
int memory_inventory(const char *root, json_t **ret, struct err *err) _must_check_; /* bytes */
int pci_inventory(const char *root, json_t **ret, struct err *err) _must_check_;
int netif_inventory(const char *root, json_t **ret,
		    struct err *err) _must_check_; /* MACs, driver, link, speed (Mbit/s) */
int infiniband_inventory(const char *root, json_t **ret,
			 struct err *err) _must_check_; /* RDMA ports; none is no error */
int kernel_inventory(const char *root, json_t **ret,
		     struct err *err) _must_check_; /* release, lockdown, module signatures */
/*
 * Closes the running kernel for good, as lockdown=integrity and module.sig_enforce=1 on its command line do: a boot script need not say so.
 * A kernel that cannot is logged.
 */
void kernel_close(const char *root);
int tpm_inventory(const char *root, json_t **ret, struct err *err) _must_check_;
bool firmware_is_uefi(const char *root);

#endif
