/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel that an image may be started with by kexec, its initramfs and its command line. */
#include <inttypes.h>
#include <string.h>

#include "core/io.h"
#include "images/manifest_kexec.h"
#include "images/manifest_spec.h"

static const char where[] = "manifest: kexec";

static int parse_file(const json_t *kexec, const char *key, uint64_t max, struct manifest_file *ret,
		      struct err *err)
{
	static const char *const keys[] = {"file", "size", "sha256", NULL};
	_cleanup_free_ char *what = str_printf("%s.%s", where, key);
	const char *file, *hex;
	json_t *object;
	int r;

	if ((r = json_get_object(kexec, where, key, &object, err)) < 0 ||
	    (r = json_only_keys(object, what, keys, err)) < 0 ||
	    (r = json_get_str(object, what, "file", FILE_LEN_MAX, &file, err)) < 0 ||
	    (r = json_get_u64(object, what, "size", 1, max, &ret->size, err)) < 0 ||
	    (r = json_get_str(object, what, "sha256", 2 * SHA256_SIZE, &hex, err)) < 0)
		return r;
	if (strlen(hex) != 2 * SHA256_SIZE || hex_decode(hex, ret->sha256, SHA256_SIZE) < 0)
		return err_set(err, EBADMSG, "%s.sha256 is not 64 hexadecimal digits", what);
	if (!image_file_valid(file))
		return err_set(err, EBADMSG, "%s.file is not the name of a file beside the manifest", what);
	ret->file = xstrdup(file);
	return 0;
}

static int check_names(const struct manifest *m, const struct manifest_kexec *k, struct err *err)
{
	const char *names[] = {m->index_file, m->payload_file, k->kernel.file, k->initrd.file};
	unsigned n = k->initrd.file ? 4 : 3;

	for (unsigned i = 2; i < n; i++)
		for (unsigned j = 0; j < i; j++)
			if (!strcmp(names[i], names[j]))
				return err_set(err, EBADMSG,
					       "%s.%s.file is the name of another file of the image", where,
					       i == 2 ? "kernel" : "initrd");
	return 0;
}

static int parse_cmdline(const json_t *kexec, char **ret, struct err *err)
{
	const char *cmdline;
	int r = json_get_str(kexec, where, "cmdline", MANIFEST_CMDLINE_MAX, &cmdline, err);

	if (r < 0)
		return r;
	if (!image_cmdline_valid(cmdline))
		return err_set(err, EBADMSG, "%s.cmdline has bytes that are not printable ASCII", where);
	*ret = xstrdup(cmdline);
	return 0;
}

int manifest_kexec_parse(const json_t *root, struct manifest *m, struct err *err)
{
	static const char *const keys[] = {"kernel", "initrd", "cmdline", NULL};
	_cleanup_(manifest_kexec_freep) struct manifest_kexec *k = NULL;
	json_t *object;
	int r;

	if (!json_object_get(root, "kexec"))
		return 0;
	k = xcalloc(1, sizeof(*k));
	if ((r = json_get_object(root, "manifest", "kexec", &object, err)) < 0 ||
	    (r = json_only_keys(object, where, keys, err)) < 0 ||
	    (r = parse_file(object, "kernel", MANIFEST_KERNEL_MAX, &k->kernel, err)) < 0 ||
	    (json_object_get(object, "initrd") &&
	     (r = parse_file(object, "initrd", MANIFEST_INITRD_MAX, &k->initrd, err)) < 0) ||
	    (r = parse_cmdline(object, &k->cmdline, err)) < 0 || (r = check_names(m, k, err)) < 0)
		return r;
	m->kexec = TAKE_PTR(k);
	return 0;
}

static json_t *file_json(const struct manifest_file *f)
{
	char hex[SHA256_HEX_SIZE];

	hex_encode(f->sha256, SHA256_SIZE, hex);
	return json_pack("{s:s, s:I, s:s}", "file", f->file, "size", (json_int_t)f->size, "sha256", hex);
}

json_t *manifest_kexec_json(const struct manifest_kexec *k)
{
	return json_pack("{s:o, s:o*, s:s}", "kernel", file_json(&k->kernel), "initrd",
			 k->initrd.file ? file_json(&k->initrd) : NULL, "cmdline", k->cmdline);
}

void manifest_kexec_free(struct manifest_kexec *k)
{
	if (!k)
		return;
	free(k->kernel.file);
	free(k->initrd.file);
	free(k->cmdline);
	free(k);
}

unsigned manifest_files(const struct manifest *m, const struct manifest_file *ret[MANIFEST_FILES_MAX])
{
	unsigned n = 0;

	if (!m->kexec)
		return 0;
	ret[n++] = &m->kexec->kernel;
	if (m->kexec->initrd.file)
		ret[n++] = &m->kexec->initrd;
	return n;
}

int manifest_file_check(const struct manifest_file *f, const void *buf, size_t len, struct err *err)
{
	uint8_t digest[SHA256_SIZE];

	if (len != f->size)
		return err_set(err, EBADMSG, "%s: %zu bytes, the manifest says %" PRIu64, f->file, len,
			       f->size);
	sha256(buf, len, digest);
	if (memcmp(digest, f->sha256, SHA256_SIZE) != 0)
		return err_set(err, EBADMSG, "%s: SHA-256 mismatch", f->file);
	return 0;
}
