/* SPDX-License-Identifier: Apache-2.0 */
/* remint order import: brings the record of a stand-alone use to the station, and fetches the certificate that it makes of it. */
#include <libgen.h>
#include <string.h>

#include "cli/client.h"
#include "cli/order/standalone.h"
#include "core/cms.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "images/boot/stick.h"
#include "protocol/standalone.h"

/* Both texts are sent as JSON strings, which keep the bytes of what is UTF-8 without a NUL. */
static int add_text(json_t *body, const char *key, const char *path, size_t max, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r = file_read(path, max, &text, &len, err);

	if (r < 0)
		return r;
	return json_object_set_new(body, key, json_stringn(text, len)) < 0
		       ? err_set(err, EINVAL, "%s is not UTF-8", path)
		       : 0;
}

static int add_signature(json_t *body, const char *key, const char *path, struct err *err)
{
	_cleanup_free_ char *sig = NULL, *hex = NULL;
	size_t len = 0;
	int r = file_read(path, CMS_MAX, &sig, &len, err);

	if (r < 0)
		return r;
	hex = xcalloc(2, len + 1);
	hex_encode(sig, len, hex);
	json_object_set_new(body, key, json_string(hex));
	return 0;
}

/* The record's folder is the medium's, with the order in it. */
static int read_files(const char *path, json_t *body, struct err *err)
{
	_cleanup_free_ char *copy = xstrdup(path), *sig = str_printf("%s.p7s", path);
	const char *folder = dirname(copy);
	_cleanup_free_ char *order = path_join(folder, STICK_ORDER),
			    *order_sig = path_join(folder, STICK_SIGNATURE);
	int r = add_text(body, "record", path, STANDALONE_MAX, err);

	if (r == 0)
		r = add_signature(body, "record_p7s", sig, err);
	if (r == 0)
		r = add_text(body, "order", order, STANDALONE_ORDER_MAX, err);
	return r < 0 ? r : add_signature(body, "order_p7s", order_sig, err);
}

static int save(const struct client_options *client, const char *id, const char *what, const char *path,
		struct err *err)
{
	_cleanup_free_ char *target = str_printf("/v1/imports/%s/%s", id, what), *text = NULL;
	size_t len = 0;
	int r = client_fetch(client, target, &text, &len, err);

	return r < 0 ? r : file_write_atomic(path, text, len, 0644, err);
}

/* "evidence-o-1-1.json" becomes "certificate-o-1-1.json". */
static char *certificate_path(const char *folder, const char *record)
{
	_cleanup_free_ char *copy = xstrdup(record), *name = NULL;
	const char *base = basename(copy);

	if (!strncmp(base, "evidence-", 9))
		base += 9;
	name = str_printf("certificate-%s", base);
	return path_join(folder, name);
}

static int import(const struct client_options *client, const char *record, const char *folder,
		  struct err *err)
{
	_cleanup_free_ char *path = certificate_path(folder, record), *sig = str_printf("%s.p7s", path);
	_cleanup_json_ json_t *body = json_object(), *answer = NULL;
	const char *id = NULL;
	int r = read_files(record, body, err);

	if (r == 0)
		r = client_call(client, "POST", "/v1/imports", body, &answer, err);
	if (r == 0)
		r = json_get_str(answer, "answer", "id", SHA256_HEX_SIZE - 1, &id, err);
	if (r == 0 && id[strspn(id, "0123456789abcdef")])
		r = err_set(err, EPROTO, "the station's answer names no import");
	if (r == 0)
		r = save(client, id, "certificate", path, err);
	if (r == 0)
		r = save(client, id, "certificate.p7s", sig, err);
	if (r == 0)
		printf("%s\n%s\n", path, sig);
	return r < 0 ? err_prepend(err, "%s", record) : 0;
}

int order_import(int argc, char **argv)
{
	struct client_options client = {};
	const char *records[ARG_LIST_MAX] = {NULL}, *to = ".";
	const struct arg_option options[] = {
		{"output", ARG_TEXT, &to, "DIR", "where the certificates go (default: here)"},
		CLIENT_ARGS(&client),
		{},
	};
	const struct arg_spec spec = {"remint order import FILE...",
				      "Has the station countersign the records of stand-alone orders: "
				      "evidence-*.json of a boot medium, "
				      "beside which lie their signatures and the order.",
				      options, 1, ARG_LIST_MAX};
	struct err err = {0};
	enum arg_result parsed = args_parse(&spec, argc, argv, records);

	if (parsed != ARG_GO)
		return args_exit(parsed);
	if (make_dirs(to, 0755, &err) < 0)
		return fail_with(&err);
	for (unsigned i = 0; i < ARG_LIST_MAX && records[i]; i++)
		if (import(&client, records[i], to, &err) < 0)
			return fail_with(&err);
	return EXIT_SUCCESS;
}
