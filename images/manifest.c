/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, checking and writing a manifest. Nothing is believed: each field has its bound here. */
#include <string.h>
#include <zstd.h>

#include "core/io.h"
#include "core/json.h"
#include "core/time.h"
#include "images/index_spec.h"
#include "images/manifest.h"

#define FORMAT          1
#define SERIAL_MAX      ((1ull << 53) - 1) /* what every JSON reader keeps exact */
#define FIRST_BLOCKS    68                 /* protective MBR, GPT header, 32 blocks of entries, twice */
#define VERSION_LEN_MAX 64                 /* bytes */
#define FILE_LEN_MAX    128                /* bytes */
#define LOADER_LEN_MAX  256                /* bytes */

static const char lower_alnum[] = "abcdefghijklmnopqrstuvwxyz0123456789";

bool image_name_valid(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= 63 && strchr(lower_alnum, name[0]) &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-") == len && !strstr(name, "..");
}

bool image_version_valid(const char *version)
{
	size_t len = strlen(version);

	if (len < 1 || len > VERSION_LEN_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (version[i] < 0x20 || version[i] > 0x7e)
			return false;
	return true;
}

bool image_architecture_valid(const char *architecture)
{
	return !strcmp(architecture, "x86_64") || !strcmp(architecture, "aarch64");
}

bool image_loader_valid(const char *loader)
{
	size_t len = strlen(loader);

	if (len < 2 || len > LOADER_LEN_MAX || loader[0] != '\\' || loader[len - 1] == '\\' ||
	    strstr(loader, "\\\\"))
		return false;
	for (size_t i = 0; i < len; i++)
		if (loader[i] <= 0x20 || loader[i] > 0x7e || strchr("/:*?\"<>|", loader[i]))
			return false;
	return !strstr(loader, "..");
}

bool image_size_valid(uint64_t size, uint32_t logical_block_size)
{
	return size >= (uint64_t)FIRST_BLOCKS * logical_block_size && size <= IMAGE_SIZE_MAX &&
	       size % logical_block_size == 0;
}

static bool file_valid(const char *file)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t len = strlen(file);

	return len >= 1 && len <= FILE_LEN_MAX && file[0] != '.' && strspn(file, allowed) == len &&
	       strcmp(file, MANIFEST_FILE) != 0 && strcmp(file, MANIFEST_SIG_FILE) != 0;
}

/* "c12a7328-f81f-11d2-ba4b-00a0c93ec93b" */
static bool guid_valid(const char *guid)
{
	if (strlen(guid) != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? guid[i] != '-' : !strchr("0123456789abcdef", guid[i]))
			return false;
	}
	return true;
}

static int bad(struct err *err, const char *field, const char *why)
{
	return err_set(err, EBADMSG, "manifest: %s %s", field, why);
}

