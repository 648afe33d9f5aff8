/* rooms: protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/class/class.h"
#include "protocol/network/network.h"
#include "protocol/order/alone.h"
#include "protocol/order/order.h"

#define DIGEST "abababababababababababababababababababababababababababababababab"

#define VARIABLE "MokNew-605dab50-e046-4300-abb6-3dd810dd8b23"

static json_t *usual(void)
{
	return json_pack("{si ss ss s{ss ss sI s[] ss} sn s{sn ss ss} s{ss ss ss ss s[] s[]} s{ss ss s[] s[] "
			 "sb sb} s{ss ss sn} ss}",
			 "order", 1, "id", "o-5f0c", "node", "node1", "image", "manifest_url",
			 "http://10.0.2.2:8080/images/d/manifest.json", "manifest_sha256", DIGEST,
			 "min_serial", (json_int_t)3, "mirrors", "verify", "full", "memory", "root", "disks",
			 "redundancy", "single", "on_loss", "hold", "wipe", "disks", "all", "level", "purge",
			 "verify", "full", "namespaces", "keep", "forbid", "secrets", "efi", "boot",
			 "disk-first", "foreign", "report", "remove", "keep_uris", "clear_memory", 1,
			 "verify_after_reset", 0, "cloud_init", "meta_data", "instance-id: o-5f0c\n",
			 "user_data", "#cloud-config\n", "network_config", "tpm", "clear");
}

static void test_round_trip(void **state)
{
	_cleanup_json_ json_t *json = usual(), *back = NULL;
	_cleanup_(order_freep) struct order *order = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(order_from_json(json, &order, &err), 0);
	assert_string_equal(order->id, "o-5f0c");
	assert_string_equal(order->manifest_sha256, DIGEST);
	assert_int_equal(order->min_serial, 3);
	assert_int_equal(order->n_root_disks, 0);
	assert_int_equal(order->redundancy, ORDER_SINGLE);
	assert_false(order->go_on_without_disk);
	assert_int_equal(order->n_mirrors, 0);
	assert_int_equal(order->verify, ORDER_VERIFY_FULL);
	assert_int_equal(order->memory, 0);
	assert_int_equal(order->wipe.n_disks, 0);
	assert_null(order->network_config);
	back = order_to_json(order);
	assert_true(json_equal(json, back));
}

static void test_named_disks(void **state)
{
	_cleanup_json_ json_t *json = usual(), *back = NULL;
	_cleanup_(order_freep) struct order *order = NULL;
	struct err err = {0};

	(void)state;
	json_object_set_new(
		json, "root",
		json_pack("{s[s] ss ss}", "disks", "S6X", "redundancy", "single", "on_loss", "hold"));
	json_object_set_new(json, "wipe",
			    json_pack("{s[ss] ss ss ss s[ss] s[{ss ss sn}]}", "disks", "S6X", "wwn:0x5000",
				      "level", "clear", "verify", "sampled", "namespaces", "single", "forbid",
				      "overwrite", "nvme-format-ses1", "secrets", "drive", "S6X", "psid",
				      "A1B2", "sid"));
	json_object_set_new(json, "efi",
			    json_pack("{ss ss s[s] s[s] sb sb}", "boot", "network-first", "foreign", "remove",
				      "remove", VARIABLE, "keep_uris", "http://boot.example/x.efi",
				      "clear_memory", 0, "verify_after_reset", 1));
	assert_int_equal(order_from_json(json, &order, &err), 0);
	assert_int_equal(order->wipe.n_disks, 2);
	assert_string_equal(order->wipe.disks[1], "wwn:0x5000");
	assert_true(order->wipe.clear_allowed && order->wipe.sampled && order->wipe.single_namespace);
	assert_int_equal(order->wipe.n_forbid, 2);
	assert_string_equal(order->wipe.forbid[1], "nvme-format-ses1");
	assert_int_equal(order->wipe.n_secrets, 1);
	assert_string_equal(order->wipe.secrets[0].psid, "A1B2");
	assert_null(order->wipe.secrets[0].sid);
	assert_int_equal(order->n_root_disks, 1);
	assert_string_equal(order->root_disks[0], "S6X");
	assert_int_equal(order->efi.boot, ORDER_BOOT_NETWORK_FIRST);
	assert_true(order->efi.remove_foreign && order->efi.keep_memory && order->efi.verify_after_reset);
	assert_int_equal(order->efi.n_remove, 1);
	assert_string_equal(order->efi.remove[0], VARIABLE);
	assert_string_equal(order->efi.keep_uris[0], "http://boot.example/x.efi");
	back = order_to_json(order);
	assert_true(json_equal(json, back));
}

static void test_pair(void **state)
{
	_cleanup_json_ json_t *json = usual(), *back = NULL;
	_cleanup_(order_freep) struct order *order = NULL;
	json_t *image = json_object_get(json, "image");
	struct err err = {0};

	(void)state;
	json_object_set_new(
		json, "root",
		json_pack("{s[ss] ss ss}", "disks", "A", "B", "redundancy", "mirror", "on_loss", "continue"));
	json_object_set_new(image, "mirrors", json_pack("[ss]", "http://m1/d/", "https://m2:8443/x/d/"));
	json_object_set_new(image, "verify", json_string("sampled"));
	json_object_set_new(json, "memory", json_integer(48 << 20));
	assert_int_equal(order_from_json(json, &order, &err), 0);
	assert_int_equal(order->redundancy, ORDER_MIRROR);
	assert_true(order->go_on_without_disk);
	assert_int_equal(order->n_root_disks, 2);
	assert_string_equal(order->root_disks[1], "B");
	assert_int_equal(order->n_mirrors, 2);
	assert_string_equal(order->mirrors[1], "https://m2:8443/x/d/");
	assert_int_equal(order->verify, ORDER_VERIFY_SAMPLED);
	assert_int_equal(order->memory, 48 << 20);
	back = order_to_json(order);
	assert_true(json_equal(json, back));
}

/* What an order need not say; an order without it means the usual one. */
static void test_left_out(void **state)
{
	_cleanup_json_ json_t *json = usual(), *usual_json = usual(), *back = NULL;
	_cleanup_(order_freep) struct order *order = NULL;
	struct err err = {0};

	(void)state;
	json_object_del(json, "root");
	json_object_del(json, "memory");
	json_object_del(json_object_get(json, "image"), "mirrors");
	json_object_del(json_object_get(json, "image"), "verify");
	json_object_del(json, "tpm");
	assert_int_equal(order_from_json(json, &order, &err), 0);
	back = order_to_json(order);
	assert_true(json_equal(usual_json, back));
}

