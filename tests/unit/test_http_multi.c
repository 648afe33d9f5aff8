/* rooms: tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Ranged fetches side by side, over TLS too, from a server that behaves as its path says. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/http_multi.h"
#include "core/io.h"
#include "core/pki.h"
#include "tests/fakes/web.h"

static char folder[] = "/tmp/remint-http-multi-XXXXXX";
static char *plain_url, *tls_url, *tls_by_address, *key_pem, *cert_pem, *ca_pem, *other_ca_pem;
static struct http_multi *multi;

/* What one transfer got. */
struct got {
	struct http_transfer *transfer;
	char bytes[WEB_SIZE];
	size_t len, enough; /* ends the transfer itself after so much; 0: never */
};

static char *read_text(const char *name)
{
	_cleanup_free_ char *path = path_join(folder, name);
	struct err err;
	char *text;

	assert_int_equal(file_read(path, 65536, &text, NULL, &err), 0);
	return text;
}

static void make_keys(void)
{
	static const char *const names[] = {"localhost", NULL};
	_cleanup_free_ char *ca_key = path_join(folder, "ca.key"), *ca_cert = path_join(folder, "ca.pem"),
			    *other_key = path_join(folder, "other.key"),
			    *other = path_join(folder, "other.pem"), *key = path_join(folder, "tls.key"),
			    *cert = path_join(folder, "tls.pem");
	struct pki_request ca = {.use = PKI_CA, .common_name = "ca", .days = 2};
	struct pki_request server = {.use = PKI_TLS_SERVER, .common_name = "s", .names = names, .days = 2};
	struct err err;

	server.ca_key = ca_key;
	server.ca_cert = ca_cert;
	assert_int_equal(pki_create(&ca, ca_key, ca_cert, &err), 0);
	assert_int_equal(pki_create(&ca, other_key, other, &err), 0);
	assert_int_equal(pki_create(&server, key, cert, &err), 0);
	key_pem = read_text("tls.key");
	cert_pem = read_text("tls.pem");
	ca_pem = read_text("ca.pem");
	other_ca_pem = read_text("other.pem");
}

static int setup(void **state)
{
	struct web_ports ports;
	struct err err;

	(void)state;
	assert_non_null(mkdtemp(folder));
	make_keys();
	ports = web_start(key_pem, cert_pem);
	plain_url = str_printf("http://user:secret@127.0.0.1:%u", ports.plain);
	tls_url = str_printf("https://localhost:%u", ports.tls);
	tls_by_address = str_printf("https://127.0.0.1:%u", ports.tls);
	setenv("http_proxy", "http://127.0.0.1:1", 1); /* neither may have any effect */
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	return http_multi_new(&multi, &err);
}

static int teardown(void **state)
{
	_cleanup_free_ char *command = str_printf("rm -rf %s", folder);
	char **texts[] = {&plain_url, &tls_url, &tls_by_address, &key_pem, &cert_pem, &ca_pem, &other_ca_pem};

	(void)state;
	http_multi_free(multi);
	web_stop();
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(*texts[i]);
	return system(command);
}

static int take(void *data, const void *buf, size_t len)
{
	struct got *got = data;

	assert_true(len <= sizeof(got->bytes) - got->len);
	memcpy(got->bytes + got->len, buf, len);
	got->len += len;
	return got->enough && got->len >= got->enough;
}

static void start(struct got *got, const char *origin, const char *path, const char *ca, uint64_t offset,
		  uint64_t len)
{
	_cleanup_free_ char *url = str_printf("%s%s?token=secret", origin, path);
	const struct http_ranged what = {
		.url = url, .ca_pem = ca, .offset = offset, .len = len, .sink = take, .data = got};
	struct err err;

	got->len = 0;
	assert_int_equal(http_multi_start(multi, &what, &got->transfer, &err), 0);
}

