/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel and initramfs that an image may be started with by kexec: checked, then copied beside the payload. */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "core/io.h"
#include "images/kernel.h"
#include "images/manifest_kexec.h"
#include "images/pack_source.h"

#define PIECE (1u << 20) /* bytes copied at once */

static int open_file(const char *path, uint64_t max, int *ret_fd, uint64_t *ret_size, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a FIFO must not block */
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: not a file", path);
	if (st.st_size < 1 || (uint64_t)st.st_size > max)
		return err_set(err, EINVAL, "%s: %jd bytes; it must have 1 to %" PRIu64, path,
			       (intmax_t)st.st_size, max);
	*ret_fd = TAKE_FD(fd);
	*ret_size = (uint64_t)st.st_size;
	return 0;
}

static int open_kernel(const struct pack_options *o, int *ret_fd, uint64_t *ret_size, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	uint8_t head[KERNEL_HEAD];
	uint64_t size = 0;
	size_t len;
	int r = open_file(o->kexec_kernel, MANIFEST_KERNEL_MAX, &fd, &size, err);

	if (r < 0)
		return r;
	len = size < sizeof(head) ? (size_t)size : sizeof(head);
	if (pread_full(fd, head, len, 0, err) < 0 ||
	    kernel_check(head, len, o->architecture, o->kexec_cmdline, err) < 0)
		return err_prepend(err, "%s", o->kexec_kernel);
	*ret_fd = TAKE_FD(fd);
	*ret_size = size;
	return 0;
}

int pack_kexec_check(const struct pack_options *o, struct err *err)
{
	_cleanup_close_ int kernel = -EBADF, initrd = -EBADF;
	uint64_t size;
	int r;

	if (!o->kexec_kernel)
		return o->kexec_initrd || o->kexec_cmdline
			       ? err_set(err, EINVAL,
					 "--kexec-initrd and --kexec-cmdline belong to --kexec-kernel")
			       : 0;
	if (!o->kexec_cmdline)
		return err_set(err, EINVAL,
			       "--kexec-kernel needs --kexec-cmdline: at least where its root is");
	if (!image_cmdline_valid(o->kexec_cmdline))
		return err_set(err, EINVAL, "--kexec-cmdline is 1 to %d printable ASCII characters",
			       MANIFEST_CMDLINE_MAX);
	if ((r = open_kernel(o, &kernel, &size, err)) < 0)
		return r;
	return o->kexec_initrd ? open_file(o->kexec_initrd, MANIFEST_INITRD_MAX, &initrd, &size, err) : 0;
}

/* What is hashed is what has been written, whoever may change the source meanwhile. */
static int copy(int from, int to, uint64_t size, uint8_t digest[SHA256_SIZE], struct err *err)
{
	_cleanup_(sha256_stream_freep) struct sha256_stream *hash = sha256_stream_new();
	_cleanup_free_ uint8_t *buf = xcalloc(1, PIECE);

	for (uint64_t at = 0; at < size;) {
		size_t n = size - at < PIECE ? (size_t)(size - at) : PIECE;
		int r;

		if ((r = pread_full(from, buf, n, at, err)) < 0 || (r = write_full(to, buf, n, err)) < 0)
			return r;
		sha256_stream_add(hash, buf, n);
		at += n;
	}
	sha256_stream_end(hash, digest);
	return fsync(to) < 0 ? err_sys(err, errno, "flush") : 0;
}

static int put(const struct outdir *out, const char *path, int from, const char *name,
	       struct manifest_file *file, struct err *err)
{
	_cleanup_close_ int to = -EBADF;
	int r = outdir_create(out, name, &to, err);

	if (r < 0)
		return r;
	if (copy(from, to, file->size, file->sha256, err) < 0)
		return err_prepend(err, "%s as %s/%s", path, outdir_path(out), name);
	file->file = xstrdup(name);
	return 0;
}

int pack_kexec_copy(const struct pack_options *o, const struct outdir *out, struct manifest_kexec **ret,
		    struct err *err)
{
	_cleanup_(manifest_kexec_freep) struct manifest_kexec *k = NULL;
	_cleanup_close_ int kernel = -EBADF, initrd = -EBADF;
	int r;

	if (!o->kexec_kernel)
		return 0;
	k = xcalloc(1, sizeof(*k));
	k->cmdline = xstrdup(o->kexec_cmdline);
	if ((r = open_kernel(o, &kernel, &k->kernel.size, err)) < 0 ||
	    (r = put(out, o->kexec_kernel, kernel, OUTDIR_KERNEL, &k->kernel, err)) < 0)
		return r;
	if (o->kexec_initrd &&
	    ((r = open_file(o->kexec_initrd, MANIFEST_INITRD_MAX, &initrd, &k->initrd.size, err)) < 0 ||
	     (r = put(out, o->kexec_initrd, initrd, OUTDIR_INITRD, &k->initrd, err)) < 0))
		return r;
	*ret = TAKE_PTR(k);
	return 0;
}
