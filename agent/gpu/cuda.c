/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gpu/cuda_private.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <string.h>

#include "core/io.h"

#define JIT "libnvidia-ptxjitcompiler.so.1" /* which libcuda opens by this name */

/* Of those that a person can do something about. */
static const struct advice {
	int code, errno_code;
	const char *text;
} advices[] = {
	{CUDA_ERROR_OUT_OF_MEMORY, ENOMEM, "is something else running on the GPU?"},
	{CUDA_ERROR_DEVICE_UNAVAILABLE, EBUSY,
	 "a process has it to itself, or its compute mode is prohibited (nvidia-smi -q -d COMPUTE)"},
	{CUDA_ERROR_NO_DEVICE, ENODEV,
	 "no GPU that CUDA can use; one in MIG mode without an instance is not seen either"},
	{CUDA_ERROR_INVALID_DEVICE, ENODEV,
	 "CUDA does not see that GPU; is MIG mode on, or CUDA_VISIBLE_DEVICES set?"},
	{CUDA_ERROR_JIT_COMPILER_NOT_FOUND, ENOENT, "install the driver's " JIT},
	{CUDA_ERROR_UNSUPPORTED_PTX_VERSION, ENOTSUP, "the driver is too old"},
	{CUDA_ERROR_SYSTEM_NOT_READY, EAGAIN, "a machine with NVSwitch needs its fabric manager running"},
	{CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, ENOEXEC,
	 "the library and the kernel module are of different versions: take both from one driver"},
};

static const struct advice *advice_find(int code)
{
	for (unsigned i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (advices[i].code == code)
			return &advices[i];
	return NULL;
}

void cuda_error_name(const struct cuda *cuda, int code, char text[64])
{
	const char *name = NULL;

	if (cuda->get_error_name(code, &name) == CUDA_SUCCESS && name)
		snprintf(text, 64, "%s", name);
	else
		snprintf(text, 64, "CUDA error %d", code);
}

int cuda_err(const struct cuda *cuda, struct err *err, int code, const char *fmt, ...)
{
	const struct advice *advice = advice_find(code);
	const char *words = NULL;
	char what[256], name[64];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	cuda_error_name(cuda, code, name);
	if (cuda->get_error_string(code, &words) != CUDA_SUCCESS || !words)
		words = "no more is known";
	return err_set(err, advice ? advice->errno_code : EIO, "%s: %s (%s)%s%s", what, name, words,
		       advice ? ": " : "", advice ? advice->text : "");
}

/* Leaves *ret as it is where the file is not there. */
static int open_file(const char *folder, const char *name, void **ret, struct err *err)
{
	_cleanup_free_ char *path = path_join(folder, name);

	if (access(path, F_OK) < 0)
		return 0;
	*ret = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	return *ret ? 0 : err_set(err, ENOEXEC, "%s cannot be opened: %s", path, dlerror());
}

/*
 * From one of the host's own folders. The compiler of PTX beside it is opened as well: libcuda asks for that by its bare name, which the loader
 * then finds among what is open already.
 */
static int open_in(const char *folder, void **ret, struct err *err)
{
	void *compiler = NULL;
	int r = open_file(folder, JIT, &compiler, err);

	return r < 0 ? r : open_file(folder, CUDA_LIBRARY, ret, err);
}

static int open_library(const struct gpu_host *host, void **ret, struct err *err)
{
	const char *const *folder = host->libraries;
	int r = 0;

	for (; r == 0 && !*ret && folder && *folder; folder++)
		r = open_in(*folder, ret, err);
	if (r < 0 || *ret)
		return r;
	*ret = dlopen(CUDA_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	return *ret ? 0
		    : err_set(err, ENOENT,
			      "no CUDA driver on this machine: %s; it comes with NVIDIA's driver", dlerror());
}

int cuda_open(const struct gpu_host *host, struct cuda *ret, struct err *err)
{
	struct cuda cuda = {};
	void *library = NULL;
	int r;

	/* What the driver compiles for the GPU is not left in a home folder. */
	if (setenv("CUDA_CACHE_DISABLE", "1", 1) < 0)
		return err_sys(err, errno, "CUDA_CACHE_DISABLE");
	r = open_library(host, &library, err);
	if (r == 0)
		r = cuda_symbols(library, &cuda, err);
	if (r)
		return r;
	r = cuda.init(0);
	if (r != CUDA_SUCCESS)
		return cuda_err(&cuda, err, r, "CUDA does not start");
	*ret = cuda;
	return 0;
}
