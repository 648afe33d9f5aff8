/* rooms: agent agent/steps agent/hw images/boot images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The order on a boot medium: whose it is, which machine it means, and that it is used once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <string.h>

#include "agent/alone_drives.h"
#include "agent/alone_use.h"
#include "core/io.h"
#include "core/json.h"
#include "core/pki.h"

#define NOW 1795381261 /* 2026-11-22T21:01:01Z */

static char folder[] = "/tmp/remint-alone-XXXXXX";
static char *medium; /* within; a new one for each test */
static struct trust *trust;

static char *in(const char *name)
{
	return path_join(folder, name);
}

static void make_signer(const char *ca, const char *leaf)
{
	_cleanup_free_ char *ca_key = str_printf("%s/%s.key", folder, ca),
			    *ca_cert = str_printf("%s/%s.pem", folder, ca);
	_cleanup_free_ char *key = str_printf("%s/%s.key", folder, leaf),
			    *cert = str_printf("%s/%s.pem", folder, leaf);
	const struct pki_request top = {.use = PKI_CA, .common_name = ca, .days = 3650};
	const struct pki_request below = {.use = PKI_CODE_SIGNING,
					  .common_name = leaf,
					  .days = 3650,
					  .ca_key = ca_key,
					  .ca_cert = ca_cert};
	struct err err = {0};

	assert_int_equal(pki_create(&top, ca_key, ca_cert, &err), 0);
	assert_int_equal(pki_create(&below, key, cert, &err), 0);
}

static int group_setup(void **state)
{
	_cleanup_free_ char *ca = NULL;
	struct err err = {0};

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	make_signer("ca", "signer");
	make_signer("other-ca", "other");
	ca = in("ca.pem");
	return trust_from_file(ca, &trust, &err);
}

static int group_teardown(void **state)
{
	_cleanup_free_ char *command = str_printf("rm -rf %s", folder);

	(void)state;
	trust_free(trust);
	return system(command);
}

static int setup(void **state)
{
	static unsigned n;
	struct err err = {0};

	(void)state;
	medium = str_printf("%s/medium-%u", folder, n++);
	return make_dirs(medium, 0755, &err);
}

static int teardown(void **state)
{
	(void)state;
	free(medium);
	return 0;
}

static void put(const char *name, const void *bytes, size_t len)
{
	_cleanup_free_ char *path = path_join(medium, name);
	struct err err = {0};

	assert_int_equal(file_write_atomic(path, bytes, len, 0644, &err), 0);
}

static const char named[] =
	"{\"order\":1,\"id\":\"o-1\",\"node\":\"old\",\"image\":null,\"wipe\":{\"disks\":\"all\"},"
	"\"alone\":{\"serials\":[\"A\",\"B\"],\"once\":true,\"expires\":\"2099-01-01T00:00:00Z\"}}";
static const char asked[] =
	"{\"order\":1,\"id\":\"o-1\",\"node\":\"old\",\"image\":null,\"wipe\":{\"disks\":\"all\"},"
	"\"alone\":{\"confirm\":\"console\",\"once\":false,\"expires\":\"2099-01-01T00:00:00Z\"}}";

static void put_order(const char *text, const char *signer)
{
	_cleanup_free_ char *key = str_printf("%s/%s.key", folder, signer),
			    *cert = str_printf("%s/%s.pem", folder, signer);
	_cleanup_free_ uint8_t *sig = NULL;
	struct err err = {0};
	size_t len = 0;

	assert_int_equal(cms_sign(text, strlen(text), key, cert, &sig, &len, &err), 0);
	put(ALONE_ORDER, text, strlen(text));
	put(ALONE_SIGNATURE, sig, len);
}

static int read_order(time_t now, struct alone_order *ret, struct err *err)
{
	*err = (struct err){0};
	return alone_order_read(medium, trust, now, ret, err);
}

/* ---- the order ---- */

static void the_order_is_the_signers(void **state)
{
	_cleanup_(alone_order_clear) struct alone_order order = {0};
	struct err err;
	time_t now = time(NULL);

	(void)state;
	assert_int_equal(read_order(now, &order, &err), -ENOENT);
	put_order(named, "signer");
	assert_int_equal(read_order(now, &order, &err), 0);
	assert_string_equal(order.order->id, "o-1");
	assert_string_equal(order.signer.subject, "CN=signer");
	assert_int_equal(strlen(order.sha256), 64);
	assert_string_not_equal(order.sha256, order.signature_sha256);
}

static void another_signer_counts_for_nothing(void **state)
{
	struct alone_order order = {0};
	struct err err;

	(void)state;
	put_order(named, "other");
	assert_int_equal(read_order(time(NULL), &order, &err), -EKEYREJECTED);
	put_order(named, "signer");
	put(ALONE_ORDER, asked, strlen(asked)); /* the signature is of another text */
	assert_int_equal(read_order(time(NULL), &order, &err), -EKEYREJECTED);
	put(ALONE_SIGNATURE, "", 0);
	assert_true(read_order(time(NULL), &order, &err) < 0);
	assert_null(order.order);
}

