/* rooms: agent/steps agent/hw images protocol core */
/* SPDX-License-Identifier: Apache-2.0 */
/* The image step against real signatures: what is refused, by which file's name, and that nothing is fetched twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/utsname.h>

#include "agent/step.h"
#include "agent/steps/signed_image.h"
#include "core/io.h"
#include "core/pki.h"
#include "core/time.h"

#define BASE "http://images.example/images/debian-12"

static char dir[] = "/tmp/test_image_step.XXXXXX";
static struct trust *trust, *other_trust;
static struct utsname machine;

/* What the image server has. */
static struct {
	char *text;
	void *index;
	uint8_t *sig;
	size_t text_len, index_len, sig_len;
	unsigned fetches;
	char notes[512];
} server;

static char *in_dir(const char *name)
{
	return path_join(dir, name);
}

static void make_signer(const char *name, struct trust **ret)
{
	struct err err = {0};
	_cleanup_free_ char *ca_key = str_printf("%s/%s-ca.key", dir, name);
	_cleanup_free_ char *ca = str_printf("%s/%s-ca.pem", dir, name);
	_cleanup_free_ char *key = str_printf("%s/%s.key", dir, name);
	_cleanup_free_ char *cert = str_printf("%s/%s.pem", dir, name);
	const struct pki_request for_ca = {.use = PKI_CA, .common_name = name, .days = 10};
	const struct pki_request for_leaf = {
		.use = PKI_CODE_SIGNING, .common_name = name, .days = 10, .ca_key = ca_key, .ca_cert = ca};
	assert_int_equal(pki_create(&for_ca, ca_key, ca, &err), 0);
	assert_int_equal(pki_create(&for_leaf, key, cert, &err), 0);
	assert_int_equal(trust_from_file(ca, ret, &err), 0);
}

static int make_world(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	uname(&machine);
	make_signer("ours", &trust);
	make_signer("theirs", &other_trust);
	return 0;
}

static int end_world(void **state)
{
	_cleanup_free_ char *command = str_printf("rm -rf %s", dir);
	(void)state;
	trust_free(trust);
	trust_free(other_trust);
	return system(command);
}

/* An image of two chunks, 4 MiB and 1 MiB; of kind overlay where there is one. */
static int pack_kind(struct overlay *overlay)
{
	struct err err = {0};
	struct chunk chunks[2] = {{.offset = 0, .length = 100}, {.offset = 100, .length = 50}};
	const struct index index = {
		.size = 5 << 20, .chunk_size = IMAGE_CHUNK_SIZE, .n_chunks = 2, .chunks = chunks};
	struct manifest m = {.name = (char *)"debian-12",
			     .version = (char *)"12.8",
			     .serial = 5,
			     .architecture = machine.machine,
			     .kind = overlay ? IMAGE_OVERLAY : IMAGE_DISK,
			     .overlay = overlay,
			     .logical_block_size = 512,
			     .size = 5 << 20,
			     .not_before = time(NULL) - 60,
			     .not_after = time(NULL) + 86400,
			     .boots_bios = true,
			     .index_file = (char *)"index.bin",
			     .payload_file = (char *)"payload.zst",
			     .payload_size = 150};
	_cleanup_free_ char *key = in_dir("ours.key"), *cert = in_dir("ours.pem");

	memset(&server, 0, sizeof(server));
	/* index_bytes() writes what index_parse() reads: the payload's size follows from the last frame */
	server.index = index_bytes(&index, &server.index_len);
	m.index_size = server.index_len;
	sha256(server.index, server.index_len, m.index_sha256);
	server.text = manifest_text(&m, &server.text_len);
	assert_int_equal(
		cms_sign(server.text, server.text_len, key, cert, &server.sig, &server.sig_len, &err), 0);
	return 0;
}

static int pack(void **state)
{
	(void)state;
	return pack_kind(NULL);
}

static int pack_overlay(void **state)
{
	struct overlay overlay = {.files = 1};

	(void)state;
	return pack_kind(&overlay);
}

static int unpack(void **state)
{
	(void)state;
	free(server.text);
	free(server.index);
	free(server.sig);
	return 0;
}

