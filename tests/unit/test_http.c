/* rooms: tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/http.h"
#include "core/io.h"
#include "core/pki.h"
#include "tests/fakes/web.h"

static char folder[] = "/tmp/remint-http-XXXXXX";
static char *plain_url, *tls_url, *tls_by_address, *key_pem, *cert_pem, *ca_file, *other_ca_file, *ca_pem;

static void make_keys(void)
{
	static const char *const names[] = {"localhost", NULL};
	_cleanup_free_ char *ca_key = path_join(folder, "ca.key"),
			    *other_key = path_join(folder, "other.key"), *key = path_join(folder, "tls.key"),
			    *cert = path_join(folder, "tls.pem");
	struct pki_request ca = {.use = PKI_CA, .common_name = "ca", .days = 2};
	struct pki_request server = {.use = PKI_TLS_SERVER, .common_name = "s", .names = names, .days = 2};
	struct err err = {0};

	ca_file = path_join(folder, "ca.pem");
	other_ca_file = path_join(folder, "other.pem");
	server.ca_key = ca_key;
	server.ca_cert = ca_file;
	assert_int_equal(pki_create(&ca, ca_key, ca_file, &err), 0);
	assert_int_equal(pki_create(&ca, other_key, other_ca_file, &err), 0);
	assert_int_equal(pki_create(&server, key, cert, &err), 0);
	assert_int_equal(file_read(key, 65536, &key_pem, NULL, &err), 0);
	assert_int_equal(file_read(cert, 65536, &cert_pem, NULL, &err), 0);
	assert_int_equal(file_read(ca_file, 65536, &ca_pem, NULL, &err), 0);
}

static int setup(void **state)
{
	struct web_ports ports;

	(void)state;
	assert_non_null(mkdtemp(folder));
	make_keys();
	ports = web_start(key_pem, cert_pem);
	plain_url = str_printf("http://127.0.0.1:%u", ports.plain);
	tls_url = str_printf("https://localhost:%u", ports.tls);
	tls_by_address = str_printf("https://127.0.0.1:%u", ports.tls);
	/* None of these may have any effect. */
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("https_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	setenv("CURL_CA_BUNDLE", ca_file, 1);
	setenv("SSL_CERT_FILE", ca_file, 1);
	return 0;
}

static int teardown(void **state)
{
	_cleanup_free_ char *command = str_printf("rm -rf %s", folder);
	char **texts[] = {&plain_url, &tls_url, &tls_by_address, &key_pem,
			  &cert_pem,  &ca_file, &other_ca_file,  &ca_pem};

	(void)state;
	web_stop();
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(*texts[i]);
	return system(command);
}

static struct http *client(struct http_options options)
{
	struct http *http = NULL;
	struct err err = {0};

	assert_int_equal(http_new(&options, &http, &err), 0);
	return http;
}

/* ---- exchanges ---- */

static void test_json(void **state)
{
	_cleanup_(http_freep) struct http *http =
		client((struct http_options){.base = plain_url, .token = "s3cret"});
	_cleanup_json_ json_t *body = json_pack("{si}", "a", 1), *answer = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(http_json(http, "POST", "/echo?x=1", body, &answer, &err), 0);
	assert_string_equal(json_string_value(json_object_get(answer, "method")), "POST");
	assert_string_equal(json_string_value(json_object_get(answer, "auth")), "Bearer s3cret");
	assert_string_equal(json_string_value(json_object_get(answer, "type")), "application/json");
	assert_string_equal(json_string_value(json_object_get(answer, "body")), "{\"a\":1}");
	json_decref(answer);
	answer = (json_t *)-1;
	assert_int_equal(http_json(http, "DELETE", "/status/204", NULL, &answer, &err), 0);
	assert_null(answer);
	assert_int_equal(http_json(http, "PUT", "/echo", body, NULL, &err), 0);
}

