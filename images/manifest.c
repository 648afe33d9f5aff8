/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, checking and writing a manifest. Nothing is believed: each field has its bound here. */
#include <string.h>
#include <zstd.h>

#include "core/io.h"
#include "core/json.h"
#include "core/time.h"
#include "images/index_spec.h"
#include "images/layout_check.h"
#include "images/manifest_kexec.h"
#include "images/manifest_spec.h"

static int bad(struct err *err, const char *field, const char *why)
{
	return err_set(err, EBADMSG, "manifest: %s %s", field, why);
}

static int parse_what(json_t *root, struct manifest *m, struct err *err)
{
	const char *kind, *name, *version, *architecture;
	uint64_t format;
	int r;

	if ((r = json_get_u64(root, "manifest", "remint_image", MANIFEST_FORMAT, MANIFEST_FORMAT, &format,
			      err)) < 0 ||
	    (r = json_get_str(root, "manifest", "kind", 16, &kind, err)) < 0 ||
	    (r = json_get_str(root, "manifest", "name", 63, &name, err)) < 0 ||
	    (r = json_get_str(root, "manifest", "version", VERSION_LEN_MAX, &version, err)) < 0 ||
	    (r = json_get_u64(root, "manifest", "serial", 1, SERIAL_MAX, &m->serial, err)) < 0 ||
	    (r = json_get_str(root, "manifest", "architecture", 16, &architecture, err)) < 0)
		return r;
	if (!image_kind_from_name(kind, &m->kind))
		return bad(err, "kind", "is neither \"disk\" nor \"root\" nor \"overlay\"");
	if (!image_name_valid(name))
		return bad(err, "name", "is not of the form [a-z0-9]([a-z0-9.-]{0,62})");
	if (!image_version_valid(version))
		return bad(err, "version", "has bytes that are not printable ASCII");
	if (!image_architecture_valid(architecture))
		return bad(err, "architecture", "is neither x86_64 nor aarch64");
	m->name = xstrdup(name);
	m->version = xstrdup(version);
	m->architecture = xstrdup(architecture);
	return 0;
}

/* [512], [4096] or [512, 4096]; without it the disk suits the block size that its table counts in. */
static int parse_block_sizes(json_t *root, struct manifest *m, struct err *err)
{
	uint64_t blocks[2] = {0, 0};
	json_t *array;
	int r;

	if (!json_object_get(root, "block_sizes"))
		return 0;
	if ((r = json_get_array(root, "manifest", "block_sizes", 2, &array, err)) < 0)
		return r;
	for (size_t i = 0; i < json_array_size(array); i++)
		blocks[i] = (uint64_t)json_integer_value(json_array_get(array, i));
	m->any_block_size = blocks[0] == 512 && blocks[1] == 4096;
	if (!m->any_block_size && (blocks[0] != m->logical_block_size || json_array_size(array) != 1))
		return bad(err, "block_sizes", "is neither [512, 4096] nor logical_block_size alone");
	return 0;
}

static int parse_disk_size(json_t *root, struct manifest *m, struct err *err)
{
	uint64_t block;
	int r;

	if ((r = json_get_u64(root, "manifest", "logical_block_size", 512, 4096, &block, err)) < 0)
		return r;
	if (block != 512 && block != 4096)
		return bad(err, "logical_block_size", "is neither 512 nor 4096");
	m->logical_block_size = (uint32_t)block;
	if ((r = parse_block_sizes(root, m, err)) < 0)
		return r;
	if (!image_size_valid(m->size, m->any_block_size ? 4096 : m->logical_block_size))
		return bad(err, "size", "is not a multiple of the block size, or below 68 blocks");
	return 0;
}

static int parse_layout(json_t *root, struct manifest *m, struct err *err)
{
	json_t *layout;
	int r;

	if ((r = json_get_object(root, "manifest", "layout", &layout, err)) < 0)
		return r;
	if (layout_from_json(layout, &m->layout, err) < 0)
		return err_prepend(err, "manifest");
	m->any_block_size = true;
	return 0;
}

static int parse_overlay(json_t *root, struct manifest *m, struct err *err)
{
	json_t *overlay;
	int r;

	if ((r = json_get_object(root, "manifest", "overlay", &overlay, err)) < 0)
		return r;
	if (overlay_from_json(overlay, &m->overlay, err) < 0)
		return err_prepend(err, "manifest");
	if (m->size > OVERLAY_ARCHIVE_MAX)
		return bad(err, "size", "is more than 16 GiB, which is the most of an overlay");
	return 0;
}