static void test_tpm(void **state)
{
	_cleanup_json_ json_t *json = usual(), *back = NULL;
	_cleanup_(order_freep) struct order *order = NULL, *none = NULL;
	struct err err = {0};

	(void)state;
	json_object_set_new(json, "tpm", json_string("keep"));
	assert_int_equal(order_from_json(json, &order, &err), 0);
	assert_true(order->keep_tpm);
	back = order_to_json(order);
	assert_true(json_equal(json, back));
	json_object_set_new(json, "tpm", json_string("burn"));
	assert_int_equal(order_from_json(json, &none, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "order.tpm"));
}

/* An order that erases and ends. */
static json_t *erasing(void)
{
	return json_pack("{si ss ss sn sn sn s{ss ss ss ss s[] s[]} sn sn ss}", "order", 1, "id", "o-5f0c",
			 "node", "node1", "image", "memory", "root", "wipe", "disks", "all", "level", "purge",
			 "verify", "full", "namespaces", "keep", "forbid", "secrets", "efi", "cloud_init",
			 "tpm", "clear");
}

static json_t *by_kexec(void)
{
	json_t *json = usual();

	json_object_set_new(json, "handover", json_string("kexec"));
	json_object_set_new(json_object_get(json, "efi"), "clear_memory", json_false());
	return json;
}

static void test_handover(void **state)
{
	_cleanup_json_ json_t *json = by_kexec(), *back = NULL, *word = usual();
	_cleanup_(order_freep) struct order *order = NULL, *other = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(order_from_json(json, &order, &err), 0);
	assert_true(order->kexec);
	back = order_to_json(order);
	assert_true(json_equal(json, back));
	json_object_set_new(word, "handover", json_string("reset"));
	assert_int_equal(order_from_json(word, &other, &err), 0);
	assert_false(other->kexec);
}