static void an_order_ends(void **state)
{
	_cleanup_free_ char *old =
		str_printf("%.*s2000-01-01T00:00:00Z\"}}", (int)(strstr(named, "2099") - named), named);
	struct alone_order order = {0};
	struct err err;

	(void)state;
	put_order(old, "signer");
	assert_int_equal(read_order(time(NULL), &order, &err), -EPERM);
	assert_non_null(strstr(err.text, "has expired"));
	assert_null(order.order);
}

static void a_stations_order_is_none_for_here(void **state)
{
	static const char plain[] =
		"{\"order\":1,\"id\":\"o-1\",\"node\":\"old\",\"image\":null,\"wipe\":{\"disks\":\"all\"}}";
	struct alone_order order = {0};
	struct err err;

	(void)state;
	put_order(plain, "signer");
	assert_int_equal(read_order(time(NULL), &order, &err), -EPERM);
	assert_non_null(strstr(err.text, "which machine"));
}

/* ---- the machine ---- */

static const struct block disks[] = {
	{.name = "serial:A", .dev = "nvme0n1", .serial = "A", .size = 1000000},
	{.name = "serial:A-ns2", .dev = "nvme0n2", .serial = "A", .size = 1000000}, /* of the same drive */
	{.name = "serial:B", .dev = "sda", .serial = "B", .size = 1000000},
	{.name = "serial:C", .dev = "sdb", .serial = "C", .size = 1000000},
	{.name = "path:1", .dev = "sdc", .size = 1000000}, /* tells no serial number */
	{.name = "serial:U",
	 .dev = "sdd",
	 .serial = "U",
	 .size = 1000000,
	 .virtual_media = true}, /* the stick */
};

static void choose(const struct order *order, const struct block *list, unsigned n, struct wipe_targets *t)
{
	struct err err = {0};

	if (wipe_targets_choose(order, list, n, NULL, 0, t, &err) < 0)
		fail_msg("%s", err.text);
}

static int match(const char *which, struct err *err)
{
	struct order_alone alone = {.serials = (char *[]){(char *)"A", (char *)"B"}, .n_serials = 2};
	_cleanup_(wipe_targets_clear) struct wipe_targets t = {0};
	const struct order order = {.id = (char *)"o-1"};
	struct block list[6];
	unsigned n = 0;

	for (const char *c = which; *c; c++)
		list[n++] = disks[*c - '0'];
	*err = (struct err){0};
	choose(&order, list, n, &t);
	return alone_drives_match(&alone, &t, err);
}

static void exactly_the_named_drives(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(match("02", &err), 0);
	assert_int_equal(match("0125", &err), 0); /* two namespaces; the stick is never meant */
	assert_int_equal(match("023", &err), -EPERM);
	assert_non_null(strstr(err.text, "serial:C"));
	assert_int_equal(match("024", &err), -EPERM);
	assert_non_null(strstr(err.text, "path:1"));
	assert_int_equal(match("0", &err), -EPERM);
	assert_non_null(strstr(err.text, "number B"));
	assert_int_equal(match("3", &err), -EPERM);
}

static void what_comes_later_is_not_meant(void **state)
{
	_cleanup_(wipe_targets_clear) struct wipe_targets t = {0}, again = {0};
	_cleanup_(order_freep) struct order *order = xcalloc(1, sizeof(*order));

	(void)state;
	order->id = xstrdup("o-1");
	choose(order, disks, 2, &t);
	alone_drives_fix(order, &t);
	choose(order, disks, 4, &again);
	assert_int_equal(again.n, 2);
	assert_ptr_equal(again.drives[1], &disks[1]);
	assert_int_equal(json_array_size(again.untouched), 2);
}

/* ---- once ---- */

static const struct node_identity one = {.uuid = "4c4c4544-0042-3510-8051-b4c04f564d31", .serial = "S1"};
static const struct node_identity two = {.uuid = "11111111-0042-3510-8051-b4c04f564d31", .serial = "S2"};

static int use_it(const struct alone_order *order, const struct node_identity *machine, unsigned n_disks,
		  struct alone_use *use, struct err *err)
{
	const struct order plain = {.id = (char *)"o-1"};
	_cleanup_(wipe_targets_clear) struct wipe_targets t = {0};

	*err = (struct err){0};
	choose(&plain, disks, n_disks, &t);
	return alone_use_choose(medium, order, machine, &t, NOW, use, err);
}

