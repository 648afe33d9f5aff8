/* SPDX-License-Identifier: Apache-2.0 */
/* The "measured" object of boot.json, and a verdict as JSON. */
#include <string.h>

#include "core/io.h"
#include "core/json.h"
#include "protocol/measured/measured.h"

#define WHAT "measured"

static int read_digest(const json_t *obj, const char *what, const char *key, uint8_t ret[SHA256_SIZE],
		       struct err *err)
{
	const char *hex;
	int r = json_get_str(obj, what, key, SHA256_HEX_SIZE - 1, &hex, err);

	if (r < 0)
		return r;
	if (strlen(hex) != SHA256_HEX_SIZE - 1 || hex_decode(hex, ret, SHA256_SIZE) < 0)
		return err_set(err, EBADMSG, "%s.%s must be a SHA-256 in hexadecimal", what, key);
	return 0;
}

static int read_text(const json_t *obj, const char *what, const char *key, char *ret, size_t size,
		     struct err *err)
{
	const char *text;
	int r = json_get_str(obj, what, key, size - 1, &text, err);

	if (r < 0)
		return r;
	for (const char *c = text; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			return err_set(err, EBADMSG, "%s.%s must be printable ASCII", what, key);
	snprintf(ret, size, "%s", text);
	return 0;
}

/* An array of {"name", "sha256"}. */
static int read_list(const json_t *obj, const char *what, const char *key, unsigned max,
		     struct measured_digest *list, unsigned *ret_n, struct err *err)
{
	static const char *const keys[] = {"name", "sha256", NULL};
	_cleanup_free_ char *item = str_printf("%s.%s[]", what, key);
	json_t *array;
	int r = json_get_array(obj, what, key, max, &array, err);

	if (r < 0)
		return r;
	for (unsigned i = 0; i < json_array_size(array) && r == 0; i++) {
		const json_t *one = json_array_get(array, i);

		r = json_is_object(one) ? json_only_keys(one, item, keys, err)
					: err_set(err, EBADMSG, "%s must be objects", item);
		if (r == 0)
			r = read_text(one, item, "name", list[i].name, sizeof(list[i].name), err);
		if (r == 0)
			r = read_digest(one, item, "sha256", list[i].sha256, err);
	}
	*ret_n = (unsigned)json_array_size(array);
	return r;
}

/* The command line and what it must give in PCR 11, so that whoever edits one value is found out here and not by a machine. */
static int check_uki(const json_t *uki, const struct measured *m, struct err *err)
{
	uint8_t said[SHA256_SIZE], pcr[SHA256_SIZE], digest[SHA256_SIZE];
	const char *section = NULL;
	int r = read_digest(uki, WHAT ".uki", "pcr11", said, err);

	if (r < 0)
		return r;
	measured_pcr11(m, pcr);
	if (memcmp(said, pcr, sizeof(pcr)) != 0)
		return err_set(err, EBADMSG, WHAT ".uki.pcr11 is not what its sections lead to");
	for (unsigned i = 0; i < m->n_sections; i++)
		if (!strcmp(m->sections[i].name, ".cmdline")) {
			section = m->sections[i].name;
			memcpy(digest, m->sections[i].sha256, sizeof(digest));
		}
	sha256(m->cmdline, strlen(m->cmdline), said);
	if (!section != !m->cmdline_built_in || (section && memcmp(said, digest, sizeof(said)) != 0))
		return err_set(err, EBADMSG, WHAT ".uki.cmdline is not that of its section .cmdline");
	return 0;
}

static int read_uki(const json_t *json, struct measured *m, struct err *err)
{
	static const char *const keys[] = {"pcr4", "pcr11", "sections", "cmdline", NULL};
	json_t *uki = json_object_get(json, "uki");
	int r;

	if (!uki || json_is_null(uki))
		return 0;
	if (!json_is_object(uki))
		return err_set(err, EBADMSG, WHAT ".uki must be an object or null");
	r = json_only_keys(uki, WHAT ".uki", keys, err);
	if (r == 0)
		r = read_digest(uki, WHAT ".uki", "pcr4", m->uki, err);
	if (r == 0)
		r = read_list(uki, WHAT ".uki", "sections", MEASURED_SECTIONS_MAX, m->sections,
			      &m->n_sections, err);
	m->has_uki = true;
	m->cmdline_built_in = !json_is_null(json_object_get(uki, "cmdline"));
	if (r == 0 && m->cmdline_built_in)
		r = read_text(uki, WHAT ".uki", "cmdline", m->cmdline, sizeof(m->cmdline), err);
	return r < 0 ? r : check_uki(uki, m, err);
}

int measured_from_json(const json_t *json, struct measured *ret, struct err *err)
{
	static const char *const keys[] = {"version", "kernel",     "initrd",      "uki",
					   "loaders", "any_loader", "secure_boot", NULL};
	struct measured m = {0};
	int r = json_is_object(json) ? json_only_keys(json, WHAT, keys, err)
				     : err_set(err, EBADMSG, WHAT " must be an object");

	if (r == 0)
		r = read_text(json, WHAT, "version", m.version, sizeof(m.version), err);
	if (r == 0)
		r = read_digest(json, WHAT, "kernel", m.kernel, err);
	if (r == 0)
		r = read_digest(json, WHAT, "initrd", m.initrd, err);
	if (r == 0)
		r = read_uki(json, &m, err);
	if (r == 0)
		r = read_list(json, WHAT, "loaders", MEASURED_LOADERS_MAX, m.loaders, &m.n_loaders, err);
	if (r == 0)
		r = json_get_bool(json, WHAT, "any_loader", &m.any_loader, err);
	if (r == 0)
		r = json_get_bool(json, WHAT, "secure_boot", &m.secure_boot, err);
	if (r == 0)
		*ret = m;
	return r;
}

static json_t *hex(const uint8_t digest[SHA256_SIZE])
{
	char text[SHA256_HEX_SIZE];

	hex_encode(digest, SHA256_SIZE, text);
	return json_string(text);
}

static json_t *list_to_json(const struct measured_digest *list, unsigned n)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(
			array, json_pack("{ss so}", "name", list[i].name, "sha256", hex(list[i].sha256)));
	return array;
}