static void contradicts(json_t *json, const char *words)
{
	struct order *order = NULL;
	struct err err = {0};

	assert_int_equal(order_from_json(json, &order, &err), -EBADMSG);
	if (!strstr(err.text, words))
		fail_msg("\"%s\" is not in: %s", words, err.text);
	json_decref(json);
}

static json_t *with(json_t *json, const char *part, const char *key, json_t *value)
{
	json_object_set_new(part ? json_object_get(json, part) : json, key, value);
	return json;
}

/* The document is believed for what it is, not for the digest that stands beside it. */
static void test_class(void **state)
{
	_cleanup_json_ json_t *document = json_pack("{si ss s{si}}", "class", 1, "name", "leaf", "cpus",
						    "cores", 8),
			      *json = usual(), *back = NULL;
	_cleanup_(order_freep) struct order *order = NULL;
	_cleanup_free_ char *text = NULL;
	char sha256[SHA256_HEX_SIZE];
	struct err err = {0};
	json_t *named;
	size_t len;

	(void)state;
	text = json_canonical(document, &len);
	sha256_hex(text, len, sha256);
	named = json_pack("{ss ss sO}", "name", "leaf", "sha256", sha256, "document", document);
	json_object_set_new(json, "class", named);
	if (order_from_json(json, &order, &err) < 0)
		fail_msg("%s", err.text);
	back = order_to_json(order);
	assert_true(json_equal(json, back));
	assert_int_equal(order->class->class->cpus->cores, 8);
	json_object_set_new(named, "name", json_string("other"));
	contradicts(json_incref(json), "not \"other\"");
	json_object_set_new(named, "name", json_string("leaf"));
	json_object_set_new(json_object_get(document, "cpus"), "cores", json_integer(4));
	contradicts(json_incref(json), "has the SHA-256");
	json_object_set_new(named, "document", json_null());
	contradicts(json_incref(json), "order.class.document");
}

static json_t *network(const char *mac)
{
	return json_pack("{s[{ss ss sb}]}", "ethernets", "name", "rail0", "mac", mac, "dhcp4", 1);
}

static void test_network(void **state)
{
	_cleanup_json_ json_t *json = with(usual(), NULL, "network", network("52:54:00:00:00:01")),
			      *back = NULL;
	_cleanup_(order_freep) struct order *order = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(order_from_json(json, &order, &err), 0);
	assert_string_equal(order->network->at[0].name, "rail0");
	back = order_to_json(order);
	assert_true(json_equal(json, back));

	contradicts(with(usual(), NULL, "network", network("52:54")), "order: network.ethernets[0].mac: ");
	contradicts(with(with(usual(), NULL, "network", network("52:54:00:00:00:01")), "cloud_init",
			 "network_config", json_string("version: 2\n")),
		    "order.network and a network_config of cloud-init are two words on one thing");
	contradicts(with(erasing(), NULL, "network", network("52:54:00:00:00:01")),
		    "order.network must be null in an order without image");
}

/* What only a start of the firmware does cannot go with a handover that has none. */
static void test_handover_refused(void **state)
{
	(void)state;
	contradicts(with(usual(), NULL, "handover", json_string("power-cycle")), "\"reset\" or \"kexec\"");
	contradicts(with(usual(), NULL, "handover", json_true()), "handover");
	contradicts(with(usual(), NULL, "handover", json_string("kexec")), "clear_memory must be false");
	contradicts(with(by_kexec(), "efi", "clear_memory", json_true()), "clear_memory must be false");
	contradicts(with(by_kexec(), "efi", "clear_memory", json_null()), "clear_memory must be false");
	contradicts(with(by_kexec(), "efi", "verify_after_reset", json_true()), "verify_after_reset");
	contradicts(with(by_kexec(), NULL, "secure_boot",
			 json_pack("{ss s{ss ss}}", "handover", "setup", "bundle", "url", "http://h/b.json",
				   "sha256", DIGEST)),
		    "\"setup\"");
	contradicts(json_pack("{si ss ss sn s{ss} ss}", "order", 1, "id", "o-1", "node", "n", "image", "wipe",
			      "disks", "all", "handover", "kexec"),
		    "nothing to start");
}

