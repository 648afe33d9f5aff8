/* rooms: agent/steps agent/wipe agent/pipeline agent/hw images protocol core tests/fakes */
/* wraps: pwrite */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a certificate may say, over every method: a thousand drives that lie about it, not one of which is called erased; and a thousand honest
 * ones, every one of which is. A drive has one method; all others are forbidden.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "agent/steps/wipe/evidence.h"
#include "agent/wipe/drive.h"
#include "protocol/claim.h"
#include "protocol/evidence/drive.h"
#include "tests/fakes/ata_model.h"
#include "tests/fakes/nvme_model.h"
#include "tests/fakes/scsi_model.h"

enum { RUNS = 1000, MIB = 1 << 20, SMALL = 64 << 10 };

static uint64_t size = (3 << 19) + 3 * 512; /* bytes of a drive */

static char psid[] = "PSID0123456789ABCDEFGHIJKLMNOPQR", sid[] = "former owner";

/* ---- drives ---- */

static struct model *nvme(enum model_truth truth)
{
	struct model *m = nvme_model_add(nvme_model_new("N"), 1, size, 512);
	struct nvme_model *n = nvme_model_of(m);

	n->format_truth = n->sanitize_truth = truth;
	return m;
}

static struct model *ata(enum model_truth truth)
{
	struct model *m = ata_model_new("A", size);

	ata_model(m)->truth = truth;
	return m;
}

static struct model *scsi(enum model_truth truth)
{
	struct model *m = scsi_model_new("S", size, 512);
	struct scsi_model *s = scsi_model(m);

	s->truth = truth;
	s->has_opal = true;
	opal_model_init(&s->opal);
	s->opal.truth = truth;
	memcpy(s->opal.psid, psid, sizeof(s->opal.psid));
	return m;
}

static struct model *plain(void)
{
	static const struct model_kind kind;

	return model_new(&kind, "P", size, 512, 0);
}

static struct model *drive_for(enum wipe_method method, enum model_truth truth)
{
	if (method == WIPE_OVERWRITE)
		return plain();
	if (method <= WIPE_NVME_FORMAT_USER)
		return nvme(truth);
	return method <= WIPE_ATA_SECURITY_NORMAL ? ata(truth) : scsi(truth);
}

/* ---- a drive that says it has written and has not ---- */

static enum model_truth writes = MODEL_HONEST;

ssize_t __real_pwrite(int fd, const void *buf, size_t len, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t offset);

static bool is_kept(off_t at)
{
	switch (writes) {
	case MODEL_NOTHING:
		return false;
	case MODEL_HALF:
		return at < (off_t)size / 2;
	case MODEL_TAIL:
		return at < (off_t)size - MIB;
	case MODEL_HEAD:
		return at >= MIB;
	case MODEL_STRIPES:
		return at / 512 % 16 != 8;
	default:
		return true;
	}
}

ssize_t __wrap_pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	if (writes == MODEL_HONEST)
		return __real_pwrite(fd, buf, len, offset);
	for (size_t at = 0; at < len; at += 512)
		if (is_kept(offset + (off_t)at) &&
		    __real_pwrite(fd, (const char *)buf + at, len - at < 512 ? len - at : 512,
				  offset + (off_t)at) < 0)
			return -1;
	return (ssize_t)len;
}

/* ---- one erasure, judged as the station does ---- */

static int no_journal(void *data, unsigned unit, enum wipe_method method, const uint8_t key[WIPE_KEY_SIZE],
		      bool marked, struct err *err)
{
	(void)data, (void)unit, (void)method, (void)key, (void)marked, (void)err;
	return 0;
}

static void no_progress(void *data, uint64_t done, uint64_t total, unsigned patience_s)
{
	(void)data, (void)done, (void)total, (void)patience_s;
}

static enum claim erase(struct model *m, enum wipe_method method, bool sampled)
{
	const struct wipe_hooks hooks = {.begin = no_journal, .progress = no_progress};
	struct wipe_policy policy = {.at_least = WIPE_CLEAR, .sampled = sampled};
	_cleanup_(json_decrefp) json_t *results = NULL, *evidence = NULL;
	_cleanup_(wipe_drive_freep) struct wipe_drive *drive = NULL;
	struct err err = {0};
	enum claim claim;

	memset(policy.forbidden, 1, sizeof(policy.forbidden));
	policy.forbidden[method] = false;
	assert_int_equal(wipe_drive_new(1, &policy, &drive, &err), 0);
	drive->units[0] = (struct wipe_unit){.block = &m->block, .psid = psid, .sid = sid};
	results = wipe_drive_run(drive, &hooks);
	evidence = wipe_evidence_make(&m->block, json_array_get(results, 0), NULL, 1764000000, 1764000001);
	if (evidence_drive_check(evidence, 0, &err) < 0)
		fail_msg("%s: %s", wipe_method_name(method), err.text);
	claim = claim_for_drive(evidence);
	assert_int_equal(wipe_evidence_is_proven(evidence),
			 claim != CLAIM_NOT_ERASED); /* agent and station agree */
	if (claim != CLAIM_NOT_ERASED)
		assert_string_equal(json_string_value(json_object_get(evidence, "method")),
				    wipe_method_name(method));
	return claim;
}

/* ---- tests ---- */

