/* SPDX-License-Identifier: Apache-2.0 */
#include "redfish/secure_boot_keys.h"

#include <string.h>

#include "core/io.h"
#include "core/ossl.h"
#include "redfish/call.h"
#include "redfish/client.h"

#define DATABASES_MAX 32
#define PEM_MAX       65536 /* bytes of a certificate; more is not read */
#define NAME_MAX_LEN  512

void rf_secure_boot_clear(struct rf_secure_boot *sb)
{
	json_decref(sb->json);
	*sb = (struct rf_secure_boot){0};
}

int rf_secure_boot_read(struct rf_secure_boot *sb, struct err *err)
{
	json_t *json = NULL;
	int r = rf_get(sb->bmc, sb->path, &json, NULL, err);

	if (r < 0)
		return r;
	json_decref(sb->json);
	sb->json = json;
	return 0;
}

int rf_secure_boot_find(struct rf_bmc *bmc, struct rf_secure_boot *ret, struct err *err)
{
	_cleanup_(rf_system_clear) struct rf_system system;
	int r = rf_system_find(bmc, &system, err);

	*ret = (struct rf_secure_boot){.bmc = bmc};
	if (r == 0)
		r = rf_ref_at(system.json, system.path, "SecureBoot/@odata.id", bmc->origin, ret->path, err);
	if (r == 0 && !ret->path[0])
		r = err_set(err, EOPNOTSUPP, "%s%s: the BMC does not show Secure Boot", bmc->origin,
			    system.path);
	return r < 0 ? r : rf_secure_boot_read(ret, err);
}

int rf_keys_database(const struct rf_secure_boot *sb, const char *id, char path[RF_PATH_MAX], struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members members = {0};
	_cleanup_json_ json_t *ids = json_array();
	_cleanup_free_ char *listed = NULL, *shown = NULL;
	int r = rf_members_at(sb->bmc, sb->json, sb->path, "SecureBootDatabases", &members, err);

	if (r < 0)
		return r;
	for (unsigned n = 0; n < members.n; n++) {
		if (!strcmp(rf_last_part(members.paths[n]), id)) {
			snprintf(path, RF_PATH_MAX, "%s", members.paths[n]);
			return 0;
		}
		if (n < DATABASES_MAX)
			json_array_append_new(ids, json_string(rf_last_part(members.paths[n])));
	}
	listed = rf_listed(ids);
	shown = rf_plain(listed);
	return err_set(err, ENOENT, "%s%s has no key database %.60s (there are: %s)", sb->bmc->origin,
		       sb->path, id, *shown ? shown : "none");
}

int rf_keys_describe(const char *pem, json_t *into, unsigned *ret_n, struct err *err)
{
	_cleanup_(ossl_certs_freep) STACK_OF(X509) *certs = NULL;
	char hex[SHA256_HEX_SIZE], name[NAME_MAX_LEN];
	size_t len = strlen(pem);
	int r = len > PEM_MAX ? err_set(err, EFBIG, "a certificate of %zu bytes", len)
			      : ossl_certs_read(pem, len, "certificate", &certs, err);

	if (r < 0)
		return r;
	ossl_fingerprint(sk_X509_value(certs, 0), hex);
	json_object_set_new(into, "sha256", json_string(hex));
	ossl_subject(sk_X509_value(certs, 0), name, sizeof(name));
	json_object_set_new(into, "subject", json_string(name));
	ossl_issuer(sk_X509_value(certs, 0), name, sizeof(name));
	json_object_set_new(into, "issuer", json_string(name));
	if (ret_n)
		*ret_n = (unsigned)sk_X509_num(certs);
	return 0;
}

/* A certificate that cannot be read is one all the same: it is listed with the reason. */
static int add_certificate(struct rf_inspection *i, const json_t *json, const char *path, json_t *made,
			   struct err *err)
{
	const json_t *value = json_object_get(json, "CertificateString");
	struct err why;

	(void)i;
	if (value && !json_is_string(value) && !json_is_null(value))
		return err_set(err, EBADMSG, "%s: 'CertificateString' must be a string", path);
	json_object_set_new(made, "path", json_string(path));
	json_object_set_new(made, "sha256", json_null());
	json_object_set_new(made, "subject", json_null());
	json_object_set_new(made, "issuer", json_null());
	json_object_set_new(made, "why", json_null());
	if (!json_is_string(value))
		json_object_set_new(made, "why", json_string("the BMC does not show the certificate"));
	else if (rf_keys_describe(json_string_value(value), made, NULL, &why) < 0) {
		_cleanup_free_ char *shown = rf_plain(why.text);

		json_object_set_new(made, "why", json_string(shown));
	}
	return 0;
}

static int add_path(struct rf_inspection *i, const json_t *json, const char *path, json_t *made,
		    struct err *err)
{
	(void)i;
	(void)json;
	(void)err;
	json_object_set_new(made, "path", json_string(path));
	return 0;
}

static const struct rf_field certificate_names[] = {{"Id", "id"}, {"UefiSignatureOwner", "owner"}, {}};
static const struct rf_field signature_names[] = {{"Id", "id"},
						  {"SignatureType", "type"},
						  {"SignatureString", "value"},
						  {"UefiSignatureOwner", "owner"},
						  {}};

static int list_part(struct rf_inspection *i, const json_t *database, const char *path, const char *at,
		     const struct rf_inspect_kind *kind, json_t *list, struct err *err)
{
	_cleanup_(rf_members_clear) struct rf_members members = {0};
	int r = rf_members_at(i->bmc, database, path, at, &members, err);

	if (r == 0)
		r = rf_inspect_members(i, &members, kind, list, err);
	return rf_inspect_note(i, path, r, err);
}

int rf_keys_list(struct rf_inspection *i, const char *path, json_t *list, struct err *err)
{
	const struct rf_inspect_kind certificates = {.fields = certificate_names, .more = add_certificate};
	const struct rf_inspect_kind signatures = {.fields = signature_names, .more = add_path};
	_cleanup_json_ json_t *database = NULL, *made = NULL;
	json_t *certificate_list = json_array(), *signature_list = json_array();
	int r;

	made = json_pack("{s:s, s:s, s:o, s:o}", "id", rf_last_part(path), "path", path, "certificates",
			 certificate_list, "signatures", signature_list);
	r = rf_get(i->bmc, path, &database, NULL, err);
	if (r < 0)
		return rf_inspect_note(i, path, r, err);
	json_array_append(list, made);
	r = list_part(i, database, path, "Certificates", &certificates, certificate_list, err);
	return r < 0 ? r : list_part(i, database, path, "Signatures", &signatures, signature_list, err);
}

int rf_keys_read(struct rf_bmc *bmc, const char *path, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *list = json_array(), *problems = json_array();
	struct rf_inspection i = {.bmc = bmc, .problems = problems};
	const json_t *first;
	int r = rf_keys_list(&i, path, list, err);

	if (r < 0)
		return r;
	first = json_array_get(problems, 0);
	if (first)
		return err_set(err, EBADMSG, "%s: %s", json_string_value(json_object_get(first, "part")),
			       json_string_value(json_object_get(first, "reason")));
	*ret = json_incref(json_array_get(list, 0));
	return 0;
}
