/* rooms: station images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Request targets, ranges, tokens, and connections that take too long. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "station/auth.h"
#include "station/connections.h"
#include "station/target.h"

static void targets(void **state)
{
	static const struct {
		const char *raw, *path, *value; /* of the argument a */
		bool damaged;
	} cases[] = {
		{"/x", "/x", NULL, false},
		{"/x?", "/x", NULL, false},
		{"/x?a=b&c=d", "/x", "b", false},
		{"/x?a=%41%20+%2b", "/x", "A ++", false},
		{"/x?a", "/x", "", false},
		{"/x?a==", "/x", "=", false},
		{"/x?a=1&a=2", "/x", "1", true},
		{"/x?a=%0a", "/x", NULL, true},
		{"/x?a=%00", "/x", NULL, true},
		{"/x?a=%4", "/x", NULL, true},
		{"/x?a=%", "/x", NULL, true},
		{"/x?a=\xff", "/x", NULL, true},
		{"/%78", "", NULL, false},
		{"http://h/x", "", NULL, false},
		{"", "", NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct target t;
		const char *value;

		target_parse(cases[i].raw, &t);
		assert_string_equal(t.path, cases[i].path);
		assert_int_equal(t.damaged, cases[i].damaged);
		value = target_arg(&t, "a");
		if (cases[i].value)
			assert_string_equal(value, cases[i].value);
		else
			assert_null(value);
		target_clear(&t);
	}
}

static void ranges(void **state)
{
	uint64_t first = 0, len = 0;

	(void)state;
	assert_int_equal(range_parse("bytes=0-", UINT64_MAX, &first, &len), RANGE_PART);
	assert_true(first == 0 && len == UINT64_MAX);
	assert_int_equal(range_parse("Bytes=5-9999999999999999999", 10, &first, &len), RANGE_PART);
	assert_true(first == 5 && len == 5);
	assert_int_equal(range_parse("bytes=5-99999999999999999999", 10, &first, &len), RANGE_WHOLE);
	assert_int_equal(range_parse("bytes=0-0", 0, &first, &len), RANGE_UNSATISFIABLE);
	assert_int_equal(range_parse("bytes=-1", 0, &first, &len), RANGE_UNSATISFIABLE);
	assert_int_equal(range_parse(NULL, 10, &first, &len), RANGE_WHOLE);
}

static void tokens(void **state)
{
	char token[TOKEN_SIZE], other[TOKEN_SIZE], hash[SHA256_HEX_SIZE], again[SHA256_HEX_SIZE];

	(void)state;
	token_make(token, hash);
	assert_int_equal(strlen(token), 43);
	assert_int_equal(token_hash(token, again), 0);
	assert_string_equal(hash, again);
	token_make(other, again);
	assert_string_not_equal(token, other);
	token[0] = '=';
	assert_int_equal(token_hash(token, hash), -EBADMSG);
}

static void overdue_connections_are_ended(void **state)
{
	struct connections *connections =
		connections_new(&(struct connection_limits){.max = 8, .max_per_address = 8, .idle_s = 60});
	struct connection *quick, *slow;
	int a[2], b[2];
	char byte;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b), 0);
	quick = connection_begin(connections, 0, a[0], NULL);
	slow = connection_begin(connections, 1, b[0], NULL);
	connection_limit(connections, slow, 1);
	sleep(2);
	connections_sweep(connections);
	assert_int_equal(read(a[1], &byte, 1), -1);
	assert_int_equal(read(b[1], &byte, 1), 0);
	connection_end(connections, quick);
	connection_end(connections, slow);
	connections_free(connections);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
}

static struct connection *from(struct connections *connections, unsigned port, const char *text)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return connection_begin(connections, port, -1, (struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return connection_begin(connections, port, -1, (struct sockaddr *)&v6);
}

static void connections_are_counted(void **state)
{
	static const struct {
		unsigned port;
		const char *from;
		bool beyond;
	} rows[] = {
		{0, "192.0.2.1", false},       {0, "::ffff:192.0.2.1", false}, /* the same machine */
		{0, "192.0.2.1", true},        {0, "192.0.2.2", false},
		{1, "192.0.2.1", false}, /* each port has its own */
		{0, "2001:db8::1", false},     {0, "2001:db8::2:1", false},
		{0, "2001:db8::3", true},     /* one network of 64 bits */
		{0, "2001:db8:0:1::3", true}, /* the port has 5 */
		{1, "2001:db8:0:1::3", false},
	};
	struct connections *connections =
		connections_new(&(struct connection_limits){.max = 5, .max_per_address = 2, .idle_s = 60});
	struct connection *c[sizeof(rows) / sizeof(*rows)], *again;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		c[i] = from(connections, rows[i].port, rows[i].from);
		if (connection_beyond(c[i]) != rows[i].beyond)
			fail_msg("row %zu: %s", i, rows[i].from);
	}
	connection_end(connections, c[2]); /* was not counted: its end makes no room */
	c[2] = from(connections, 0, "192.0.2.3");
	assert_true(connection_beyond(c[2]));
	connection_end(connections, c[0]);
	again = from(connections, 0, "192.0.2.1");
	assert_false(connection_beyond(again));
	connection_end(connections, again);
	for (size_t i = 1; i < sizeof(rows) / sizeof(*rows); i++)
		connection_end(connections, c[i]);
	connections_free(connections); /* the sanitizer sees what is left */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets),
		cmocka_unit_test(ranges),
		cmocka_unit_test(tokens),
		cmocka_unit_test(overdue_connections_are_ended),
		cmocka_unit_test(connections_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
