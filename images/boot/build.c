/* SPDX-License-Identifier: Apache-2.0 */
#include "images/boot/build.h"

#include <string.h>
#include <sys/stat.h>
#include <zstd.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "core/time.h"
#include "images/boot/boot_uki.h"
#include "images/boot/ipxe.h"
#include "images/boot/measure.h"
#include "images/boot/tree.h"

#define BOOT_FORMAT 1
#define PART_MAX    (256u << 20) /* bytes of the kernel, and of the initramfs */

struct bytes {
	char *data;
	size_t len;
};

static void bytes_clear(struct bytes *bytes)
{
	free(bytes->data);
}

struct parts {
	struct bytes kernel, initrd;
	const char *ipxe[2]; /* names of what was copied */
	unsigned n_ipxe;
};

static void parts_clear(struct parts *parts)
{
	bytes_clear(&parts->kernel);
	bytes_clear(&parts->initrd);
}

static int read_in(const char *folder, const char *name, struct bytes *ret, struct err *err)
{
	_cleanup_free_ char *path = path_join(folder, name);

	return file_read(path, PART_MAX, &ret->data, &ret->len, err);
}

static int write_out(const struct boot_build *build, const char *name, const void *data, size_t len,
		     struct err *err)
{
	_cleanup_free_ char *path = path_join(build->output, name);

	return file_write_atomic(path, data, len, 0644, err);
}

/* The archive of the three files; it does not depend on the folder that they come from. */
static int site_part(const struct site_config *site, struct bytes *ret, struct err *err)
{
	_cleanup_(tree_clear) struct tree tree = {0};
	size_t len = 0;
	char *json = site_json(site, &len);
	int r = tree_add(&tree, SITE_FOLDER "/" SITE_JSON, S_IFREG | 0644, json, len, err);

	if (r == 0)
		r = tree_add(&tree, SITE_FOLDER "/" SITE_STATION_CA, S_IFREG | 0644,
			     xstrdup(site->station_ca), strlen(site->station_ca), err);
	if (r == 0)
		r = tree_add(&tree, SITE_FOLDER "/" SITE_IMAGE_CA, S_IFREG | 0644, xstrdup(site->image_ca),
			     strlen(site->image_ca), err);
	if (r == 0)
		r = tree_finish(&tree, err);
	return r < 0 ? r : tree_cpio(&tree, site->built, &ret->data, &ret->len, err);
}

/* Behind the generic part at the next multiple of 4 bytes, where the kernel looks for another archive. */
static int join(const struct bytes *generic, const struct bytes *site, struct bytes *ret, struct err *err)
{
	size_t at = (generic->len + 3) / 4 * 4;

	ret->data = calloc(1, at + site->len);
	if (!ret->data)
		return err_set(err, ENOMEM, "out of memory");
	memcpy(ret->data, generic->data, generic->len);
	memcpy(ret->data + at, site->data, site->len);
	ret->len = at + site->len;
	return 0;
}

static int make_initrd(const struct boot_build *build, struct bytes *ret, struct err *err)
{
	_cleanup_(bytes_clear) struct bytes generic = {0}, site = {0};
	int r = read_in(build->generic, BOOT_GENERIC, &generic, err);

	if (r < 0)
		return r;
	if (ZSTD_findFrameCompressedSize(generic.data, generic.len) != generic.len)
		return err_set(err, EBADMSG,
			       "%s/" BOOT_GENERIC " is not a generic part as `make boot-image` writes it",
			       build->generic);
	r = site_part(&build->site, &site, err);
	return r < 0 ? r : join(&generic, &site, ret, err);
}

static int write_uki(const struct boot_build *build, const struct parts *parts, struct err *err)
{
	const struct boot_uki uki = {.kernel = parts->kernel.data,
				     .kernel_len = parts->kernel.len,
				     .initrd = parts->initrd.data,
				     .initrd_len = parts->initrd.len,
				     .stub = build->stub,
				     .cmdline = build->cmdline,
				     .sign_key = build->sign_key,
				     .sign_cert = build->sign_cert};
	_cleanup_free_ char *path = path_join(build->output, BOOT_UKI);

	return boot_uki_write(&uki, path, err);
}

static int remove_uki(const struct boot_build *build, struct err *err)
{
	_cleanup_free_ char *path = path_join(build->output, BOOT_UKI);

	return unlink(path) < 0 && errno != ENOENT ? err_sys(err, errno, "%s", path) : 0;
}

static int copy_ipxe(const struct boot_build *build, struct parts *parts, struct err *err)
{
	for (const char *const *file = build->ipxe; file && *file; file++) {
		const char *name = NULL;
		int r = ipxe_copy(*file, build->output, build->sign_key, build->sign_cert, &name, err);

		if (r < 0)
			return r;
		if (parts->n_ipxe == 2 || (parts->n_ipxe && !strcmp(parts->ipxe[0], name)))
			return err_set(err, EINVAL, "%s: there is another %s already", *file, name);
		parts->ipxe[parts->n_ipxe++] = name;
	}
	return 0;
}