static void test_without_image(void **state)
{
	_cleanup_json_ json_t *json = erasing(), *back = NULL;
	_cleanup_(order_freep) struct order *order = NULL, *sparse = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(order_from_json(json, &order, &err), 0);
	assert_false(order_has_image(order));
	assert_null(order->meta_data);
	back = order_to_json(order);
	assert_true(json_equal(json, back));
	json_object_del(json, "memory");
	json_object_del(json, "root");
	json_object_del(json, "efi");
	json_object_del(json, "cloud_init");
	assert_int_equal(order_from_json(json, &sparse, &err), 0);
}

/* The firmware is made clean with or without an image. */
static void test_without_image_and_efi(void **state)
{
	_cleanup_json_ json_t *json = erasing(), *back = NULL;
	_cleanup_(order_freep) struct order *order = NULL;
	struct err err = {0};

	(void)state;
	json_object_set_new(json, "efi",
			    json_pack("{ss s[] s[] sb sb}", "foreign", "remove", "remove", "keep_uris",
				      "clear_memory", 1, "verify_after_reset", 0));
	assert_int_equal(order_from_json(json, &order, &err), 0);
	assert_true(order->efi.remove_foreign);
	back = order_to_json(order);
	assert_true(json_equal(json, back));
}

/* An order that forgot its image is none that only erases; and what goes with an image has no place without one. */
static void test_without_image_refused(void **state)
{
	static const char *const keys[] = {"memory", "root", "efi", "cloud_init"};
	_cleanup_json_ json_t *forgot = erasing(), *whole = usual();
	struct order *order = NULL;
	struct err err = {0};

	(void)state;
	json_object_del(forgot, "image");
	assert_int_equal(order_from_json(forgot, &order, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "order.image"));
	json_object_set_new(whole, "root", json_object());
	json_object_set_new(whole, "memory", json_integer(64 << 20));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		_cleanup_json_ json_t *json = erasing();

		json_object_set(json, keys[i], json_object_get(whole, keys[i]));
		assert_int_equal(order_from_json(json, &order, &err), -EBADMSG);
		if (json_is_null(json_object_get(whole, keys[i])) || !strstr(err.text, keys[i]))
			fail_msg("%s: %s", keys[i], err.text);
	}
	assert_null(order);
}

/* An order on a boot medium; its words about the machine as JSON. */
static json_t *alone(const char *words)
{
	json_t *json = erasing();

	json_object_set_new(json, "alone", json_loads(words, 0, NULL));
	assert_non_null(json_object_get(json, "alone"));
	return json;
}

#define UNTIL "\"expires\":\"2030-01-02T03:04:05Z\""

static void test_alone(void **state)
{
	_cleanup_json_ json_t *named =
		alone("{\"serials\":[\"A\",\"B 2\"],\"confirm\":null,\"once\":true," UNTIL "}");
	_cleanup_json_ json_t *asked =
		alone("{\"serials\":null,\"confirm\":\"console\",\"once\":false," UNTIL "}");
	_cleanup_json_ json_t *back = NULL, *asked_back = NULL;
	_cleanup_(order_freep) struct order *order = NULL, *other = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(order_from_json(named, &order, &err), 0);
	assert_int_equal(order->alone->n_serials, 2);
	assert_string_equal(order->alone->serials[1], "B 2");
	assert_true(order->alone->once);
	assert_int_equal(order->alone->expires, 1893553445);
	back = order_to_json(order);
	assert_true(json_equal(named, back));
	assert_int_equal(order_from_json(asked, &other, &err), 0);
	assert_int_equal(other->alone->n_serials, 0);
	assert_false(other->alone->once);
	asked_back = order_to_json(other);
	assert_true(json_equal(asked, asked_back));
}

/* The words, and what the message says. */
static const struct {
	const char *words, *says;
} bad_alone[] = {
	{"{\"once\":true," UNTIL "}", "one of serials"},
	{"{\"serials\":null,\"confirm\":null,\"once\":true," UNTIL "}", "one of serials"},
	{"{\"serials\":[\"A\"],\"confirm\":\"console\",\"once\":true," UNTIL "}", "one of serials"},
	{"{\"serials\":[],\"once\":true," UNTIL "}", "serials"},
	{"{\"serials\":\"A\",\"once\":true," UNTIL "}", "serials"},
	{"{\"serials\":[\"\"],\"once\":true," UNTIL "}", "serials"},
	{"{\"serials\":[1],\"once\":true," UNTIL "}", "serials"},
	{"{\"serials\":[\"A\",\"A\"],\"once\":true," UNTIL "}", "twice"},
	{"{\"serials\":[\"A\"],\"once\":false," UNTIL "}", "once"},
	{"{\"serials\":[\"A\"]," UNTIL "}", "once"},
	{"{\"confirm\":\"yes\",\"once\":true," UNTIL "}", "confirm"},
	{"{\"confirm\":true,\"once\":true," UNTIL "}", "confirm"},
	{"{\"serials\":[\"A\"],\"once\":true}", "expires"},
	{"{\"serials\":[\"A\"],\"once\":true,\"expires\":\"never\"}", "expires"},
	{"{\"serials\":[\"A\"],\"once\":true,\"force\":1," UNTIL "}", "force"},
	{"[]", "order.alone"},
};