static int parse_sizes(json_t *root, struct manifest *m, struct err *err)
{
	uint64_t chunk;
	int r;

	if ((r = json_get_u64(root, "manifest", "size", 1, IMAGE_SIZE_MAX, &m->size, err)) < 0 ||
	    (r = json_get_u64(root, "manifest", "chunk_size", IMAGE_CHUNK_SIZE, IMAGE_CHUNK_SIZE, &chunk,
			      err)) < 0)
		return r;
	switch (m->kind) {
	case IMAGE_ROOT:
		return parse_layout(root, m, err);
	case IMAGE_OVERLAY:
		return parse_overlay(root, m, err);
	default:
		return parse_disk_size(root, m, err);
	}
}

static int parse_firmware(json_t *boot, struct manifest *m, struct err *err)
{
	json_t *firmware;
	int r;

	if ((r = json_get_array(boot, "manifest: boot", "firmware", 2, &firmware, err)) < 0)
		return r;
	for (size_t i = 0; i < json_array_size(firmware); i++) {
		const char *s = json_string_value(json_array_get(firmware, i));
		bool *which = s && !strcmp(s, "uefi")   ? &m->boots_uefi
			      : s && !strcmp(s, "bios") ? &m->boots_bios
							: NULL;

		if (!which || *which)
			return bad(err, "boot.firmware", "may hold \"uefi\" and \"bios\", each once");
		*which = true;
	}
	if (!m->boots_uefi && !m->boots_bios)
		return bad(err, "boot.firmware", "is empty");
	return 0;
}

/* Where the loader of an image of kind root comes from: a copy, or the archive's files below the ESP's mount. */
static int check_root_loader(const struct manifest *m, struct err *err)
{
	if (!m->boots_uefi || m->boots_bios)
		return bad(err, "boot.firmware", "of an image of kind root is [\"uefi\"] alone");
	for (unsigned i = 0; i < m->layout->n_copies; i++)
		if (!strcasecmp(m->layout->copies[i].to, m->efi_loader))
			return 0;
	if (!layout_esp(m->layout)->mount)
		return bad(err, "boot.loader",
			   "is no copy's \"to\", and the EFI system partition has no mount");
	return 0;
}

static int parse_boot(json_t *root, struct manifest *m, struct err *err)
{
	static const char *const with_uefi[] = {"firmware", "loader", "partition", NULL};
	static const char *const of_root[] = {"firmware", "loader", NULL};
	static const char *const without[] = {"firmware", NULL};
	const char *loader, *partition = NULL;
	json_t *boot;
	int r;

	if (m->kind == IMAGE_OVERLAY)
		return 0;
	if ((r = json_get_object(root, "manifest", "boot", &boot, err)) < 0 ||
	    (r = parse_firmware(boot, m, err)) < 0 ||
	    (r = json_only_keys(boot, "manifest: boot",
				!m->boots_uefi ? without
				: m->layout    ? of_root
					       : with_uefi,
				err)) < 0)
		return r;
	if (!m->boots_uefi)
		return m->layout ? check_root_loader(m, err) : 0;
	if ((r = json_get_str(boot, "manifest: boot", "loader", LOADER_LEN_MAX, &loader, err)) < 0 ||
	    (!m->layout && (r = json_get_str(boot, "manifest: boot", "partition", 36, &partition, err)) < 0))
		return r;
	if (!image_loader_valid(loader))
		return bad(err, "boot.loader", "is not a path such as \\EFI\\BOOT\\BOOTX64.EFI");
	if (partition && !layout_guid_valid(partition))
		return bad(err, "boot.partition", "is not a GUID in lower case");
	m->efi_loader = xstrdup(loader);
	m->efi_partition = partition ? xstrdup(partition) : NULL;
	return m->layout ? check_root_loader(m, err) : 0;
}

static int parse_validity(json_t *root, struct manifest *m, struct err *err)
{
	static const char *const keys[] = {"not_before", "not_after", NULL};
	const char *not_before, *not_after;
	json_t *validity;
	int r;

	if ((r = json_get_object(root, "manifest", "validity", &validity, err)) < 0 ||
	    (r = json_only_keys(validity, "manifest: validity", keys, err)) < 0 ||
	    (r = json_get_str(validity, "manifest: validity", "not_before", 32, &not_before, err)) < 0 ||
	    (r = json_get_str(validity, "manifest: validity", "not_after", 32, &not_after, err)) < 0)
		return r;
	if (time_parse(not_before, &m->not_before) < 0)
		return bad(err, "validity.not_before", "is not a time such as 2026-11-22T21:00:00Z");
	if (time_parse(not_after, &m->not_after) < 0)
		return bad(err, "validity.not_after", "is not a time such as 2026-11-22T21:00:00Z");
	if (m->not_after <= m->not_before)
		return bad(err, "validity", "ends before it begins");
	return 0;
}

