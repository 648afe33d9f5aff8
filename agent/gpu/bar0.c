/* SPDX-License-Identifier: Apache-2.0 */
/* The back end for NVIDIA GPUs that no driver of NVIDIA's has. docs/gpu-registers.md */
#include <string.h>

#include "agent/gpu/bar0.h"
#include "agent/gpu/gpu.h"
#include "core/io.h"
#include "core/json.h"

/* nouveau neither resets nor scrubs for us; it is told to let go, and has the GPU again afterwards. vfio-pci: an earlier run of ours left it, or nobody uses it. */
static bool bar0_drives(const struct gpu_host *host, const struct gpu *gpu)
{
	(void)host;
	return gpu->vendor == GPU_VENDOR_NVIDIA &&
	       (!*gpu->driver || !strcmp(gpu->driver, "vfio-pci") || !strcmp(gpu->driver, "nouveau"));
}

static void add_fault(json_t *look, const char *what, const char *text)
{
	json_array_append_new(json_object_get(look, "faults"),
			      json_pack("{s:s, s:s}", "what", what, "text", text));
}

static void add_unknown(json_t *look, const char *text)
{
	json_array_append_new(json_object_get(look, "unknown"), json_string(text));
}

static void set_text(json_t *look, const char *part, const char *key, const char *text)
{
	json_object_set_new(json_object_get(look, part), key, json_string(text));
}

/*
 * Anything but "off" is a fault: no order asks for it, it outlasts every reset, and a driver outside of a confidential machine does not start on such a GPU, so that the
 * tenant would be handed one that does not work. "devtools" opens what it pretends to protect.
 */
static bool look_confidential(const struct bar0_gpu *gpu, json_t *look)
{
	const char *mode = NULL;
	char text[256];
	struct err err;

	if (bar0_confidential(gpu, &mode, &err) < 0) {
		add_unknown(look, err.text);
		return false;
	}
	if (!mode)
		return true;
	set_text(look, "settings", "confidential_computing", mode);
	if (!strcmp(mode, "off"))
		return true;
	snprintf(text, sizeof(text),
		 "confidential computing is \"%s\", which no order asks for: switch it off by NVIDIA's "
		 "gpu-admin-tools, "
		 "and reset the GPU",
		 mode);
	add_fault(look, "confidential_computing", text);
	return false;
}

static void look_ecc(const struct bar0_gpu *gpu, json_t *look)
{
	struct err err;
	bool on;

	if (bar0_ecc(gpu, &on, &err) < 0)
		add_unknown(look, err.text);
	else
		set_text(look, "settings", "ecc", on ? "on" : "off");
}

/* -ENODEV alone is an error: of what has fallen off the bus nothing can be said. */
static int look_booted(const struct bar0_gpu *gpu, json_t *look, struct err *err)
{
	bool open;
	int r = bar0_wait_boot(gpu, err);

	if (r == -ENODEV)
		return r;
	if (r < 0) {
		add_fault(look, "boot", err->text);
		return 0;
	}
	set_text(look, "health", "boot", "completed");
	open = look_confidential(gpu, look);
	r = bar0_wait_scrub(gpu, err);
	if (r == -ENODEV)
		return r;
	if (r < 0) {
		add_fault(look, "memory_scrub", err->text);
		return 0;
	}
	set_text(look, "health", "memory_scrub", "completed");
	if (open)
		look_ecc(gpu, look);
	else
		add_unknown(look, "ECC: confidential computing keeps the register shut");
	return 0;
}

static int look_open(const struct bar0_gpu *gpu, json_t *look, struct err *err)
{
	char text[128];

	snprintf(text, sizeof(text), "0x%08x", gpu->boot0);
	set_text(look, "health", "boot0", text);
	if (gpu->arch) {
		set_text(look, "health", "architecture", gpu->arch->name);
		return look_booted(gpu, look, err);
	}
	snprintf(text, sizeof(text),
		 "its architecture is unknown (identification 0x%08x): none of its registers can be read",
		 gpu->boot0);
	add_unknown(look, text);
	return 0;
}

static json_t *empty_look(void)
{
	return json_pack("{s:{}, s:{}, s:[], s:[]}", "settings", "health", "faults", "unknown");
}

static int bar0_look(const struct gpu_host *host, const struct gpu *gpu, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *look = empty_look();
	struct bar0_gpu open;
	struct err second;
	int r = bar0_open(host->root, gpu->pci, &open, err);

	if (r == -ENOTSUP) {
		/* This machine's limit, not the GPU's fault. */
		add_unknown(look, err->text);
		*ret = TAKE_PTR(look);
		return 0;
	}
	if (r < 0)
		return r;
	r = look_open(&open, look, err);
	if (r < 0)
		err_prepend(err, "%s", gpu->pci);
	if (bar0_close(&open, r ? &second : err) < 0 && !r)
		r = -err->code;
	if (r < 0)
		return r;
	*ret = TAKE_PTR(look);
	return 0;
}

/* It was reset, and that is all that is known: no word of the kind is said where nothing was read back. */
static int not_read(const struct pci_reset *done, struct err *err)
{
	err_prepend(err,
		    "reset by the kernel (%s), but whether it has booted and its memory is scrubbed could "
		    "not be read back",
		    done->method);
	return -err->code;
}

static int read_back(const struct bar0_gpu *gpu, struct err *err)
{
	int r;

	if (!gpu->arch)
		return err_set(err, ENOTSUP, "its architecture is unknown (identification 0x%08x)",
			       gpu->boot0);
	r = bar0_wait_boot(gpu, err);
	return r ? r : bar0_wait_scrub(gpu, err);
}

static int bar0_reset(const struct gpu_host *host, const struct gpu *gpu, json_t **ret, struct err *err)
{
	struct bar0_gpu open;
	struct pci_reset done;
	struct err second;
	uint64_t begun = bar0_access()->now_ns();
	int r = bar0_access()->reset(host->root, gpu->pci, &done, err);

	if (r < 0)
		return r;
	r = bar0_open(host->root, gpu->pci, &open, err);
	if (r < 0)
		return not_read(&done, err);
	r = read_back(&open, err);
	if (r < 0)
		err_prepend(err, "%s", gpu->pci);
	if (bar0_close(&open, r ? &second : err) < 0 && !r)
		return -err->code;
	if (r < 0)
		return not_read(&done, err);
	*ret = json_pack("{s:s, s:f, s:s, s:s}", "method", done.method, "seconds",
			 (double)(bar0_access()->now_ns() - begun) / 1e9, "boot", "completed", "memory_scrub",
			 "completed");
	return 0;
}

const struct gpu_backend gpu_bar0 = {
	.name = "bar0",
	.drives = bar0_drives,
	.look = bar0_look,
	.reset = bar0_reset,
};