static void an_order_is_used_once(void **state)
{
	_cleanup_(alone_order_clear) struct alone_order order = {0};
	_cleanup_(alone_use_clear) struct alone_use first = {0}, again = {0}, other = {0};
	struct err err;

	(void)state;
	put_order(named, "signer");
	assert_int_equal(read_order(time(NULL), &order, &err), 0);
	assert_int_equal(use_it(&order, &one, 3, &first, &err), 0);
	assert_int_equal(first.n, 1);
	assert_false(first.is_resumed);
	assert_int_equal(strlen(first.nonce), 32);
	/* Nothing is on the medium before it is written: another machine may still come first. */
	assert_int_equal(use_it(&order, &two, 3, &other, &err), 0);
	assert_int_equal(alone_use_write(medium, &order, &first, &err), 0);
	alone_use_clear(&other);

	/* After a power cut the same machine goes on; another one is refused. */
	assert_int_equal(use_it(&order, &one, 3, &again, &err), 0);
	assert_true(again.is_resumed);
	assert_string_equal(again.nonce, first.nonce);
	assert_int_equal(again.begun, NOW);
	assert_int_equal(use_it(&order, &two, 3, &other, &err), -EPERM);
	assert_non_null(strstr(err.text, "another machine (serial S1"));
	assert_non_null(strstr(err.text, "2026-11-22T21:01:01Z"));

	/* At its end nobody is welcome any more. */
	again.ended = true;
	assert_int_equal(alone_use_write(medium, &order, &again, &err), 0);
	assert_int_equal(use_it(&order, &one, 3, &other, &err), -EPERM);
	assert_non_null(strstr(err.text, "this machine was erased"));
	assert_int_equal(use_it(&order, &two, 3, &other, &err), -EPERM);
}

/* A drive that was not there when the person confirmed. */
static void other_drives_are_confirmed_anew(void **state)
{
	_cleanup_(alone_order_clear) struct alone_order order = {0};
	_cleanup_(alone_use_clear) struct alone_use first = {0}, again = {0};
	struct err err;

	(void)state;
	put_order(asked, "signer");
	assert_int_equal(read_order(time(NULL), &order, &err), 0);
	assert_int_equal(use_it(&order, &one, 3, &first, &err), 0);
	assert_int_equal(alone_use_write(medium, &order, &first, &err), 0);
	assert_int_equal(use_it(&order, &one, 4, &again, &err), 0);
	assert_false(again.is_resumed);
	assert_int_equal(again.n, 1);
	assert_int_equal(json_array_size(again.drives), 4);
}

static void an_order_for_several_counts_them(void **state)
{
	_cleanup_(alone_order_clear) struct alone_order order = {0};
	struct err err;

	(void)state;
	put_order(asked, "signer");
	assert_int_equal(read_order(time(NULL), &order, &err), 0);
	for (unsigned n = 1; n <= 3; n++) {
		_cleanup_(alone_use_clear) struct alone_use use = {0};

		assert_int_equal(use_it(&order, n == 2 ? &two : &one, 3, &use, &err), 0);
		assert_int_equal(use.n, n);
		use.ended = true;
		assert_int_equal(alone_use_write(medium, &order, &use, &err), 0);
	}
}

static void a_record_that_cannot_be_read_is_somebodys(void **state)
{
	static const char *const bad[] = {"", "{", "[]", "{\"used\":1}", "{\"used\":2}"};
	_cleanup_(alone_order_clear) struct alone_order order = {0};
	_cleanup_(alone_use_clear) struct alone_use use = {0};
	_cleanup_free_ char *text = NULL, *path = NULL;
	char *digest;
	struct err err;

	(void)state;
	put_order(named, "signer");
	assert_int_equal(read_order(time(NULL), &order, &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put("used-o-1-1.json", bad[i], strlen(bad[i]));
		assert_int_equal(use_it(&order, &one, 3, &use, &err), -EBADMSG);
		assert_non_null(strstr(err.text, "used-o-1-1.json"));
	}
	/* What a power cut leaves before the record is in its place does not count. */
	path = path_join(medium, "used-o-1-1.json");
	assert_int_equal(unlink(path), 0);
	put("used-o-1-1.json.new", "{\"us", 5);
	assert_int_equal(use_it(&order, &one, 3, &use, &err), 0);
	assert_int_equal(alone_use_write(medium, &order, &use, &err), 0);
	/* A record of another order that has the same id. */
	assert_int_equal(file_read(path, 65536, &text, NULL, &err), 0);
	digest = strstr(text, order.sha256);
	digest[0] = digest[0] == 'a' ? 'b' : 'a';
	put("used-o-1-1.json", text, strlen(text));
	alone_use_clear(&use);
	assert_int_equal(use_it(&order, &one, 3, &use, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "another order"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(the_order_is_the_signers),
		T(another_signer_counts_for_nothing),
		T(an_order_ends),
		T(a_stations_order_is_none_for_here),
		T(exactly_the_named_drives),
		T(what_comes_later_is_not_meant),
		T(an_order_is_used_once),
		T(other_drives_are_confirmed_anew),
		T(an_order_for_several_counts_them),
		T(a_record_that_cannot_be_read_is_somebodys),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