static int fetch(struct job *job, const char *url, size_t limit, void **ret, size_t *ret_len, struct err *err)
{
	const void *from;
	(void)job;
	server.fetches++;
	if (!strcmp(url, BASE "/manifest.json"))
		from = server.text, *ret_len = server.text_len;
	else if (!strcmp(url, BASE "/manifest.json.p7s"))
		from = server.sig, *ret_len = server.sig_len;
	else if (!strcmp(url, BASE "/index.bin"))
		from = server.index, *ret_len = server.index_len;
	else
		return err_set(err, ENOENT, "%s: the server answered 404", url);
	if (*ret_len > limit)
		return err_set(err, EFBIG, "%s: too long", url);
	char *copy = xcalloc(1, *ret_len + 1);
	memcpy(copy, from, *ret_len);
	*ret = copy;
	return 0;
}

static void note(struct job *job, const char *text)
{
	(void)job;
	snprintf(server.notes, sizeof(server.notes), "%s", text);
}

static const struct job_ops ops = {.fetch = fetch, .note = note};

struct case_of {
	struct order order;
	struct site site;
	uint64_t disk_size;
	unsigned n_disks;
	time_t now;
};

static struct case_of standard(void)
{
	return (struct case_of){.order = {.id = (char *)"o-1",
					  .manifest_url = (char *)BASE "/manifest.json",
					  .min_serial = 1},
				.site = {.image_trust = trust},
				.disk_size = 16 << 20,
				.n_disks = 1,
				.now = time(NULL)};
}

/* Runs the step; on success everything that it owns must stand. */
static int run(const struct case_of *c, struct err *err)
{
	struct job job = {.order = &c->order, .site = &c->site, .now = c->now, .ops = &ops};

	*err = (struct err){0};
	job.facts.disks = xcalloc(c->n_disks, sizeof(struct block));
	job.facts.n_disks = c->n_disks;
	for (unsigned i = 0; i < c->n_disks; i++) {
		struct block *disk = &job.facts.disks[i];

		*disk = (struct block){.size = c->disk_size, .logical_block_size = 512};
		snprintf(disk->serial, sizeof(disk->serial), "%c", 'A' + (int)i);
		snprintf(disk->name, sizeof(disk->name), "serial:%s", disk->serial);
	}
	int r = step_image.run(&job, err);
	if (!r) {
		assert_string_equal(job.facts.payload_url, BASE "/payload.zst");
		assert_int_equal(job.facts.n_roots, c->n_disks);
		for (unsigned i = 0; i < c->n_disks; i++)
			assert_ptr_equal(job.facts.roots[i].block, &job.facts.disks[i]);
		assert_int_equal(job.facts.index->n_chunks, 2);
		assert_string_equal(job.facts.manifest->name, "debian-12");
		assert_non_null(strstr(job.facts.signer.subject, "ours"));
	}
	job_facts_clear(&job.facts);
	return r;
}

static void a_good_image_is_taken_and_nothing_fetched_twice(void **state)
{
	struct case_of c = standard();
	struct err err;
	char digest[SHA256_HEX_SIZE];
	(void)state;
	sha256_hex(server.text, server.text_len, digest);
	c.order.manifest_sha256 = digest;
	assert_int_equal(run(&c, &err), STEP_DONE);
	assert_int_equal(server.fetches, 3);
	assert_non_null(strstr(server.notes, "debian-12 12.8"));
}

static void a_pair_is_chosen_and_told(void **state)
{
	struct case_of c = standard();
	struct err err;
	(void)state;
	c.n_disks = 2;
	c.order.redundancy = ORDER_COPIES;
	assert_int_equal(run(&c, &err), STEP_DONE);
	assert_non_null(strstr(server.notes, "goes to serial:A and serial:B"));
}

static void assert_refused(const struct case_of *c, const char *names, const char *says)
{
	struct err err;
	assert_true(run(c, &err) < 0);
	if (!strstr(err.text, names) || !strstr(err.text, says))
		fail_msg("\"%s\" lacks \"%s\" or \"%s\"", err.text, names, says);
}

static void a_tampered_file_is_refused_by_name(void **state)
{
	const struct case_of c = standard();
	(void)state;
	server.text[20] ^= 1;
	assert_refused(&c, "manifest.json", "debian-12");
	assert_int_equal(server.fetches, 2); /* the index was not even asked for */
	server.text[20] ^= 1;
	server.sig[server.sig_len - 4] ^= 1;
	assert_refused(&c, "manifest.json.p7s of debian-12", "signature");
	server.sig[server.sig_len - 4] ^= 1;
	((uint8_t *)server.index)[100] ^= 1;
	assert_refused(&c, "index.bin of debian-12", "SHA-256");
	((uint8_t *)server.index)[100] ^= 1;
	server.index_len--;
	assert_refused(&c, "index.bin of debian-12", "");
	server.index_len++;
	server.sig_len = 0;
	assert_refused(&c, "manifest.json", "debian-12");
}

