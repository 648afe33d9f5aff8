/* rooms: agent/hw tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities as JSON: there and back, and JSON that nobody of ours wrote. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "agent/hw/nvme/nvme.h"
#include "core/hash.h"
#include "core/json.h"

static const struct nvme_caps usual = {
	.model = "A drive",
	.serial = "S1",
	.firmware = "1.0",
	.subnqn = "nqn.2014-08.org.example:S1",
	.oacs = 0x0a,
	.fna = 4,
	.sanicap = 0xe0000007,
	.rpmbs = 2,
	.bpcap = 4,
	.nwpc = 1,
	.cmic = 2,
	.tnvmcap = 1ull << 42,
	.unvmcap = 4096,
	.n_namespaces = 256,
	.n_active = 1,
	.n_allocated = 2,
	.nsid = 1,
	.lbaf = 1,
	.flbas = 0x11,
	.dps = 9,
	.mc = 3,
	.nsattr = 1,
};
static struct err err;

static void assert_round(const struct nvme_caps *caps)
{
	_cleanup_json_ json_t *json = nvme_caps_to_json(caps), *again = NULL;
	struct nvme_caps back;

	assert_non_null(json);
	assert_int_equal(nvme_caps_from_json(json, &back, &err), 0);
	again = nvme_caps_to_json(&back);
	assert_true(json_equal(json, again));
	assert_string_equal(back.subnqn, caps->subnqn);
	assert_int_equal(back.tnvmcap, caps->tnvmcap);
	assert_int_equal(back.sanicap, caps->sanicap);
	assert_int_equal(back.nsattr, caps->nsattr);
}

static void test_there_and_back(void **state)
{
	struct nvme_caps caps = {.nsid = 0};

	(void)state;
	assert_round(&usual);
	assert_round(&caps);
	memset(caps.model, 'x', sizeof(caps.model) - 1);
	memset(caps.subnqn, '"', sizeof(caps.subnqn) - 1);
	caps.oacs = UINT16_MAX;
	caps.fna = caps.nsattr = UINT8_MAX;
	caps.sanicap = UINT32_MAX;
	caps.tnvmcap = INT64_MAX;
	assert_round(&caps);
}

static void refuse(const char *key, json_t *value)
{
	_cleanup_json_ json_t *json = nvme_caps_to_json(&usual);
	struct nvme_caps caps = {.nsid = 77};

	json_object_set_new(json, key, value);
	err = (struct err){0};
	assert_int_equal(nvme_caps_from_json(json, &caps, &err), -EBADMSG);
	assert_true(*err.text);
	assert_int_equal(caps.nsid, 77); /* untouched on failure */
}

static void test_what_we_would_not_write_is_refused(void **state)
{
	_cleanup_json_ json_t *json = nvme_caps_to_json(&usual), *array = json_array();
	struct nvme_caps caps;
	const char *key;
	json_t *value;

	(void)state;
	json_object_foreach(json, key, value) {
		_cleanup_json_ json_t *less = json_copy(json);

		json_object_del(less, key);
		assert_int_equal(nvme_caps_from_json(less, &caps, &err), -EBADMSG);
		refuse(key, json_null());
		refuse(key, json_real(1.0));
		refuse(key, json_true());
		refuse(key, json_array());
		refuse(key, json_is_string(value) ? json_integer(1) : json_string("1"));
		if (json_is_integer(value)) {
			refuse(key, json_integer(-1));
			refuse(key, json_integer(INT64_MIN));
		}
	}
	refuse("other", json_integer(1));
	refuse("fna", json_integer(256));
	refuse("oacs", json_integer(65536));
	refuse("sanicap", json_integer(1ll << 32));
	refuse("serial", json_string("123456789012345678901")); /* 20 fit */
	refuse("model", json_string(" A drive"));
	refuse("model", json_string("A\tdrive"));
	refuse("model", json_string("A dr\xc3\xaf"
				    "ve"));
	assert_int_equal(nvme_caps_from_json(array, &caps, &err), -EBADMSG);
	assert_int_equal(nvme_caps_from_json(NULL, &caps, &err), -EBADMSG);
}

#define ROUNDS 2000

/* A field of one type in another's place, for every pair of keys. */
static void test_random_swaps_are_refused_or_stay_what_they_say(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		_cleanup_json_ json_t *json = nvme_caps_to_json(&usual), *again = NULL;
		struct nvme_caps caps;
		uint8_t pick[2];
		const char *key, *from = NULL, *to = NULL;
		unsigned at = 0;
		json_t *value;

		random_bytes(pick, sizeof(pick));
		json_object_foreach(json, key, value) {
			if (at == pick[0] % json_object_size(json))
				from = key;
			if (at++ == pick[1] % json_object_size(json))
				to = key;
		}
		json_object_set(json, to, json_object_get(json, from));
		if (nvme_caps_from_json(json, &caps, &err) < 0)
			continue;
		again = nvme_caps_to_json(&caps);
		assert_true(json_equal(json, again));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_what_we_would_not_write_is_refused),
		cmocka_unit_test(test_random_swaps_are_refused_or_stay_what_they_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