static void test_token_stays_at_its_origin(void **state)
{
	_cleanup_(http_freep) struct http *http =
		client((struct http_options){.base = "http://127.0.0.1:9", .token = "s3cret"});
	_cleanup_free_ char *url = str_printf("%s/echo", plain_url);
	_cleanup_json_ json_t *answer = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(http_json(http, "GET", url, NULL, &answer, &err), 0);
	assert_null(json_string_value(json_object_get(answer, "auth")));
	json_decref(answer);
	answer = NULL;
	http_set_token(http, NULL);
	assert_int_equal(http_json(http, "GET", url, NULL, &answer, &err), 0);
}

static void test_statuses(void **state)
{
	static const struct {
		int status, code;
	} rows[] = {{400, EINVAL},    {401, EACCES}, {403, EPERM},  {404, ENOENT}, {409, ESTALE},
		    {410, ECANCELED}, {413, EFBIG},  {429, EAGAIN}, {503, EAGAIN}, {418, EPROTO}};
	_cleanup_(http_freep) struct http *http = client((struct http_options){.base = plain_url});
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_cleanup_free_ char *target = str_printf("/status/%d", rows[i].status);

		assert_int_equal(http_json(http, "GET", target, NULL, NULL, &err), -rows[i].code);
		assert_string_equal(err.text, "because");
	}
	assert_int_equal(http_json(http, "GET", "/plain-500?token=x", NULL, NULL, &err), -EAGAIN);
	assert_string_equal(err.text, "GET /plain-500: HTTP status 500");
	assert_int_equal(http_json(http, "GET", "/redirect", NULL, NULL, &err), -EPROTO);
	assert_true(http_transient(-EAGAIN) && http_transient(ECONNRESET) && !http_transient(EPROTO));
}

static void test_request(void **state)
{
	_cleanup_(http_freep) struct http *http = client((struct http_options){.base = plain_url});
	_cleanup_(http_response_clear) struct http_response response = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(http_request(http, "GET", "/file", NULL, NULL, 0, WEB_SIZE, &response, &err), 0);
	assert_int_equal(response.status, 200);
	assert_int_equal(response.len, WEB_SIZE);
	assert_memory_equal(response.body, web_data, WEB_SIZE);
	http_response_clear(&response);
	assert_int_equal(http_request(http, "GET", "/file", NULL, NULL, 0, WEB_SIZE - 1, &response, &err),
			 -EFBIG);
	assert_int_equal(http_request(http, "GET", "/redirect", NULL, NULL, 0, 10, &response, &err), 0);
	assert_int_equal(response.status, 302);
	assert_string_equal(response.body, "");
	http_response_clear(&response);
	assert_int_equal(
		http_request(http, "GET", "file:///etc/hostname", NULL, NULL, 0, 10, &response, &err),
		-EPROTO);
	assert_int_equal(http_request(http, "GET", "http://user:pw@127.0.0.1:1/a?secret", NULL, NULL, 0, 10,
				      &response, &err),
			 -ECONNREFUSED);
	assert_memory_equal(err.text, "http://127.0.0.1:1/a: ", 22);
}

static bool always(void *asked)
{
	*(bool *)asked = true;
	return true;
}

static void test_patience(void **state)
{
	bool asked = false;
	_cleanup_(http_freep) struct http *short_of_time =
		client((struct http_options){.base = plain_url, .timeout_s = 1});
	_cleanup_(http_freep) struct http *cancelled = client(
		(struct http_options){.base = plain_url, .cancelled = always, .cancelled_data = &asked});
	struct err err = {0};

	(void)state;
	web_release(false);
	assert_int_equal(http_json(short_of_time, "GET", "/slow", NULL, NULL, &err), -ETIMEDOUT);
	assert_int_equal(http_json(cancelled, "GET", "/slow", NULL, NULL, &err), -ECANCELED);
	assert_true(asked);
	web_release(true);
}

/* ---- TLS ---- */

