/* rooms: efi core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Signature lists: made, walked, compared; and lists that a former tenant bent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "efi/siglist.h"
#include "efi/siglist_spec.h"

static const uint8_t owner[16] = {1, 2, 3}, other_owner[16] = {9};
static const uint8_t cert[100] = {0x30, 1}, longer[120] = {0x30, 2};
static const uint8_t one[32] = {1}, two[32] = {2};

static struct siglist lists;

static void add(enum sig_kind kind, const uint8_t *who, const void *data, size_t len)
{
	struct err err = {0};

	if (siglist_add(&lists, kind, who, data, len, &err) < 0)
		fail_msg("%s", err.text);
}

static int setup(void **state)
{
	(void)state;
	add(SIG_X509, owner, cert, sizeof(cert));
	add(SIG_SHA256, owner, one, sizeof(one));
	add(SIG_SHA256, other_owner, two, sizeof(two));
	add(SIG_X509, owner, longer, sizeof(longer));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	siglist_clear(&lists);
	return 0;
}

struct seen {
	unsigned n;
	enum sig_kind kinds[8];
	size_t lens[8];
	uint8_t owners[8];
};

static int see(const struct sig *sig, void *data)
{
	struct seen *seen = data;

	seen->kinds[seen->n] = sig->kind;
	seen->owners[seen->n] = sig->owner[0];
	seen->lens[seen->n++] = sig->len;
	return 0;
}

static void test_walk(void **state)
{
	struct seen seen = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(siglist_walk(lists.bytes, lists.len, see, &seen, &err), 0);
	assert_int_equal(seen.n, 4);
	assert_int_equal(seen.kinds[0], SIG_X509);
	assert_int_equal(seen.lens[0], sizeof(cert));
	assert_int_equal(seen.kinds[1], SIG_SHA256);
	assert_int_equal(seen.kinds[2], SIG_SHA256);
	assert_int_equal(seen.owners[2], 9);
	assert_int_equal(seen.lens[3], sizeof(longer));
	/* both digests in one list, as UEFI 2.10, 32.4.1 lays it out */
	assert_int_equal(lists.len, 3 * 28 + 4 * 16 + sizeof(cert) + 2 * 32 + sizeof(longer));
	assert_int_equal(siglist_walk(NULL, 0, see, &seen, &err), 0);
}

static void test_nothing_is_there_twice(void **state)
{
	size_t before = lists.len;

	(void)state;
	add(SIG_X509, other_owner, cert, sizeof(cert));
	add(SIG_SHA256, owner, two, sizeof(two));
	assert_int_equal(lists.len, before);
}

static void test_has_and_covers(void **state)
{
	struct siglist part = {0};
	struct err err = {0};

	(void)state;
	assert_true(siglist_has(lists.bytes, lists.len, SIG_SHA256, two, sizeof(two)));
	assert_false(siglist_has(lists.bytes, lists.len, SIG_X509, two, sizeof(two)));
	assert_false(siglist_has(lists.bytes, lists.len, SIG_X509, cert, sizeof(cert) - 1));
	assert_true(siglist_covers(lists.bytes, lists.len, NULL, 0));
	/* in another order, with another owner */
	assert_int_equal(siglist_add(&part, SIG_SHA256, owner, two, sizeof(two), &err), 0);
	assert_int_equal(siglist_add(&part, SIG_X509, other_owner, cert, sizeof(cert), &err), 0);
	assert_true(siglist_covers(lists.bytes, lists.len, part.bytes, part.len));
	assert_false(siglist_covers(part.bytes, part.len, lists.bytes, lists.len));
	/* what cannot be read is covered by nothing */
	assert_false(siglist_covers(lists.bytes, lists.len, part.bytes, part.len - 1));
	siglist_clear(&part);
}

static int walk(const void *bytes, size_t len)
{
	struct seen seen = {0};
	struct err err = {0};

	return siglist_walk(bytes, len, see, &seen, &err);
}

/* Every cut and every wrong size of the first list. */
static void test_bent_lists(void **state)
{
	struct efi_signature_list *first = (void *)lists.bytes;
	const struct efi_signature_list good = *first;

	(void)state;
	for (size_t len = 1; len < lists.len; len++)
		if (len != 28 + 16 + sizeof(cert) && len != 2 * 28 + 3 * 16 + sizeof(cert) + 64)
			assert_int_equal(walk(lists.bytes, len), -EBADMSG);
	first->SignatureListSize = 27;
	assert_int_equal(walk(lists.bytes, lists.len), -EBADMSG);
	first->SignatureListSize = 0;
	assert_int_equal(walk(lists.bytes, lists.len), -EBADMSG);
	first->SignatureListSize = UINT32_MAX;
	assert_int_equal(walk(lists.bytes, lists.len), -EBADMSG);
	*first = good;
	first->SignatureSize = 0;
	assert_int_equal(walk(lists.bytes, lists.len), -EBADMSG);
	first->SignatureSize = 16;
	assert_int_equal(walk(lists.bytes, lists.len), -EBADMSG);
	first->SignatureSize = good.SignatureSize - 1;
	assert_int_equal(walk(lists.bytes, lists.len), -EBADMSG);
	*first = good;
	first->SignatureHeaderSize = UINT32_MAX;
	assert_int_equal(walk(lists.bytes, lists.len), -EBADMSG);
	first->SignatureHeaderSize = good.SignatureSize;
	assert_int_equal(walk(lists.bytes, lists.len), 0); /* a list without signatures */
}

static void test_bounds_of_making(void **state)
{
	static uint8_t big[SIGLIST_MAX];
	struct err err = {0};
	size_t before = lists.len;

	(void)state;
	assert_int_equal(siglist_add(&lists, SIG_X509, owner, big, sizeof(big), &err), -EFBIG);
	assert_int_equal(siglist_add(&lists, SIG_SHA256, owner, one, 31, &err), -EINVAL);
	assert_int_equal(siglist_add(&lists, SIG_X509, owner, one, 0, &err), -EINVAL);
	assert_int_equal(lists.len, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_walk, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_is_there_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_has_and_covers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bent_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounds_of_making, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
