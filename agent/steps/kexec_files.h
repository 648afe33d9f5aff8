/* SPDX-License-Identifier: Apache-2.0 */
/* What a tenant's system is started with by kexec, in RAM: kernel and initial RAM disk, checked before anything else is done with them. */
#ifndef AGENT_STEPS_KEXEC_FILES_H
#define AGENT_STEPS_KEXEC_FILES_H

#include "agent/step.h"

struct kexec_files {
	int kernel, initrd; /* sealed, open for reading alone; initrd -EBADF: there is none */
};
#define KEXEC_FILES_NONE ((struct kexec_files){-EBADF, -EBADF})

void kexec_files_close(struct kexec_files *files);

/* Is there memory for them, where `available` bytes can be had? -ENOMEM says how much is missing. */
int kexec_files_fit(const struct manifest_kexec *kexec, uint64_t available, struct err *err) _must_check_;
/* Fetches them from beside the manifest. -EBADMSG: not what the manifest names. */
int kexec_files_fetch(struct job *job, const struct manifest_kexec *kexec, struct kexec_files *ret,
		      struct err *err) _must_check_;

#endif