static void test_alone_refused(void **state)
{
	_cleanup_json_ json_t *with_image = usual();
	struct order *order = NULL;
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad_alone) / sizeof(bad_alone[0]); i++) {
		_cleanup_json_ json_t *json = alone(bad_alone[i].words);

		if (order_from_json(json, &order, &err) != -EBADMSG || !strstr(err.text, bad_alone[i].says))
			fail_msg("%s: %s", bad_alone[i].words, err.text);
	}
	json_object_set_new(with_image, "alone",
			    json_loads("{\"serials\":[\"A\"],\"once\":true," UNTIL "}", 0, NULL));
	assert_int_equal(order_from_json(with_image, &order, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "without image"));
	assert_null(order);
}

/* path "a.b" and a value as JSON text ("-" removes it): each makes a good order a bad one. */
static const struct {
	const char *object, *key, *value, *says;
} bad[] = {
	{NULL, "order", "2", "order.order"},
	{NULL, "order", "-", "order.order"},
	{NULL, "id", "\"../x\"", "order.id"},
	{NULL, "id", "\"\"", "order.id"},
	{NULL, "node", "\"Node\"", "order.node"},
	{NULL, "force", "true", "force"},
	{NULL, "image", "[]", "order.image"},
	{NULL, "root_disk", "\"S6X\"", "root_disk"}, /* a former name of root */
	{NULL, "root", "\"S6X\"", "order.root must be"},
	{"root", "disk", "\"S6X\"", "disk"},
	{"root", "disks", "\"S6X\"", "order.root.disks must be"},
	{"root", "disks", "[]", "names 0 disks"},
	{"root", "disks", "[7]", "order.root.disks[]"},
	{"root", "disks", "[\"\"]", "order.root.disks[]"},
	{"root", "disks", "[\"A\",\"B\"]", "\"single\" needs 1"},
	{"root", "redundancy", "\"raid5\"", "order.root.redundancy"},
	{"root", "redundancy", "1", "order.root.redundancy"},
	{"root", "on_loss", "\"shrug\"", "order.root.on_loss"},
	{NULL, "root", "{\"redundancy\":\"mirror\",\"disks\":[\"A\"]}", "\"mirror\" needs 2"},
	{NULL, "root", "{\"redundancy\":\"mirror\",\"disks\":[\"A\",\"B\",\"C\"]}", "\"mirror\" needs 2"},
	{NULL, "root", "{\"redundancy\":\"copies\",\"disks\":[\"A\"]}", "\"copies\" needs 2 to 8"},
	{NULL, "root", "{\"redundancy\":\"copies\",\"disks\":[\"A\",\"A\"]}", "twice"},
	{NULL, "root",
	 "{\"redundancy\":\"copies\",\"disks\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]}",
	 "9 names"},
	{NULL, "memory", "50331647", "order.memory"},
	{NULL, "memory", "\"64M\"", "order.memory"},
	{"image", "mirrors", "\"http://m/d/\"", "order.image.mirrors"},
	{"image", "mirrors", "[\"http://m/d\"]", "ends in"},
	{"image", "mirrors", "[\"http://m/d/?x=/\"]", "order.image.mirrors"},
	{"image", "mirrors", "[\"ftp://m/d/\"]", "order.image.mirrors"},
	{"image", "mirrors", "[1]", "order.image.mirrors[]"},
	{"image", "mirrors", "[\"http://m/d/\",\"http://m/d/\"]", "twice"},
	{"image", "mirrors",
	 "[\"http://1/\",\"http://2/\",\"http://3/\",\"http://4/\",\"http://5/\",\"http://6/\",\"http://7/"
	 "\",\"http://8/\"]",
	 "at most 7"},
	{"image", "verify", "\"maybe\"", "order.image.verify"},
	{"image", "verify", "true", "order.image.verify"},
	{"image", "manifest_url", "\"file:///etc/shadow\"", "manifest_url"},
	{"image", "manifest_url", "\"http://\"", "manifest_url"},
	{"image", "manifest_url", "\"http:///manifest.json\"", "manifest_url"},
	{"image", "manifest_url", "\"http://host/m.json?x\"", "manifest_url"},
	{"image", "manifest_url", "\"http://user:pw@host/m.json\"", "manifest_url"},
	{"image", "manifest_url", "\"http://host/a b\"", "manifest_url"},
	{"image", "manifest_sha256", "\"abab\"", "manifest_sha256"},
	{"image", "min_serial", "-1", "min_serial"},
	{"image", "min_serial", "-", "min_serial"},
	{"image", "extra", "1", "extra"},
	{"wipe", "disks", "[]", "wipe.disks"},
	{"wipe", "disks", "\"none\"", "wipe.disks"},
	{"wipe", "disks", "null", "wipe.disks"},
	{"wipe", "disks", "[\"a\",\"a\"]", "twice"},
	{"wipe", "disks", "[\"a\",1]", "wipe.disks"},
	{"wipe", "level", "\"none\"", "wipe.level"},
	{"wipe", "level", "1", "wipe.level"},
	{"wipe", "verify", "\"none\"", "wipe.verify"},
	{"wipe", "namespaces", "\"two\"", "wipe.namespaces"},
	{"wipe", "forbid", "\"overwrite\"", "wipe.forbid"},
	{"wipe", "forbid", "[\"a\",\"a\"]", "twice"},
	{"wipe", "secrets", "{}", "wipe.secrets"},
	{"wipe", "secrets", "[{\"drive\":\"a\"}]", "neither psid nor sid"},
	{"wipe", "secrets", "[{\"drive\":\"a\",\"psid\":\"\\u00e4\"}]", "printable"},
	{"wipe", "secrets", "[{\"drive\":\"a\",\"psid\":\"x\",\"pin\":\"x\"}]", "pin"},
	{"wipe", "secrets", "[{\"drive\":\"a\",\"psid\":\"x\"},{\"drive\":\"a\",\"sid\":\"x\"}]", "twice"},
	{"efi", "boot", "\"usb-first\"", "efi.boot"},
	{"efi", "boot", "-", "efi.boot"},
	{"efi", "foreign", "\"keep\"", "efi.foreign"},
	{"efi", "remove", "\"all\"", "efi.remove"},
	{"efi", "remove", "[\"MokNew\"]", "efi.remove"},
	{"efi", "remove", "[\"-605dab50-e046-4300-abb6-3dd810dd8b23\"]", "efi.remove"},
	{"efi", "remove", "[\"A-605DAB50-e046-4300-abb6-3dd810dd8b23\"]", "efi.remove"},
	{"efi", "remove", "[\"PK-8be4df61-93ca-11d2-aa0d-00e098032b8c\"]", "key databases"},
	{"efi", "remove", "[\"KEK-8be4df61-93ca-11d2-aa0d-00e098032b8c\"]", "key databases"},
	{"efi", "remove", "[\"dbx-d719b2cb-3d3a-4596-a3bc-dad00e67656f\"]", "key databases"},
	{"efi", "keep_uris", "[\"ftp://a/b\"]", "keep_uris"},
	{"efi", "clear_memory", "1", "clear_memory"},
	{"efi", "verify_after_reset", "\"yes\"", "verify_after_reset"},
	{"cloud_init", "user_data", "null", "user_data"},
	{"cloud_init", "meta_data", "-", "meta_data"},
	{"cloud_init", "network_config", "{}", "network_config"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		_cleanup_json_ json_t *json = usual();
		json_t *object = bad[i].object ? json_object_get(json, bad[i].object) : json;
		struct order *order = NULL;
		struct err err = {0};

		if (strcmp(bad[i].value, "-") != 0)
			json_object_set_new(object, bad[i].key,
					    json_loads(bad[i].value, JSON_DECODE_ANY, NULL));
		else
			json_object_del(object, bad[i].key);
		assert_int_equal(order_from_json(json, &order, &err), -EBADMSG);
		assert_null(order);
		if (!strstr(err.text, bad[i].says))
			fail_msg("\"%s\" does not say %s", err.text, bad[i].says);
	}
}