static json_t *uki_to_json(const struct measured *m)
{
	uint8_t pcr[SHA256_SIZE];

	if (!m->has_uki)
		return json_null();
	measured_pcr11(m, pcr);
	return json_pack("{so so so ss?}", "pcr4", hex(m->uki), "pcr11", hex(pcr), "sections",
			 list_to_json(m->sections, m->n_sections), "cmdline",
			 m->cmdline_built_in ? m->cmdline : NULL);
}

json_t *measured_to_json(const struct measured *m)
{
	return json_pack("{ss so so so so sb sb}", "version", m->version, "kernel", hex(m->kernel), "initrd",
			 hex(m->initrd), "uki", uki_to_json(m), "loaders",
			 list_to_json(m->loaders, m->n_loaders), "any_loader", m->any_loader, "secure_boot",
			 m->secure_boot);
}

static json_t *found_to_json(const struct measured_found *list, unsigned n, bool loaders)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < n; i++) {
		json_t *one = json_pack("{ss so}", "what", list[i].what, "sha256", hex(list[i].sha256));

		if (loaders)
			json_object_set_new(one, "known", json_boolean(list[i].known));
		json_array_append_new(array, one);
	}
	return array;
}

json_t *measured_verdict_to_json(const struct measured_verdict *v)
{
	static const char *const names[MEASURED_KEYS] = {"PK", "KEK", "db", "dbx"};
	static const char *const states[] = {
		[MEASURED_SECURE_BOOT_UNKNOWN] = "unknown",
		[MEASURED_SECURE_BOOT_OFF] = "off",
		[MEASURED_SECURE_BOOT_ON] = "on",
	};
	json_t *keys = json_object();

	for (unsigned i = 0; i < MEASURED_KEYS; i++)
		json_object_set_new(keys, names[i], v->key_measured[i] ? hex(v->keys[i]) : json_null());
	return json_pack("{ss ss ss so so so}", "form", v->form == MEASURED_UKI ? "efi" : "kernel", "cmdline",
			 v->cmdline, "secure_boot", states[v->secure_boot], "keys", keys, "loaders",
			 found_to_json(v->loaders, v->n_loaders, true), "roms",
			 found_to_json(v->roms, v->n_roms, false));
}