static void test_a_thousand_liars(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		enum wipe_method method = i % WIPE_METHODS;
		bool by_host = method == WIPE_OVERWRITE;
		enum model_truth lie = 1 + i / WIPE_METHODS % (by_host ? MODEL_STRIPES : MODEL_TRUTHS - 1);
		struct model *m = drive_for(method, lie);
		enum claim claim;

		writes = by_host ? lie : MODEL_HONEST;
		claim = erase(m, method, i / 7 % 2);
		writes = MODEL_HONEST;
		assert_true(model_residue(m) > 0); /* it did lie */
		if (claim != CLAIM_NOT_ERASED)
			fail_msg("run %u: %s with lie %d is called %s", i, wipe_method_name(method), (int)lie,
				 claim_name(claim));
		models_clear();
	}
}

static void test_a_thousand_honest(void **state)
{
	unsigned claims[3] = {0};

	(void)state;
	for (unsigned i = 0; i < RUNS; i++) {
		enum wipe_method method = i % WIPE_METHODS;
		struct model *m = drive_for(method, MODEL_HONEST);
		enum claim claim = erase(m, method, i / WIPE_METHODS % 2);
		/* what forgets its key and reads as noise is the device's word alone */
		enum claim right = wipe_methods[method].cryptographic ? CLAIM_ASSERTED : CLAIM_READ_BACK;

		if (claim == CLAIM_NOT_ERASED || (claim != right && !wipe_methods[method].cryptographic))
			fail_msg("run %u: %s is called %s", i, wipe_method_name(method), claim_name(claim));
		assert_int_equal(model_residue(m), 0);
		claims[claim]++;
		models_clear();
	}
	print_message("of %d: %u read back, %u asserted\n", RUNS, claims[CLAIM_READ_BACK],
		      claims[CLAIM_ASSERTED]);
	assert_true(claims[CLAIM_ASSERTED] > RUNS / 5);
}

/* A small drive whose method's command ends as `fail` has it: it is not erased, whatever the drive has done. */
static void assert_failed(struct model *m, enum wipe_method method, const char *what, unsigned value)
{
	enum claim claim = erase(m, method, false);

	if (claim != CLAIM_NOT_ERASED)
		fail_msg("%s with %s %xh is called %s", wipe_method_name(method), what, value,
			 claim_name(claim));
	models_clear();
}

static void test_every_nvme_status(void **state)
{
	(void)state;
	size = SMALL;
	for (unsigned status = 1; status < 0x800; status++) {
		struct model *m = nvme(MODEL_HONEST);

		nvme_model_of(m)->answer[0x80] = (int)status;
		assert_failed(m, status & 1 ? WIPE_NVME_FORMAT_CRYPTO : WIPE_NVME_FORMAT_USER, "status",
			      status);
		m = nvme(MODEL_HONEST);
		nvme_model_of(m)->answer[0x84] = (int)status;
		assert_failed(m, WIPE_NVME_SANITIZE_BLOCK, "status", status);
	}
}

/* The drive carries the command out, and one layer or another says that it has not gone well. */
static void test_every_ata_error(void **state)
{
	static const uint8_t commands[] = {0xb4, 0xf4}; /* SANITIZE DEVICE, SECURITY ERASE UNIT */
	static const enum wipe_method methods[] = {WIPE_ATA_SANITIZE_BLOCK, WIPE_ATA_SECURITY_NORMAL};

	(void)state;
	size = SMALL;
	for (unsigned c = 0; c < 2; c++) {
		for (unsigned kind = ATA_FAULT_ERROR; kind <= ATA_FAULT_SENSE; kind++) {
			for (unsigned bit = 0; bit < 8; bit++) {
				struct model *m = ata(MODEL_HONEST);
				uint32_t value = kind == ATA_FAULT_SENSE ? (bit + 2) << 16 : 1u << bit;

				/* the bits of STATUS that are no error, the statuses that are a success */
				if ((kind == ATA_FAULT_STATUS && value != 0x20 && value != 0x01) ||
				    (kind == ATA_FAULT_SAM && value == 4) ||
				    (kind == ATA_FAULT_DRIVER && value == 8))
					continue;
				if (kind == ATA_FAULT_STATUS)
					value |= 0x40; /* DRDY */
				ata_model(m)->faults[commands[c]] =
					(struct ata_fault){.kind = kind, .value = value, .carried_out = true};
				assert_failed(m, methods[c], "value", value);
			}
		}
	}
}

static void test_every_scsi_status(void **state)
{
	(void)state;
	size = SMALL;
	for (unsigned value = 1; value < 256; value++) {
		struct scsi_fault fault = {.on = true, .opcode = 0x48};
		struct model *m;

		for (unsigned layer = 0; layer < 4; layer++) {
			fault.host = layer == 0 ? (uint16_t)value : 0;
			fault.driver = layer == 1 ? (uint16_t)value : 0;
			fault.status = layer == 2 ? (uint8_t)value : layer == 3 ? 2 : 0;
			fault.key = layer == 3 ? value & 0xf : 0;
			fault.asc = layer == 3 ? (uint8_t)value : 0;
			/* DRIVER SENSE alone, CONDITION MET, and the recovered error are successes by their definitions */
			if ((layer == 1 && value == 8) || (layer == 2 && value == 4) ||
			    (layer == 3 && (value & 0xf) == 1))
				continue;
			m = scsi(MODEL_HONEST);
			scsi_model(m)->fault = fault;
			assert_failed(m, WIPE_SCSI_SANITIZE_BLOCK, "layer and value", layer << 8 | value);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_thousand_liars),  cmocka_unit_test(test_a_thousand_honest),
		cmocka_unit_test(test_every_nvme_status), cmocka_unit_test(test_every_ata_error),
		cmocka_unit_test(test_every_scsi_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