static void test_bounds(void **state)
{
	_cleanup_json_ json_t *json = usual();
	_cleanup_free_ char *big = xcalloc(1, ORDER_USER_DATA_MAX + 2);
	_cleanup_(order_freep) struct order *order = NULL;
	json_t *many = json_array(), *seed = json_object_get(json, "cloud_init");
	struct err err = {0};

	(void)state;
	memset(big, '\n', ORDER_USER_DATA_MAX + 1);
	json_object_set_new(seed, "user_data", json_string(big));
	assert_int_equal(order_from_json(json, &order, &err), -EBADMSG);
	big[ORDER_USER_DATA_MAX] = '\0';
	json_object_set_new(seed, "user_data", json_string(big));
	assert_int_equal(order_from_json(json, &order, &err), 0);
	for (int i = 0; i <= ORDER_DISKS_MAX; i++)
		json_array_append_new(many, json_sprintf("disk-%d", i));
	json_object_set_new(json, "wipe", json_pack("{so}", "disks", many));
	assert_int_equal(order_from_json(json, &order, &err), -EBADMSG);
}

/* ---- overlays ---- */

static json_t *with_overlays(const char *text)
{
	json_t *json = usual(), *value = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(value);
	json_object_set_new(json, "overlays", value);
	return json;
}