/* The Linux/x86 boot protocol, "kernel_version": a string at 0x200 + the 16-bit field at 0x20e. "" when there is none. */
static void kernel_version(const struct bytes *kernel, char version[256])
{
	const uint8_t *bytes = (const uint8_t *)kernel->data;
	size_t at;

	version[0] = '\0';
	if (kernel->len < 0x210 || memcmp(bytes + 0x202, "HdrS", 4) != 0)
		return;
	at = 0x200u + (size_t)(bytes[0x20e] | bytes[0x20f] << 8);
	for (size_t i = 0; i < 255 && at + i < kernel->len && bytes[at + i] > ' ' && bytes[at + i] < 0x7f;
	     i++) {
		version[i] = (char)bytes[at + i];
		version[i + 1] = '\0';
	}
}

static int add_file(const struct boot_build *build, const char *name, json_t *files, struct err *err)
{
	_cleanup_free_ char *path = path_join(build->output, name);
	uint8_t digest[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	uint64_t size;
	int r = sha256_file(path, digest, &size, err);

	if (r < 0)
		return r;
	hex_encode(digest, sizeof(digest), hex);
	json_object_set_new(files, name, json_pack("{s:s, s:I}", "sha256", hex, "size", (json_int_t)size));
	return 0;
}

/* The EFI file is read back: signed, as a machine will start it. */
static int add_measured(const struct boot_build *build, const struct parts *parts, const char *built,
			json_t *json, struct err *err)
{
	_cleanup_(bytes_clear) struct bytes uki = {0};
	_cleanup_free_ char *version = str_printf("%s of %s", REMINT_VERSION, built);
	struct measured m;
	int r = build->uki ? read_in(build->output, BOOT_UKI, &uki, err) : 0;

	if (r == 0)
		r = boot_measure(&(struct boot_files){.kernel = parts->kernel.data,
						      .kernel_len = parts->kernel.len,
						      .initrd = parts->initrd.data,
						      .initrd_len = parts->initrd.len,
						      .uki = uki.data,
						      .uki_len = uki.len,
						      .version = version},
				 &m, err);
	if (r == 0)
		r = boot_measure_policy(&build->policy, &m, err);
	/* The iPXE that goes along is there to start it. */
	for (unsigned i = 0; r == 0 && i < parts->n_ipxe; i++)
		if (!strcmp(parts->ipxe[i], IPXE_EFI)) {
			_cleanup_free_ char *path = path_join(build->output, IPXE_EFI);

			r = boot_measure_loader(path, &m, err);
		}
	if (r == 0)
		json_object_set_new(json, "measured", measured_to_json(&m));
	return r < 0 ? err_prepend(err, "expected measurements") : 0;
}

static int write_json(const struct boot_build *build, const struct parts *parts, struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	_cleanup_free_ char *text = NULL;
	json_t *files = json_object();
	char built[TIME_TEXT_SIZE], version[256];
	size_t len = 0;
	int r;

	time_format(build->site.built, built);
	kernel_version(&parts->kernel, version);
	json = json_pack("{s:i, s:s, s:s, s:s, s:s, s:I, s:b, s:o}", "boot", BOOT_FORMAT, "version",
			 REMINT_VERSION, "kernel", version, "built", built, "station",
			 build->site.station_url, "serial_floor", (json_int_t)build->site.serial_floor,
			 "signed", build->uki && build->sign_key, "files", files);
	if (!json)
		return err_set(err, ENOMEM, "out of memory");
	r = add_file(build, BOOT_KERNEL, files, err);
	if (r == 0)
		r = add_file(build, BOOT_INITRD, files, err);
	if (r == 0 && build->uki)
		r = add_file(build, BOOT_UKI, files, err);
	for (unsigned i = 0; r == 0 && i < parts->n_ipxe; i++)
		r = add_file(build, parts->ipxe[i], files, err);
	if (r == 0)
		r = add_measured(build, parts, built, json, err);
	if (r < 0)
		return r;
	text = json_pretty(json, &len);
	return write_out(build, BOOT_JSON, text, len, err);
}

static int check(const struct boot_build *build, struct err *err)
{
	int r = boot_uki_check(build->cmdline, build->sign_key, build->sign_cert, err);

	if (r < 0)
		return r;
	if (!build->uki && (build->sign_key || (build->cmdline && *build->cmdline)))
		return err_set(err, EINVAL, "a signature and a built-in command line need the EFI form");
	return site_check(&build->site, err);
}

int boot_build(const struct boot_build *build, struct err *err)
{
	_cleanup_(parts_clear) struct parts parts = {0};
	int r = check(build, err);

	if (r == 0)
		r = read_in(build->generic, BOOT_KERNEL, &parts.kernel, err);
	if (r == 0)
		r = make_initrd(build, &parts.initrd, err);
	if (r == 0)
		r = make_dirs(build->output, 0755, err);
	if (r == 0)
		r = write_out(build, BOOT_KERNEL, parts.kernel.data, parts.kernel.len, err);
	if (r == 0)
		r = write_out(build, BOOT_INITRD, parts.initrd.data, parts.initrd.len, err);
	if (r == 0)
		r = build->uki ? write_uki(build, &parts, err) : remove_uki(build, err);
	if (r == 0)
		r = copy_ipxe(build, &parts, err);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): parts is freed by its attribute */
	return r < 0 ? r : write_json(build, &parts, err);
}