static void test_tls(void **state)
{
	_cleanup_(http_freep) struct http *good =
		client((struct http_options){.base = tls_url, .ca_file = ca_file});
	_cleanup_(http_freep) struct http *blob =
		client((struct http_options){.base = tls_url, .ca_file = other_ca_file, .ca_pem = ca_pem});
	_cleanup_(http_freep) struct http *wrong =
		client((struct http_options){.base = tls_url, .ca_file = other_ca_file});
	_cleanup_(http_freep) struct http *system_ca = client((struct http_options){.base = tls_url});
	_cleanup_(http_freep) struct http *by_address =
		client((struct http_options){.base = tls_by_address, .ca_file = ca_file});
	struct err err = {0};

	(void)state;
	assert_int_equal(http_json(good, "GET", "/echo", NULL, NULL, &err), 0);
	assert_int_equal(http_json(blob, "GET", "/echo", NULL, NULL, &err), 0);
	assert_int_equal(http_json(wrong, "GET", "/echo", NULL, NULL, &err), -EKEYREJECTED);
	assert_int_equal(http_json(system_ca, "GET", "/echo", NULL, NULL, &err), -EKEYREJECTED);
	assert_int_equal(http_json(by_address, "GET", "/echo", NULL, NULL, &err), -EKEYREJECTED);
}

/* ---- ranges ---- */

struct taken {
	size_t len, stop_at;
	uint64_t offset;
};

static int take(void *user, const void *buf, size_t len, struct err *err)
{
	struct taken *taken = user;

	assert_memory_equal(buf, web_data + taken->offset + taken->len, len);
	taken->len += len;
	return taken->stop_at && taken->len >= taken->stop_at ? err_set(err, ENOSPC, "full") : 0;
}

static int fetch(const char *path, uint64_t offset, uint64_t len, struct taken *taken, struct err *err)
{
	_cleanup_(http_freep) struct http *http = client((struct http_options){.base = "https://elsewhere"});
	_cleanup_free_ char *url = str_printf("%s%s", plain_url, path);

	*taken = (struct taken){.offset = offset, .stop_at = taken->stop_at};
	return http_fetch_range(http, url, offset, len, take, taken, err);
}

static void test_range(void **state)
{
	struct taken taken = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(fetch("/file", 0, WEB_SIZE, &taken, &err), 0);
	assert_int_equal(taken.len, WEB_SIZE);
	assert_int_equal(fetch("/file", 12345, 54321, &taken, &err), 0);
	assert_int_equal(taken.len, 54321);
	assert_int_equal(fetch("/file", WEB_SIZE - 1, 1, &taken, &err), 0);
	assert_int_equal(fetch("/file", 5, 0, &taken, &err), 0);
	assert_int_equal(fetch("/file", UINT64_MAX, 2, &taken, &err), -EINVAL);
}

static void test_range_refused(void **state)
{
	static const struct {
		const char *path, *says;
		int code;
		bool nothing; /* no byte may have reached the sink */
	} rows[] = {
		{"/ignores", "ignores ranges", EPROTO, true},
		{"/other-range", "another range", EPROTO, true},
		{"/no-content-range", "another range", EPROTO, true},
		{"/short", "ends after", EPROTO, false},
		{"/long", "more bytes", EPROTO, false},
		{"/dropped", "", ECONNRESET, false},
		{"/status/404", "404", ENOENT, true},
		{"/status/416", "416", EPROTO, true},
		{"/status/503", "503", EAGAIN, true},
		{"/redirect", "302", EPROTO, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct taken taken = {0};
		struct err err = {0};

		assert_int_equal(fetch(rows[i].path, 0, WEB_SIZE / 2, &taken, &err), -rows[i].code);
		assert_true(!rows[i].nothing || !taken.len);
		assert_true(taken.len <= WEB_SIZE / 2);
		if (!strstr(err.text, rows[i].says) || !strstr(err.text, rows[i].path))
			fail_msg("\"%s\"", err.text);
	}
}

static void test_sink_stops(void **state)
{
	struct taken taken = {.stop_at = 1};
	struct err err = {0};

	(void)state;
	assert_int_equal(fetch("/file", 0, WEB_SIZE, &taken, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "full"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),       cmocka_unit_test(test_token_stays_at_its_origin),
		cmocka_unit_test(test_statuses),   cmocka_unit_test(test_request),
		cmocka_unit_test(test_patience),   cmocka_unit_test(test_tls),
		cmocka_unit_test(test_range),      cmocka_unit_test(test_range_refused),
		cmocka_unit_test(test_sink_stops),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