static void an_overlay_is_no_image(void **state)
{
	const struct case_of c = standard();

	(void)state;
	assert_refused(&c, "manifest.json of debian-12",
		       "of kind overlay, and the order names it as the image");
	assert_int_equal(server.fetches, 2);
}

/* Through what the step overlays takes it by, which is as strict. */
static int get_overlay(const struct site *site, uint64_t min_serial, struct err *err)
{
	const struct order order = {.id = (char *)"o-1"};
	const struct signed_wish wish = {
		.url = BASE "/manifest.json", .min_serial = min_serial, .overlay = true};
	struct job job = {.order = &order, .site = site, .now = time(NULL), .ops = &ops};
	struct signed_image image = {0};
	int r = signed_image_get(&job, &wish, &image, err);

	if (r == 0) {
		assert_int_equal(image.manifest->kind, IMAGE_OVERLAY);
		assert_string_equal(image.payload_url, BASE "/payload.zst");
		assert_int_equal(image.index->n_chunks, 2);
	}
	signed_image_clear(&image);
	return r;
}

static void an_overlay_is_judged_as_an_image(void **state)
{
	struct site site = {.image_trust = trust};
	struct err err = {0};

	(void)state;
	if (get_overlay(&site, 5, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(get_overlay(&site, 6, &err), -ESTALE);
	site.serial_floor = 6;
	assert_int_equal(get_overlay(&site, 0, &err), -ESTALE);
	site = (struct site){.image_trust = other_trust};
	assert_true(get_overlay(&site, 0, &err) < 0);
	assert_non_null(strstr(err.text, "manifest.json.p7s"));
	site.image_trust = trust;
	((uint8_t *)server.index)[100] ^= 1;
	assert_int_equal(get_overlay(&site, 0, &err), -EBADMSG);
}

static void an_image_is_no_overlay(void **state)
{
	const struct site site = {.image_trust = trust};
	struct err err = {0};

	(void)state;
	assert_int_equal(get_overlay(&site, 0, &err), -EINVAL);
	assert_non_null(strstr(err.text, "of kind disk, and the order names it as an overlay"));
}

static void another_signer_is_refused(void **state)
{
	struct case_of c = standard();
	(void)state;
	c.site.image_trust = other_trust;
	assert_refused(&c, "manifest.json.p7s of debian-12", "signature");
}

static void floors_digest_and_validity_hold(void **state)
{
	struct case_of c = standard();
	(void)state;
	c.order.min_serial = 6;
	assert_refused(&c, "debian-12", "serial 5");
	c = standard();
	c.site.serial_floor = 6;
	assert_refused(&c, "debian-12", "serial 5");
	c = standard();
	c.order.manifest_sha256 = (char *)"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
	assert_refused(&c, "manifest.json of debian-12", "the order names 0011");
	c = standard();
	c.now += 2 * 86400;
	assert_refused(&c, "debian-12", "valid until");
}

static void a_disk_too_small_is_found_here(void **state)
{
	struct case_of c = standard();
	(void)state;
	c.disk_size = 4 << 20;
	assert_refused(&c, "serial:A", "the image needs 5242880");
}

static void the_url_must_have_a_folder(void **state)
{
	static const char *const bad[] = {"http://host/images/manifest.json?x=1", "manifest.json",
					  "http://host"};
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct case_of c = standard();
		c.order.manifest_url = (char *)bad[i];
		assert_refused(&c, "manifest_url", bad[i]);
	}
	struct case_of c = standard();
	c.order.manifest_url = (char *)"http://images.example/images/other/manifest.json";
	assert_refused(&c, "manifest.json of other", "404");
}

#define T(f) cmocka_unit_test_setup_teardown(f, pack, unpack)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_good_image_is_taken_and_nothing_fetched_twice),
		T(a_pair_is_chosen_and_told),
		T(a_tampered_file_is_refused_by_name),
		cmocka_unit_test_setup_teardown(an_overlay_is_no_image, pack_overlay, unpack),
		cmocka_unit_test_setup_teardown(an_overlay_is_judged_as_an_image, pack_overlay, unpack),
		T(an_image_is_no_overlay),
		T(another_signer_is_refused),
		T(floors_digest_and_validity_hold),
		T(a_disk_too_small_is_found_here),
		T(the_url_must_have_a_folder),
	};
	return cmocka_run_group_tests(tests, make_world, end_world);
}
