/* SPDX-License-Identifier: Apache-2.0 */
#include "images/boot/measure.h"

#include <libgen.h>
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "images/boot/authenticode.h"
#include "images/boot/build.h"
#include "images/boot/pe.h"
#include "images/boot/uki.h"

#define PROGRAM_MAX (64u << 20) /* bytes of a loader */

/* systemd-stub(7), version 252: the order in which its sections go into PCR 11. .pcrsig is not measured. */
static const char *const stub_sections[] = {".linux",  ".osrel", ".cmdline", ".initrd",
					    ".splash", ".dtb",   ".pcrpkey"};
#define STUB_MAGIC "#### LoaderInfo: systemd-stub 252."

static bool stub_is_known(const struct pe_file *pe)
{
	size_t len = 0;
	const char *magic = pe_section(pe, ".sdmagic", &len);

	return magic && len >= sizeof(STUB_MAGIC) - 1 && !memcmp(magic, STUB_MAGIC, sizeof(STUB_MAGIC) - 1);
}

static int holds(const struct pe_file *pe, const char *name, const void *data, size_t len, struct err *err)
{
	size_t section_len = 0;
	const void *section = pe_section(pe, name, &section_len);

	if (section && section_len == len && !memcmp(section, data, len))
		return 0;
	return err_set(err, EBADMSG, BOOT_UKI ": its section %s is not the file beside it", name);
}

static int add_cmdline(const char *text, size_t len, struct measured *m, struct err *err)
{
	if (len == 0 || len > MEASURED_CMDLINE_MAX)
		return err_set(err, EBADMSG, BOOT_UKI ": its command line has %zu bytes", len);
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return err_set(err, EBADMSG, BOOT_UKI ": its command line is not printable ASCII");
	/* A stub may drop it, and then measures another text than is built in. */
	if (text[0] == ' ' || text[len - 1] == ' ')
		return err_set(err, EBADMSG, BOOT_UKI ": its command line begins or ends with a space");
	memcpy(m->cmdline, text, len);
	m->cmdline_built_in = true;
	return 0;
}

static int add_sections(const struct pe_file *pe, struct measured *m, struct err *err)
{
	for (size_t i = 0; i < sizeof(stub_sections) / sizeof(stub_sections[0]); i++) {
		struct measured_digest *s = &m->sections[m->n_sections];
		size_t len = 0;
		const void *data = pe_section(pe, stub_sections[i], &len);

		if (!data)
			continue;
		snprintf(s->name, sizeof(s->name), "%s", stub_sections[i]);
		sha256(data, len, s->sha256);
		m->n_sections++;
		if (!strcmp(s->name, ".cmdline") && add_cmdline(data, len, m, err) < 0)
			return -err->code;
	}
	return 0;
}

static int measure_uki(const struct boot_files *files, struct measured *m, struct err *err)
{
	struct pe_file pe;

	if (pe_read(files->uki, files->uki_len, &pe, err) < 0 ||
	    authenticode_sha256(files->uki, files->uki_len, m->uki, err) < 0)
		return err_prepend(err, BOOT_UKI);
	if (!stub_is_known(&pe))
		return 0;
	m->has_uki = true;
	if (holds(&pe, ".linux", files->kernel, files->kernel_len, err) < 0 ||
	    holds(&pe, ".initrd", files->initrd, files->initrd_len, err) < 0)
		return -err->code;
	return add_sections(&pe, m, err);
}

int boot_measure(const struct boot_files *files, struct measured *ret, struct err *err)
{
	struct measured m = {0};
	int r = authenticode_sha256(files->kernel, files->kernel_len, m.kernel, err);

	if (r < 0)
		return err_prepend(err, BOOT_KERNEL);
	snprintf(m.version, sizeof(m.version), "%s", files->version);
	sha256(files->initrd, files->initrd_len, m.initrd);
	if (files->uki)
		r = measure_uki(files, &m, err);
	if (r == 0)
		*ret = m;
	return r;
}

int boot_measure_loader(const char *path, struct measured *m, struct err *err)
{
	struct measured_digest *loader = &m->loaders[m->n_loaders];
	_cleanup_free_ char *bytes = NULL, *copy = xstrdup(path);
	size_t len;
	int r;

	if (m->n_loaders == MEASURED_LOADERS_MAX)
		return err_set(err, E2BIG, "more than %d loaders", MEASURED_LOADERS_MAX);
	r = file_read(path, PROGRAM_MAX, &bytes, &len, err);
	if (r < 0)
		return r;
	if (authenticode_sha256(bytes, len, loader->sha256, err) < 0)
		return err_prepend(err, "%s", path);
	snprintf(loader->name, sizeof(loader->name), "%.*s", MEASURED_NAME_MAX, basename(copy));
	for (char *c = loader->name; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	m->n_loaders++;
	return 0;
}

int boot_measure_policy(const struct boot_policy *policy, struct measured *m, struct err *err)
{
	m->any_loader = policy->any_loader;
	m->secure_boot = policy->secure_boot;
	for (const char *const *path = policy->loaders; path && *path; path++)
		if (boot_measure_loader(*path, m, err) < 0)
			return err_prepend(err, "loader");
	return 0;
}

int boot_measured_read(const char *folder, struct measured *ret, struct err *err)
{
	_cleanup_free_ char *path = path_join(folder, BOOT_JSON);
	_cleanup_json_ json_t *json = NULL;
	const json_t *measured;
	int r = json_read_file(path, MEASURED_JSON_MAX, &json, err);

	if (r < 0)
		return r;
	measured = json_object_get(json, "measured");
	if (!measured || json_is_null(measured))
		return err_set(err, ENODATA,
			       "%s has no expected values: make the boot image anew by 'remint boot build'",
			       path);
	return measured_from_json(measured, ret, err) < 0 ? err_prepend(err, "%s", path) : 0;
}

static int read_in(const char *folder, const char *name, char **ret, size_t *ret_len, struct err *err)
{
	_cleanup_free_ char *path = path_join(folder, name);

	return file_read(path, UKI_MAX, ret, ret_len, err);
}

int boot_measure_folder(const char *folder, struct measured *ret, struct err *err)
{
	_cleanup_free_ char *kernel = NULL, *initrd = NULL, *uki = NULL;
	struct boot_files files = {0};
	struct measured written, m;
	int r = boot_measured_read(folder, &written, err);

	files.version = written.version;
	if (r == 0)
		r = read_in(folder, BOOT_KERNEL, &kernel, &files.kernel_len, err);
	if (r == 0)
		r = read_in(folder, BOOT_INITRD, &initrd, &files.initrd_len, err);
	if (r == 0) {
		r = read_in(folder, BOOT_UKI, &uki, &files.uki_len, err);
		r = r == -ENOENT ? 0 : r;
	}
	files.kernel = kernel;
	files.initrd = initrd;
	files.uki = uki;
	if (r == 0)
		r = boot_measure(&files, &m, err);
	if (r < 0)
		return r;
	memcpy(m.loaders, written.loaders, sizeof(m.loaders));
	m.n_loaders = written.n_loaders;
	m.any_loader = written.any_loader;
	m.secure_boot = written.secure_boot;
	*ret = m;
	return 0;
}