static int parse_index(json_t *root, struct manifest *m, struct err *err)
{
	static const char *const keys[] = {"file", "size", "sha256", NULL};
	uint64_t size =
		sizeof(struct index_header_wire) + image_n_chunks(m->size) * sizeof(struct index_entry_wire);
	const char *file, *hex;
	json_t *index;
	int r;

	if ((r = json_get_object(root, "manifest", "index", &index, err)) < 0 ||
	    (r = json_only_keys(index, "manifest: index", keys, err)) < 0 ||
	    (r = json_get_str(index, "manifest: index", "file", FILE_LEN_MAX, &file, err)) < 0 ||
	    (r = json_get_u64(index, "manifest: index", "size", size, size, &m->index_size, err)) < 0 ||
	    (r = json_get_str(index, "manifest: index", "sha256", 64, &hex, err)) < 0)
		return r;
	if (!image_file_valid(file))
		return bad(err, "index.file", "is not the name of a file beside the manifest");
	if (strlen(hex) != 64 || hex_decode(hex, m->index_sha256, SHA256_SIZE) < 0)
		return bad(err, "index.sha256", "is not 64 hexadecimal digits");
	m->index_file = xstrdup(file);
	return 0;
}

static int parse_payload(json_t *root, struct manifest *m, struct err *err)
{
	static const char *const keys[] = {"file", "size", NULL};
	uint64_t n = image_n_chunks(m->size), max = n * ZSTD_COMPRESSBOUND(IMAGE_CHUNK_SIZE);
	const char *file;
	json_t *payload;
	int r;

	if ((r = json_get_object(root, "manifest", "payload", &payload, err)) < 0 ||
	    (r = json_only_keys(payload, "manifest: payload", keys, err)) < 0 ||
	    (r = json_get_str(payload, "manifest: payload", "file", FILE_LEN_MAX, &file, err)) < 0 ||
	    (r = json_get_u64(payload, "manifest: payload", "size", n, max, &m->payload_size, err)) < 0)
		return r;
	if (!image_file_valid(file) || !strcmp(file, m->index_file))
		return bad(err, "payload.file", "is not the name of a file of its own beside the manifest");
	m->payload_file = xstrdup(file);
	return 0;
}

static int only_known_keys(json_t *root, const struct manifest *m, struct err *err)
{
	static const char *const of_disk[] = {"remint_image",
					      "kind",
					      "name",
					      "version",
					      "serial",
					      "architecture",
					      "logical_block_size",
					      "block_sizes",
					      "size",
					      "chunk_size",
					      "boot",
					      "validity",
					      "index",
					      "payload",
					      "kexec",
					      NULL};
	static const char *const of_root[] = {"remint_image", "kind",   "name",    "version",    "serial",
					      "architecture", "layout", "size",    "chunk_size", "boot",
					      "validity",     "index",  "payload", "kexec",      NULL};
	static const char *const of_overlay[] = {"remint_image", "kind",    "name", "version",    "serial",
						 "architecture", "overlay", "size", "chunk_size", "validity",
						 "index",        "payload", NULL};
	static const char *const *const of[] = {
		[IMAGE_DISK] = of_disk, [IMAGE_ROOT] = of_root, [IMAGE_OVERLAY] = of_overlay};

	return json_only_keys(root, "manifest", of[m->kind], err);
}

int manifest_parse(const void *text, size_t len, struct manifest **ret, struct err *err)
{
	_cleanup_(manifest_freep) struct manifest *m = xcalloc(1, sizeof(*m));
	_cleanup_json_ json_t *root = NULL;
	int r;

	if (len > MANIFEST_MAX)
		return err_set(err, EBADMSG, "manifest: longer than %d bytes", MANIFEST_MAX);
	if (json_parse(text, len, &root, err) < 0)
		return err_prepend(err, "manifest");
	if (!json_is_object(root))
		return err_set(err, EBADMSG, "manifest: not a JSON object");
	if ((r = parse_what(root, m, err)) < 0 || (r = parse_sizes(root, m, err)) < 0 ||
	    (r = parse_boot(root, m, err)) < 0 || (r = parse_validity(root, m, err)) < 0 ||
	    (r = parse_index(root, m, err)) < 0 || (r = parse_payload(root, m, err)) < 0 ||
	    (r = manifest_kexec_parse(root, m, err)) < 0 || (r = only_known_keys(root, m, err)) < 0)
		return r;
	sha256(text, len, m->sha256);
	*ret = TAKE_PTR(m);
	return 0;
}

void manifest_free(struct manifest *m)
{
	if (!m)
		return;
	free(m->name);
	free(m->version);
	free(m->architecture);
	free(m->efi_loader);
	free(m->efi_partition);
	free(m->index_file);
	free(m->payload_file);
	manifest_kexec_free(m->kexec);
	layout_free(m->layout);
	overlay_free(m->overlay);
	free(m);
}
