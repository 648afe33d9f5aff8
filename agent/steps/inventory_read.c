/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/inventory.h"

#include <string.h>

#include "agent/hw/machine.h"
#include "agent/hw/net/nic.h"
#include "agent/hw/smbios/smbios.h"
#include "agent/wipe/caps.h"
#include "core/io.h"
#include "core/json.h"
#include "core/log.h"
#include "core/secret.h"
#include "efi/secureboot.h"
#include "protocol/cmdline.h"

static json_t *error_object(const struct err *err)
{
	log_warn("inventory: %s", err->text);
	return json_pack("{s:s}", "error", err->text);
}

/* What is on it, and what it can do: from the latter a plan of its erasure can be made without the machine. */
static int probe(const struct block *disk, json_t *json, struct err *err)
{
	_cleanup_close_ int fd = -EBADF;
	struct wipe_caps caps;
	json_t *found;

	if (block_open(disk, false, &fd, err) < 0)
		return -err->code;
	if (!disk->fabrics) { /* a drive that is not ours gets no commands */
		wipe_caps_read(fd, disk, &caps);
		json_object_set_new(json, "capabilities", wipe_caps_to_json(&caps));
	}
	if (block_signatures(fd, &found, err) < 0)
		return -err->code;
	json_object_set_new(json, "signatures", found);
	return 0;
}

static json_t *describe(const struct block *disk)
{
	json_t *json = block_to_json(disk);
	struct err err;

	if (probe(disk, json, &err) < 0) {
		log_warn("inventory: %s", err.text);
		json_object_set_new(json, "error", json_string(err.text));
	}
	return json;
}

static int list_disks(struct block **ret, unsigned *ret_n, json_t *to, struct err *err)
{
	json_t *disks;
	int r = block_list("", ret, ret_n, err);

	if (r < 0)
		return r;
	disks = json_array();
	for (unsigned i = 0; i < *ret_n; i++) {
		const struct block *d = &(*ret)[i];

		log_info("disk %s: %s %s, %llu bytes", d->name, block_transport_name(d->transport), d->model,
			 (unsigned long long)d->size);
		json_array_append_new(disks, describe(d));
	}
	json_object_set_new(to, "disks", disks);
	return 0;
}

/* With the words that this boot was started with: whoever gave them could have weakened it. */
static int read_kernel(const char *root, json_t **ret, struct err *err)
{
	_cleanup_free_ char *path = str_printf("%s/proc/cmdline", root), *shown = NULL;
	char *text = NULL;
	int r = file_read(path, CMDLINE_MAX, &text, NULL, err);

	if (r == 0)
		r = kernel_inventory(root, ret, err);
	if (r == 0) {
		shown = cmdline_shown(text);
		json_object_set_new(*ret, "command_line", json_string(shown));
	}
	wiping_free(text);
	return r;
}

/* The parts of the document that are one call each, in the order of docs/inventory.md. */
static const struct part {
	const char *key;
	int (*read)(const char *root, json_t **ret, struct err *err);
} parts[] = {
	{"smbios", smbios_read}, {"cpus", cpu_inventory}, {"memory", memory_inventory},
	{"pci", pci_inventory},  {"nics", nic_inventory}, {"infiniband", infiniband_inventory},
	{"tpm", tpm_inventory},  {"kernel", read_kernel},
};

/* Null on a machine that booted by BIOS. */
static json_t *secure_boot_part(void)
{
	_cleanup_(secureboot_freep) struct secureboot *sb = NULL;
	struct err err = {0};

	if (!IS_ENABLED(CONFIG_STEP_EFI) || !firmware_is_uefi(""))
		return json_null();
	return secureboot_read(&sb, &err) < 0 ? error_object(&err) : secureboot_to_json(sb);
}

int inventory_read(struct block **ret_disks, unsigned *ret_n, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *json =
		json_pack("{s:i, s:s}", "inventory", 1, "firmware", firmware_is_uefi("") ? "uefi" : "bios");
	int r;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		json_t *part;
		struct err why;

		json_object_set_new(json, parts[i].key,
				    parts[i].read("", &part, &why) < 0 ? error_object(&why) : part);
	}
	json_object_set_new(json, "secure_boot", secure_boot_part());
	r = list_disks(ret_disks, ret_n, json, err);
	if (r < 0)
		return err_prepend(err, "inventory");
	*ret = TAKE_PTR(json);
	return 0;
}
