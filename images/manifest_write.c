/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a manifest: the canonical text, that reading takes again. */
#include <string.h>

#include "core/json.h"
#include "core/time.h"
#include "images/manifest_kexec.h"
#include "images/manifest_spec.h"

static void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) < 0)
		abort(); /* memory, or a caller that left out a field */
}

static json_t *boot_json(const struct manifest *m)
{
	json_t *firmware = json_array(), *boot = json_object();

	if (m->boots_uefi)
		json_array_append_new(firmware, json_string("uefi"));
	if (m->boots_bios)
		json_array_append_new(firmware, json_string("bios"));
	set(boot, "firmware", firmware);
	if (m->boots_uefi)
		set(boot, "loader", json_string(m->efi_loader));
	if (m->boots_uefi && m->kind == IMAGE_DISK)
		set(boot, "partition", json_string(m->efi_partition));
	return boot;
}

/* A disk for one block size says so by logical_block_size alone, as readers before block_sizes know it. */
static void add_kind(json_t *root, const struct manifest *m)
{
	set(root, "kind", json_string(image_kind_name(m->kind)));
	if (m->kind == IMAGE_OVERLAY) {
		set(root, "overlay", overlay_to_json(m->overlay));
		return;
	}
	set(root, "boot", boot_json(m));
	if (m->kind == IMAGE_ROOT) {
		set(root, "layout", layout_to_json(m->layout));
		return;
	}
	set(root, "logical_block_size", json_integer(m->logical_block_size));
	if (m->any_block_size)
		set(root, "block_sizes", json_pack("[i, i]", 512, 4096));
}

char *manifest_text(const struct manifest *m, size_t *ret_len)
{
	char not_before[TIME_TEXT_SIZE], not_after[TIME_TEXT_SIZE], index_hex[SHA256_HEX_SIZE];
	_cleanup_json_ json_t *root = NULL;

	time_format(m->not_before, not_before);
	time_format(m->not_after, not_after);
	hex_encode(m->index_sha256, SHA256_SIZE, index_hex);
	root = json_pack("{s:i, s:s, s:s, s:I, s:s, s:I, s:I, s:{s:s, s:s}, s:{s:s, s:I, s:s}, "
			 "s:{s:s, s:I}}",
			 "remint_image", MANIFEST_FORMAT, "name", m->name, "version", m->version, "serial",
			 (json_int_t)m->serial, "architecture", m->architecture, "size", (json_int_t)m->size,
			 "chunk_size", (json_int_t)IMAGE_CHUNK_SIZE, "validity", "not_before", not_before,
			 "not_after", not_after, "index", "file", m->index_file, "size",
			 (json_int_t)m->index_size, "sha256", index_hex, "payload", "file", m->payload_file,
			 "size", (json_int_t)m->payload_size);
	if (!root)
		abort(); /* the same */
	add_kind(root, m);
	if (m->kexec)
		set(root, "kexec", manifest_kexec_json(m->kexec));
	return json_canonical(root, ret_len);
}