static int wait_for_one(struct err *err)
{
	uint64_t received;
	struct got *got;

	for (unsigned i = 0; i < 1000; i++) {
		assert_int_equal(http_multi_move(multi, 100, err), 0);
		if ((got = http_multi_ended(multi)))
			return http_multi_finish(multi, got->transfer, &received, err);
	}
	fail_msg("nothing ended");
	return 0;
}

static int fetch(const char *origin, const char *path, const char *ca, struct err *err)
{
	static struct got got;
	int r;

	start(&got, origin, path, ca, 1000, 70000);
	r = wait_for_one(err);
	if (r < 0) {
		assert_non_null(strstr(err->text, path));
		assert_null(strstr(err->text, "secret"));
	} else {
		assert_int_equal(got.len, 70000);
		assert_memory_equal(got.bytes, web_data + 1000, 70000);
	}
	return r;
}

static void test_several_at_once(void **state)
{
	static struct got got[4];
	struct err err;

	(void)state;
	for (unsigned i = 0; i < 4; i++)
		start(&got[i], plain_url, "/data", NULL, i * 50000, 50000);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(wait_for_one(&err), 0);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(got[i].len, 50000);
		assert_memory_equal(got[i].bytes, web_data + i * 50000, 50000);
	}
	assert_null(http_multi_ended(multi));
}

static void test_tls(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(fetch(tls_url, "/data", other_ca_pem, &err), -EKEYREJECTED);
	assert_int_equal(fetch(tls_url, "/data", ca_pem, &err), 0);
	/* a connection that was made with one CA is not used with another */
	assert_int_equal(fetch(tls_url, "/data", other_ca_pem, &err), -EKEYREJECTED);
	assert_int_equal(fetch(tls_url, "/data", NULL, &err), -EKEYREJECTED);
	assert_int_equal(fetch(tls_by_address, "/data", ca_pem, &err), -EKEYREJECTED);
}

static void test_wrong_answers(void **state)
{
	static const struct {
		const char *path;
		int code;
	} cases[] = {
		{"/ignores", EPROTO},
		{"/other-range", EPROTO},
		{"/no-content-range", EPROTO},
		{"/short", EPROTO},
		{"/long", EPROTO},
		{"/dropped", ECONNRESET},
		{"/redirect", EPROTO},
		{"/status/404", ENOENT},
		{"/status/410", ECANCELED},
		{"/status/503", EAGAIN},
		{"/data", 0},
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(fetch(plain_url, cases[i].path, NULL, &err), -cases[i].code);
	assert_int_equal(fetch("file:///etc", "/hostname", NULL, &err), -EPROTO);
}

static void test_the_sink_has_enough(void **state)
{
	static struct got got;
	struct err err;

	(void)state;
	got.enough = 100;
	start(&got, plain_url, "/data", NULL, 0, WEB_SIZE);
	assert_int_equal(wait_for_one(&err), -ECANCELED);
	assert_true(got.len >= 100);
}

static void test_breaking_off(void **state)
{
	static struct got got;
	uint64_t received = 1;
	struct err err;

	(void)state;
	start(&got, plain_url, "/slow", NULL, 0, 100);
	assert_int_equal(http_multi_move(multi, 10, &err), 0);
	assert_int_equal(http_multi_finish(multi, got.transfer, &received, &err), -ECANCELED);
	assert_int_equal(received, 0);
	assert_int_equal(http_multi_move(multi, 10, &err), 0);
	assert_null(http_multi_ended(multi));
	web_release(true);
}

static void *wake(void *data)
{
	http_multi_wake(data);
	return NULL;
}

/* Would take an hour, and the test's own limit ends it, if the other thread did not wake it. */
static void test_wake(void **state)
{
	pthread_t thread;
	struct err err;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, wake, multi), 0);
	assert_int_equal(http_multi_move(multi, 3600 * 1000, &err), 0);
	pthread_join(thread, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_several_at_once), cmocka_unit_test(test_tls),
		cmocka_unit_test(test_wrong_answers),   cmocka_unit_test(test_the_sink_has_enough),
		cmocka_unit_test(test_breaking_off),    cmocka_unit_test(test_wake),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
