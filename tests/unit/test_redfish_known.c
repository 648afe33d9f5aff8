/* rooms: redfish core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The file of BMCs that an operator has vouched for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "core/io.h"
#include "core/pki.h"
#include "redfish/trust.h"

#define BMC "https://10.0.0.7"

static char folder[] = "/tmp/remint-known-XXXXXX";
static char *path;
static struct rf_certificate one, other;

static void make(const char *name, struct rf_certificate *ret)
{
	_cleanup_free_ char *key = str_printf("%s/%s.key", folder, name),
			    *cert = str_printf("%s/%s.pem", folder, name), *pem = NULL;
	const struct pki_request request = {.use = PKI_CA, .common_name = name, .days = 2};
	struct err err;

	assert_int_equal(pki_create(&request, key, cert, &err), 0);
	assert_int_equal(file_read(cert, 65536, &pem, NULL, &err), 0);
	assert_int_equal(rf_certificate_read(pem, ret, &err), 0);
}

static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	path = path_join(folder, "known.json");
	make("one", &one);
	make("other", &other);
	return 0;
}

static int teardown(void **state)
{
	_cleanup_free_ char *command = str_printf("rm -rf %s", folder);

	(void)state;
	free(path);
	return system(command);
}

static void pin_of(const char *origin, char pin[RF_PIN_SIZE])
{
	_cleanup_json_ json_t *known = NULL;
	struct err err;

	assert_int_equal(rf_known_read(path, &known, &err), 0);
	assert_int_equal(rf_known_pin(known, origin, pin, &err), 0);
}

static void test_recorded_once_and_bound_to_the_address(void **state)
{
	char pin[RF_PIN_SIZE];
	struct stat st;
	struct err err;
	bool is_new = false;

	(void)state;
	pin_of(BMC, pin); /* there is no file yet */
	assert_string_equal(pin, "");
	assert_int_equal(rf_known_add(path, BMC, &one, false, &is_new, &err), 0);
	assert_true(is_new);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	pin_of(BMC, pin);
	assert_int_equal(strlen(pin), strlen("sha256//") + 44);
	pin_of("https://10.0.0.8", pin);
	assert_string_equal(pin, "");
	assert_int_equal(rf_known_add(path, BMC, &one, false, &is_new, &err), 0);
	assert_false(is_new);
}

static void test_another_key_must_be_wanted(void **state)
{
	char before[RF_PIN_SIZE], after[RF_PIN_SIZE];
	struct err err;
	bool is_new;

	(void)state;
	pin_of(BMC, before);
	assert_int_equal(rf_known_add(path, BMC, &other, false, &is_new, &err), -EKEYREJECTED);
	assert_non_null(strstr(err.text, one.key_sha256));
	pin_of(BMC, after);
	assert_string_equal(before, after);
	assert_int_equal(rf_known_add(path, BMC, &other, true, &is_new, &err), 0);
	pin_of(BMC, after);
	assert_string_not_equal(before, after);
}

static void test_a_file_that_is_wrong_is_refused(void **state)
{
	static const char *const wrong[] = {
		"[]",
		"{\"bmcs\": []}",
		"{\"bmcs\": {\"" BMC "\": 3}}",
		"{\"bmcs\": {\"" BMC "\": {}}}",
		"{\"bmcs\": {\"" BMC "\": {\"key_sha256\": \"abcd\"}}}",
		"{\"bmcs\": {\"" BMC "\": {\"key_sha256\": \"\", \"unknown\": 1}}}",
		"{\"bmcs\": {}, \"bmcs\": {}}",
		"",
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		json_t *known = NULL;

		assert_int_equal(file_write_atomic(path, wrong[i], strlen(wrong[i]), 0600, &err), 0);
		assert_int_equal(rf_known_read(path, &known, &err), -EBADMSG);
		assert_non_null(strstr(err.text, path));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recorded_once_and_bound_to_the_address),
		cmocka_unit_test(test_another_key_must_be_wanted),
		cmocka_unit_test(test_a_file_that_is_wrong_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
