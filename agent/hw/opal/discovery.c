/* SPDX-License-Identifier: Apache-2.0 */
/* Level 0 Discovery: what a drive's security subsystem is, and whether it locks anything. */
#include <endian.h>
#include <string.h>

#include "agent/hw/opal/private.h"
#include "agent/hw/opal/spec.h"

/* Where a drive claims several, the first of these counts. */
static const uint16_t classes[] = {TCG_FEATURE_OPAL_2,     TCG_FEATURE_OPAL_1,   TCG_FEATURE_RUBY,
				   TCG_FEATURE_ENTERPRISE, TCG_FEATURE_PYRITE_2, TCG_FEATURE_PYRITE_1};
#define N_CLASSES (sizeof(classes) / sizeof(*classes))

static size_t rank(uint16_t code)
{
	size_t i = 0;

	while (i < N_CLASSES && classes[i] != code)
		i++;
	return i;
}

static int take_locking(const uint8_t *data, uint8_t len, struct opal_caps *caps, struct err *err)
{
	if (!len)
		return err_set(err, EBADMSG, "TCG discovery: the Locking feature is empty");
	caps->locking = true;
	/* Told twice, the stricter counts. */
	caps->locking_enabled |= !!(data[0] & TCG_LOCKING_ENABLED);
	caps->locked |= !!(data[0] & TCG_LOCKED);
	caps->media_encryption |= !!(data[0] & TCG_MEDIA_ENCRYPTION);
	caps->mbr_enabled |= !!(data[0] & TCG_MBR_ENABLED);
	caps->mbr_done |= !!(data[0] & TCG_MBR_DONE);
	return 0;
}

static int take_feature(uint16_t code, const uint8_t *data, uint8_t len, struct opal_caps *caps,
			struct err *err)
{
	if (code == TCG_FEATURE_TPER)
		caps->tper = true;
	else if (code == TCG_FEATURE_LOCKING)
		return take_locking(data, len, caps, err);
	else if (rank(code) < rank(caps->ssc))
		caps->ssc = code;
	return 0;
}

static int take_features(struct opal_caps *caps, struct err *err)
{
	struct tcg_feature f;
	size_t at = sizeof(struct tcg_discovery);
	int r = 0;

	for (; r == 0 && at + sizeof(f) <= caps->raw_len; at += sizeof(f) + f.length) {
		memcpy(&f, caps->raw + at, sizeof(f));
		if (at + sizeof(f) + f.length > caps->raw_len)
			return err_set(err, EBADMSG,
				       "TCG discovery: feature %04xh at byte %zu runs past the end",
				       be16toh(f.code), at);
		r = take_feature(be16toh(f.code), caps->raw + at + sizeof(f), f.length, caps, err);
	}
	return r;
}

int opal_parse(const uint8_t *answer, size_t len, struct opal_caps *ret, struct err *err)
{
	struct opal_caps caps = {.raw_len = 0};
	struct tcg_discovery head;
	uint64_t told;
	int r;

	if (len < sizeof(head))
		return err_set(err, EBADMSG, "TCG discovery: the drive answered %zu bytes", len);
	memcpy(&head, answer, sizeof(head));
	told = (uint64_t)be32toh(head.length) + sizeof(head.length);
	if (told == sizeof(head.length))
		return err_set(err, EOPNOTSUPP, "TCG discovery: the drive's answer is empty");
	if (told < sizeof(head) || told > len || told > OPAL_DISCOVERY_MAX)
		return err_set(err, EBADMSG, "TCG discovery: the drive tells of %llu bytes and gave %zu",
			       (unsigned long long)told, len);
	memcpy(caps.raw, answer, (size_t)told);
	caps.raw_len = (uint16_t)told;
	r = take_features(&caps, err);
	if (r == 0)
		*ret = caps;
	return r;
}

int opal_discover(int fd, enum block_transport transport, struct opal_caps *ret, struct err *err)
{
	uint8_t answer[OPAL_DISCOVERY_MAX];
	size_t len;
	int r = opal_receive(fd, transport, answer, &len, err);

	return r < 0 ? r : opal_parse(answer, len, ret, err);
}

bool opal_reverts_media(const struct opal_caps *caps)
{
	return caps->locking_enabled && caps->media_encryption &&
	       (caps->ssc == TCG_FEATURE_OPAL_1 || caps->ssc == TCG_FEATURE_OPAL_2 ||
		caps->ssc == TCG_FEATURE_RUBY);
}
