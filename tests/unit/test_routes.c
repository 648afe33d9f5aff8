/* rooms: station redfish images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The route table and docs/openapi.json say the same, in both directions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "core/json.h"
#include "station/routes.h"

/* "/v1/nodes/{name}" -> "/v1/nodes/<star>" */
static void pattern_of(const char *path, char pattern[128])
{
	size_t n = 0;

	for (; *path && n < 127; path++) {
		if (*path != '{') {
			pattern[n++] = *path;
			continue;
		}
		pattern[n++] = '*';
		path += strcspn(path, "}");
	}
	pattern[n] = '\0';
}

static const struct route *find(const char *method, const char *path)
{
	char pattern[128];

	pattern_of(path, pattern);
	for (size_t i = 0; i < n_routes; i++) {
		if (strcasecmp(routes[i].method, method) == 0 && strcmp(routes[i].path, pattern) == 0)
			return &routes[i];
	}
	return NULL;
}

static const char *documented_auth(const json_t *operation)
{
	const json_t *security = json_array_get(json_object_get(operation, "security"), 0);
	const char *kind = security ? json_object_iter_key(json_object_iter((json_t *)security)) : "none";

	return strcmp(kind, "account") == 0 ? json_string_value(json_object_get(operation, "x-role")) : kind;
}

static void each_call_is_documented_as_it_is(void **state)
{
	static const char *const auths[] = {"none", "hint", "lease", "viewer", "operator", "administrator"};
	_cleanup_json_ json_t *doc = NULL;
	struct err err = {0};
	const char *path, *method;
	json_t *methods, *operation;
	size_t n = 0;

	(void)state;
	assert_int_equal(json_read_file("docs/openapi.json", 1 << 20, &doc, &err), 0);
	json_object_foreach(json_object_get(doc, "paths"), path, methods) {
		json_object_foreach(methods, method, operation) {
			const struct route *route = find(method, path);
			bool takes_body = json_object_get(operation, "requestBody");

			if (!route)
				fail_msg("%s %s is documented, and there is no such call", method, path);
			assert_string_equal(documented_auth(operation), auths[route->auth]);
			assert_string_equal(json_string_value(json_object_get(operation, "x-port")),
					    route->port == PORT_HTTP ? "http" : "https");
			if (takes_body && !route->body_limit)
				fail_msg("%s %s takes no body", method, path);
			n++;
		}
	}
	if (n != n_routes)
		fail_msg("%zu calls are documented, and there are %zu", n, n_routes);
}

static void what_changes_something_is_audited(void **state)
{
	(void)state;
	for (size_t i = 0; i < n_routes; i++) {
		if (routes[i].auth >= AUTH_VIEWER && strcmp(routes[i].method, "GET") != 0)
			assert_non_null(routes[i].action);
		/* Whoever boots asks for a hint before he has one. */
		if (routes[i].port == PORT_HTTPS && strcmp(routes[i].path, "/v1/agent/boot") != 0)
			assert_int_not_equal(routes[i].auth, AUTH_NONE);
		assert_non_null(routes[i].handler);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_call_is_documented_as_it_is),
		cmocka_unit_test(what_changes_something_is_audited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
