/* rooms: station images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Request targets, ranges, tokens, and connections that take too long. */
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
	struct connections *connections = connections_new();
	struct connection *quick, *slow;
	int a[2], b[2];
	char byte;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, a), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b), 0);
	quick = connection_begin(connections, a[0]);
	slow = connection_begin(connections, b[0]);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets),
		cmocka_unit_test(ranges),
		cmocka_unit_test(tokens),
		cmocka_unit_test(overdue_connections_are_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
