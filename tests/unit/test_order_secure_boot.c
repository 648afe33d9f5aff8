/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Secure Boot in orders, and what evidence may claim of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/json.h"
#include "protocol/evidence/secure_boot.h"
#include "protocol/order/secure_boot.h"

#define SHA "abababababababababababababababababababababababababababababababab"
#define BUNDLE \
	"\"bundle\":{\"url\":\"http://10.0.2.2:8080/boot/secure-boot/bundle.json\",\"sha256\":\"" SHA "\"}"

/* The part alone, in an order. */
static int read_part(const char *part, struct order_secure_boot *sb, struct err *err)
{
	_cleanup_json_ json_t *order = json_object();
	json_t *value = json_loads(part, JSON_DECODE_ANY, NULL);

	assert_non_null(value);
	json_object_set_new(order, "secure_boot", value);
	return order_secure_boot_read(order, sb, err);
}

static void good(const char *part, bool enrol, enum order_sb_handover handover, bool acts)
{
	_cleanup_(order_secure_boot_clear) struct order_secure_boot sb = {0}, again = {0};
	_cleanup_json_ json_t *json = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = {0};

	if (read_part(part, &sb, &err) < 0)
		fail_msg("%s: %s", part, err.text);
	assert_int_equal(sb.enrol, enrol);
	assert_int_equal(sb.handover, handover);
	assert_int_equal(order_secure_boot_acts(&sb), acts);
	json = order_secure_boot_to_json(&sb);
	text = json_canonical(json, NULL);
	assert_int_equal(read_part(text, &again, &err), 0);
	assert_int_equal(again.clear_len, sb.clear_len);
	assert_int_equal(again.handover, sb.handover);
}

static void test_wishes(void **state)
{
	(void)state;
	good("null", false, ORDER_SB_AS_IS, false);
	good("{}", false, ORDER_SB_AS_IS, false);
	good("{\"keys\":\"keep\"}", false, ORDER_SB_AS_IS, false);
	good("{\"keys\":\"enrol\"," BUNDLE "}", true, ORDER_SB_SITE, true);
	good("{\"keys\":\"enrol\",\"handover\":\"setup\"," BUNDLE ",\"clear\":\"00ff\"}", true,
	     ORDER_SB_SETUP, true);
	good("{\"handover\":\"site\"," BUNDLE "}", false, ORDER_SB_SITE, true);
	good("{\"handover\":\"factory\"}", false, ORDER_SB_FACTORY, true);
}

static void bad(const char *part, const char *words)
{
	_cleanup_(order_secure_boot_clear) struct order_secure_boot sb = {0};
	struct err err = {0};

	assert_int_equal(read_part(part, &sb, &err), -EBADMSG);
	if (!strstr(err.text, words))
		fail_msg("%s: %s", part, err.text);
}

static void test_bad_wishes(void **state)
{
	(void)state;
	bad("[]", "object");
	bad("{\"key\":1}", "key");
	bad("{\"keys\":\"all\"}", "keep");
	bad("{\"handover\":\"vendor\"}", "factory");
	bad("{\"keys\":\"enrol\"}", "bundle is missing");
	bad("{\"handover\":\"setup\"}", "bundle is missing");
	bad("{\"keys\":\"enrol\",\"handover\":\"factory\"," BUNDLE "}", "from inside");
	bad("{\"keys\":\"enrol\",\"bundle\":{\"url\":\"http://x/b.json\",\"sha256\":\"00\"}}", "SHA-256");
	bad("{\"keys\":\"enrol\",\"bundle\":{\"url\":\"ftp://x/b\",\"sha256\":\"" SHA "\"}}", "URL");
	bad("{\"keys\":\"enrol\"," BUNDLE ",\"clear\":\"00\"}", "setup");
	bad("{\"handover\":\"setup\"," BUNDLE ",\"clear\":\"0\"}", "hexadecimal");
	bad("{\"handover\":\"setup\"," BUNDLE ",\"clear\":\"zz\"}", "hexadecimal");
}

/* ---- evidence ---- */

static json_t *variable(void)
{
	return json_pack("{s[{ss ss ss}] si si si}", "certificates", "sha256", SHA, "subject", "CN=x",
			 "owner", "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "digests", 3, "others", 0, "more",
			 0);
}

static json_t *evidence(const char *handover, bool secure, bool setup)
{
	return json_pack("{s{ss ss s{sb sb sn sn so so so so}}}", "secure_boot", "keys", "enrol", "handover",
			 handover, "state", "secure_boot", (int)secure, "setup_mode", (int)setup,
			 "audit_mode", "deployed_mode", "PK", variable(), "KEK", variable(), "db", variable(),
			 "dbx", variable());
}

static void judge(json_t *json, int expected)
{
	struct err err = {0};

	if (evidence_secure_boot_check(json, &err) != expected)
		fail_msg("%s", err.text);
	json_decref(json);
}

static void test_evidence(void **state)
{
	(void)state;
	judge(json_object(), 0);
	judge(json_pack("{sn}", "secure_boot"), 0);
	judge(evidence("site", true, false), 0);
	judge(evidence("setup", true, true), 0);
	judge(evidence("as-is", false, true), 0);
	judge(evidence("site", false, false), -EBADMSG);
	judge(evidence("site", true, true), -EBADMSG);
	judge(evidence("setup", true, false), -EBADMSG);
	judge(evidence("vendor", true, false), -EBADMSG);
}

static void test_bent_evidence(void **state)
{
	static const char *const edits[] = {
		"{\"sha256\":\"AB\",\"subject\":\"\",\"owner\":\"x\"}",
		"{\"sha256\":\"" SHA "\",\"subject\":\"\"}",
		"{\"sha256\":\"" SHA "\",\"subject\":\"\",\"owner\":\"x\",\"more\":1}",
		"7",
	};

	(void)state;
	for (unsigned i = 0; i < sizeof(edits) / sizeof(*edits); i++) {
		json_t *json = evidence("site", true, false);
		json_t *db =
			json_object_get(json_object_get(json_object_get(json, "secure_boot"), "state"), "db");

		json_array_append_new(json_object_get(db, "certificates"),
				      json_loads(edits[i], JSON_DECODE_ANY, NULL));
		judge(json, -EBADMSG);
	}
	judge(json_pack("{s[]}", "secure_boot"), -EBADMSG);
	judge(json_pack("{s{ss ss s{}}}", "secure_boot", "keys", "keep", "handover", "as-is", "state"),
	      -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wishes),
		cmocka_unit_test(test_bad_wishes),
		cmocka_unit_test(test_evidence),
		cmocka_unit_test(test_bent_evidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
