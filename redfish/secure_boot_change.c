/* SPDX-License-Identifier: Apache-2.0 */
/* One key into a database of Secure Boot, or out of it. */
#include <string.h>

#include "core/io.h"
#include "redfish/call.h"
#include "redfish/client.h"
#include "redfish/collection.h"
#include "redfish/secure_boot.h"
#include "redfish/secure_boot_keys.h"
#include "redfish/write.h"

/* A database, found and read. */
struct database {
	struct rf_secure_boot sb;
	char path[RF_PATH_MAX];
	json_t *json; /* of rf_keys_read() */
};

static void database_clear(struct database *d)
{
	rf_secure_boot_clear(&d->sb);
	json_decref(d->json);
}

static int database_read(struct database *d, struct err *err)
{
	json_t *json = NULL;
	int r = rf_keys_read(d->sb.bmc, d->path, &json, err);

	if (r < 0)
		return r;
	json_decref(d->json);
	d->json = json;
	return 0;
}

static int database_open(struct rf_bmc *bmc, const char *id, struct database *ret, struct err *err)
{
	int r;

	*ret = (struct database){0};
	r = rf_secure_boot_find(bmc, &ret->sb, err);
	if (r == 0)
		r = rf_keys_database(&ret->sb, id, ret->path, err);
	return r < 0 ? r : database_read(ret, err);
}

static bool has(const json_t *entry, const char *name, const char *value)
{
	const char *text = json_string_value(json_object_get(entry, name));

	return text && !strcasecmp(text, value);
}

/* Entries that are called that, by id or by SHA-256; the last of them into *ret, borrowed. */
static unsigned find(const struct database *d, const char *key, const json_t **ret)
{
	static const char *const lists[] = {"certificates", "signatures"};
	unsigned found = 0;

	for (unsigned n = 0; n < sizeof(lists) / sizeof(lists[0]); n++) {
		const json_t *list = json_object_get(d->json, lists[n]), *entry;
		size_t i;

		json_array_foreach((json_t *)list, i, entry)
			if (has(entry, "id", key) || has(entry, "sha256", key) || has(entry, "value", key)) {
				*ret = entry;
				found++;
			}
	}
	return found;
}

/* Where certificates are added: the collection that the database refers to. */
static int collection_of(struct database *d, char path[RF_PATH_MAX], struct err *err)
{
	_cleanup_json_ json_t *json = NULL;
	int r = rf_get(d->sb.bmc, d->path, &json, NULL, err);

	if (r == 0)
		r = rf_ref_at(json, d->path, "Certificates/@odata.id", d->sb.bmc->origin, path, err);
	if (r == 0 && !path[0])
		r = err_set(err, EOPNOTSUPP, "%s%s takes no certificates", d->sb.bmc->origin, d->path);
	return r;
}

static int add(struct database *d, const char *pem, const char *owner, struct err *err)
{
	_cleanup_json_ json_t *body =
		json_pack("{s:s, s:s}", "CertificateString", pem, "CertificateType", "PEM");
	char path[RF_PATH_MAX];
	int r = collection_of(d, path, err);

	if (!body)
		return err_set(err, EINVAL, "a certificate must be PEM");
	if (owner)
		json_object_set_new(body, "UefiSignatureOwner", json_string(owner));
	if (r == 0)
		r = rf_post(d->sb.bmc, path, body, NULL, err);
	return r < 0 ? r : database_read(d, err);
}

int rf_secure_boot_add(struct rf_bmc *bmc, const char *database, const char *pem, const char *owner,
		       json_t **ret, struct err *err)
{
	_cleanup_(database_clear) struct database d = {.sb.bmc = bmc};
	_cleanup_json_ json_t *about = json_object();
	const json_t *entry = NULL;
	const char *sha256;
	unsigned n = 0;
	int r = rf_keys_describe(pem, about, &n, err);

	if (r == 0 && n != 1)
		r = err_set(err, EINVAL, "%u certificates at once: add them one by one", n);
	if (r == 0)
		r = database_open(bmc, database, &d, err);
	if (r < 0)
		return r;
	sha256 = json_string_value(json_object_get(about, "sha256"));
	if (find(&d, sha256, &entry))
		return err_set(err, EEXIST, "%s%s has this certificate already (SHA-256 %s)", bmc->origin,
			       d.path, sha256);
	r = add(&d, pem, owner, err);
	if (r < 0)
		return r;
	*ret = json_pack("{s:s, s:s, s:O, s:b}", "database", database, "sha256", sha256, "subject",
			 json_object_get(about, "subject"), "seen", find(&d, sha256, &entry) > 0);
	return 0;
}

static int delete_key(struct rf_bmc *bmc, const char *path, struct err *err)
{
	_cleanup_(rf_answer_clear) struct rf_answer answer;
	int r = rf_delete_once(bmc, path, &answer, err);

	if (r < 0)
		return r;
	if (answer.status < 200 || answer.status > 299)
		return rf_answer_refused(&answer, "DELETE", path, err);
	return rf_task_wait(bmc, &answer, err);
}

int rf_secure_boot_delete(struct rf_bmc *bmc, const char *database, const char *key, json_t **ret,
			  struct err *err)
{
	_cleanup_(database_clear) struct database d = {.sb.bmc = bmc};
	_cleanup_free_ char *id = NULL;
	const json_t *entry = NULL;
	unsigned n;
	int r = database_open(bmc, database, &d, err);

	if (r < 0)
		return r;
	n = find(&d, key, &entry);
	if (n != 1)
		return err_set(err, n ? EEXIST : ENOENT, "%s%s has %s that is called %.80s", bmc->origin,
			       d.path, n ? "more than one key" : "no key", key);
	id = xstrdup(rf_last_part(json_string_value(json_object_get(entry, "path"))));
	r = delete_key(bmc, json_string_value(json_object_get(entry, "path")), err);
	if (r == 0)
		r = database_read(&d, err);
	if (r < 0)
		return r;
	*ret = json_pack("{s:s, s:s, s:b}", "database", database, "id", id, "seen",
			 find(&d, key, &entry) == 0);
	return 0;
}