static int parse_what(json_t *root, struct manifest *m, struct err *err)
{
	const char *kind, *name, *version, *architecture;
	uint64_t format;
	int r;

	if ((r = json_get_u64(root, "manifest", "remint_image", FORMAT, FORMAT, &format, err)) < 0 ||
	    (r = json_get_str(root, "manifest", "kind", 16, &kind, err)) < 0 ||
	    (r = json_get_str(root, "manifest", "name", 63, &name, err)) < 0 ||
	    (r = json_get_str(root, "manifest", "version", VERSION_LEN_MAX, &version, err)) < 0 ||
	    (r = json_get_u64(root, "manifest", "serial", 1, SERIAL_MAX, &m->serial, err)) < 0 ||
	    (r = json_get_str(root, "manifest", "architecture", 16, &architecture, err)) < 0)
		return r;
	if (strcmp(kind, "disk") != 0)
		return bad(err, "kind", "is not \"disk\", the only kind of format 1");
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

static int parse_sizes(json_t *root, struct manifest *m, struct err *err)
{
	uint64_t block, chunk;
	int r;

	if ((r = json_get_u64(root, "manifest", "logical_block_size", 512, 4096, &block, err)) < 0 ||
	    (r = json_get_u64(root, "manifest", "size", 1, IMAGE_SIZE_MAX, &m->size, err)) < 0 ||
	    (r = json_get_u64(root, "manifest", "chunk_size", IMAGE_CHUNK_SIZE, IMAGE_CHUNK_SIZE, &chunk,
			      err)) < 0)
		return r;
	if (block != 512 && block != 4096)
		return bad(err, "logical_block_size", "is neither 512 nor 4096");
	m->logical_block_size = (uint32_t)block;
	if (!image_size_valid(m->size, m->logical_block_size))
		return bad(err, "size", "is not a multiple of logical_block_size, or below 68 blocks");
	return 0;
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

static int parse_boot(json_t *root, struct manifest *m, struct err *err)
{
	static const char *const with_uefi[] = {"firmware", "loader", "partition", NULL};
	static const char *const without[] = {"firmware", NULL};
	const char *loader, *partition;
	json_t *boot;
	int r;

	if ((r = json_get_object(root, "manifest", "boot", &boot, err)) < 0 ||
	    (r = parse_firmware(boot, m, err)) < 0 ||
	    (r = json_only_keys(boot, "manifest: boot", m->boots_uefi ? with_uefi : without, err)) < 0)
		return r;
	if (!m->boots_uefi)
		return 0;
	if ((r = json_get_str(boot, "manifest: boot", "loader", LOADER_LEN_MAX, &loader, err)) < 0 ||
	    (r = json_get_str(boot, "manifest: boot", "partition", 36, &partition, err)) < 0)
		return r;
	if (!image_loader_valid(loader))
		return bad(err, "boot.loader", "is not a path such as \\EFI\\BOOT\\BOOTX64.EFI");
	if (!guid_valid(partition))
		return bad(err, "boot.partition", "is not a GUID in lower case");
	m->efi_loader = xstrdup(loader);
	m->efi_partition = xstrdup(partition);
	return 0;
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
	if (!file_valid(file))
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
	if (!file_valid(file) || !strcmp(file, m->index_file))
		return bad(err, "payload.file", "is not the name of a file of its own beside the manifest");
	m->payload_file = xstrdup(file);
	return 0;
}

int manifest_parse(const void *text, size_t len, struct manifest **ret, struct err *err)
{
	static const char *const keys[] = {"remint_image",
					   "kind",
					   "name",
					   "version",
					   "serial",
					   "architecture",
					   "logical_block_size",
					   "size",
					   "chunk_size",
					   "boot",
					   "validity",
					   "index",
					   "payload",
					   NULL};
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
	    (r = json_only_keys(root, "manifest", keys, err)) < 0)
		return r;
	sha256(text, len, m->sha256);
	*ret = TAKE_PTR(m);
	return 0;
}

static json_t *boot_json(const struct manifest *m)
{
	json_t *firmware = json_array();

	if (m->boots_uefi)
		json_array_append_new(firmware, json_string("uefi"));
	if (m->boots_bios)
		json_array_append_new(firmware, json_string("bios"));
	if (!m->boots_uefi)
		return json_pack("{s:o}", "firmware", firmware);
	return json_pack("{s:o, s:s, s:s}", "firmware", firmware, "loader", m->efi_loader, "partition",
			 m->efi_partition);
}

char *manifest_text(const struct manifest *m, size_t *ret_len)
{
	char not_before[TIME_TEXT_SIZE], not_after[TIME_TEXT_SIZE], index_hex[SHA256_HEX_SIZE];
	_cleanup_json_ json_t *root = NULL;

	time_format(m->not_before, not_before);
	time_format(m->not_after, not_after);
	hex_encode(m->index_sha256, SHA256_SIZE, index_hex);
	root = json_pack(
		"{s:i, s:s, s:s, s:s, s:I, s:s, s:I, s:I, s:I, s:o, s:{s:s, s:s}, s:{s:s, s:I, s:s}, "
		"s:{s:s, s:I}}",
		"remint_image", FORMAT, "kind", "disk", "name", m->name, "version", m->version, "serial",
		(json_int_t)m->serial, "architecture", m->architecture, "logical_block_size",
		(json_int_t)m->logical_block_size, "size", (json_int_t)m->size, "chunk_size",
		(json_int_t)IMAGE_CHUNK_SIZE, "boot", boot_json(m), "validity", "not_before", not_before,
		"not_after", not_after, "index", "file", m->index_file, "size", (json_int_t)m->index_size,
		"sha256", index_hex, "payload", "file", m->payload_file, "size", (json_int_t)m->payload_size);
	if (!root)
		abort(); /* memory, or a caller that left out a field */
	return json_canonical(root, ret_len);
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
	free(m);
}