#define OVERLAY(url) "{\"manifest_url\":\"" url "\",\"manifest_sha256\":\"" DIGEST "\",\"min_serial\":2}"

static void test_overlays(void **state)
{
	_cleanup_json_ json_t *json = with_overlays("[" OVERLAY(
		"http://s/a/manifest.json") ",{\"manifest_url\":\"https://s/b/"
					    "manifest.json\",\"manifest_sha256\":null,\"min_serial\":"
					    "0}]");
	_cleanup_json_ json_t *back = NULL;
	_cleanup_(order_freep) struct order *order = NULL;
	struct err err = {0};

	(void)state;
	if (order_from_json(json, &order, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(order->overlays.n, 2);
	assert_string_equal(order->overlays.list[0].manifest_sha256, DIGEST);
	assert_int_equal(order->overlays.list[0].min_serial, 2);
	assert_string_equal(order->overlays.list[1].manifest_url, "https://s/b/manifest.json");
	assert_null(order->overlays.list[1].manifest_sha256);
	back = order_to_json(order);
	assert_true(json_equal(json, back));
}

static void test_overlays_refused(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"1", "order.overlays"},
		{"{}", "order.overlays"},
		{"[1]", "must be an object"},
		{"[{\"manifest_sha256\":null,\"min_serial\":0}]", "manifest_url"},
		{"[" OVERLAY("ftp://s/a") "]", "plain http"},
		{"[" OVERLAY("http://s/a?x") "]", "plain http"},
		{"[{\"manifest_url\":\"http://s/a\",\"min_serial\":-1}]", "min_serial"},
		{"[{\"manifest_url\":\"http://s/a\"}]", "min_serial"},
		{"[{\"manifest_url\":\"http://s/a\",\"min_serial\":1,\"manifest_sha256\":\"ab\"}]", "sha256"},
		{"[{\"manifest_url\":\"http://s/a\",\"min_serial\":1,\"mirrors\":[]}]", "mirrors"},
		{"[" OVERLAY("http://s/a") "," OVERLAY("http://s/a") "]", "twice"},
		{"[1,2,3,4,5,6,7,8,9]", "overlays"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_json_ json_t *json = with_overlays(cases[i].text);
		struct order *order = NULL;
		struct err err = {0};

		if (order_from_json(json, &order, &err) != -EBADMSG || !strstr(err.text, cases[i].says))
			fail_msg("%s: %s", cases[i].text, err.text);
		assert_null(order);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_named_disks),
		cmocka_unit_test(test_pair),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_tpm),
		cmocka_unit_test(test_handover),
		cmocka_unit_test(test_class),
		cmocka_unit_test(test_overlays),
		cmocka_unit_test(test_overlays_refused),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_handover_refused),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_without_image),
		cmocka_unit_test(test_without_image_and_efi),
		cmocka_unit_test(test_without_image_refused),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_alone_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
