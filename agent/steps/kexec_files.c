/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/kexec_files.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>

#include "core/io.h"

/*
 * How often a file lies in memory at once at the most: here, in the buffer that the kernel reads it into, and in the pages from which it will be started.
 * While it is fetched there are its memfd and a buffer that may have to be copied to grow.
 */
#define COPIES  3
#define RESERVE (64ull << 20) /* bytes for everybody else meanwhile */

void kexec_files_close(struct kexec_files *files)
{
	close_fdp(&files->kernel);
	close_fdp(&files->initrd);
	*files = KEXEC_FILES_NONE;
}

int kexec_files_fit(const struct manifest_kexec *kexec, uint64_t available, struct err *err)
{
	uint64_t all = kexec->kernel.size + (kexec->initrd.file ? kexec->initrd.size : 0);
	uint64_t needed = COPIES * all + RESERVE;

	if (needed <= available)
		return 0;
	return err_set(err, ENOMEM,
		       "loading kernel and initial RAM disk, %" PRIu64 " MiB, takes %" PRIu64
		       " MiB of memory, and this machine has %" PRIu64
		       " MiB left: use a smaller initial RAM disk, or hand over by a reset",
		       all >> 20, needed >> 20, available >> 20);
}

/* The kernel reads no file that somebody has open for writing (kernel_read_file(): ETXTBSY), the memfd's own descriptor included. */
static int reopen(int fd, int *ret, struct err *err)
{
	_cleanup_free_ char *path = str_printf("/proc/self/fd/%d", fd);
	int again = open(path, O_RDONLY | O_CLOEXEC);

	if (again < 0)
		return err_sys(err, errno, "%s", path);
	*ret = again;
	return 0;
}

static int put(const void *bytes, size_t len, int *ret, struct err *err)
{
	_cleanup_close_ int fd = memfd_create("remint-kexec", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return err_sys(err, errno, "a memfd");
	r = write_full(fd, bytes, len, err);
	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		return err_sys(err, errno, "sealing a memfd");
	return reopen(fd, ret, err);
}

static int fetch(struct job *job, const struct manifest_file *file, int *ret, struct err *err)
{
	_cleanup_free_ char *url = order_url_beside(job->order->manifest_url, file->file);
	_cleanup_free_ void *bytes = NULL;
	size_t len = 0;
	int r = job->ops->fetch(job, url, file->size, &bytes, &len, err);

	if (r < 0)
		return err_prepend(err, "%s of %s", file->file, job->facts.manifest->name);
	r = manifest_file_check(file, bytes, len, err);
	if (r == 0)
		r = put(bytes, len, ret, err);
	return r < 0 ? err_prepend(err, "image %s", job->facts.manifest->name) : 0;
}

int kexec_files_fetch(struct job *job, const struct manifest_kexec *kexec, struct kexec_files *ret,
		      struct err *err)
{
	uint64_t all = kexec->kernel.size + (kexec->initrd.file ? kexec->initrd.size : 0);
	struct kexec_files files = KEXEC_FILES_NONE;
	int r = fetch(job, &kexec->kernel, &files.kernel, err);

	if (r == 0 && kexec->initrd.file) {
		job->ops->progress(job, kexec->kernel.size, all);
		r = fetch(job, &kexec->initrd, &files.initrd, err);
	}
	if (r < 0) {
		kexec_files_close(&files);
		return r;
	}
	job->ops->progress(job, all, all);
	*ret = files;
	return 0;
}
