/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the TLVs. Nothing outside [data, data + len) is read. */
#include "agent/hw/lldp/frame.h"

#include <string.h>

#include "agent/hw/lldp/spec.h"
#include "agent/hw/sysfs.h"

/* 8.4: 7 bits of type, 9 of length */
struct tlv {
	uint8_t type;
	uint16_t len;
	const uint8_t *value;
};

static uint16_t word(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t dword(const uint8_t *p)
{
	return (uint32_t)word(p) << 16 | word(p + 2);
}

static int next_tlv(const uint8_t *data, size_t len, size_t *at, struct tlv *ret, struct err *err)
{
	size_t left = len - *at;
	uint16_t head;

	if (left < 2)
		return err_set(err, EBADMSG, "it ends in the header of a TLV at byte %zu", *at);
	head = word(data + *at);
	*ret = (struct tlv){(uint8_t)(head >> 9), head & 0x1ff, data + *at + 2};
	if (ret->len > left - 2)
		return err_set(err, EBADMSG,
			       "the TLV at byte %zu (type %u) claims %u bytes, of which %zu are there", *at,
			       ret->type, ret->len, left - 2);
	*at += 2u + ret->len;
	return 0;
}

/* 8.5.2, 8.5.3: a subtype and 1 to 255 bytes; of a MAC address it is 6. */
static int take_id(const struct tlv *tlv, uint8_t mac_subtype, struct lldp_id *id, struct err *err)
{
	if (tlv->len < 2 || tlv->len > 256)
		return err_set(err, EBADMSG, "the identifier (TLV type %u) has %u bytes", tlv->type,
			       tlv->len);
	id->subtype = tlv->value[0];
	id->len = (uint8_t)(tlv->len - 1);
	memcpy(id->bytes, tlv->value + 1, id->len);
	if (id->subtype == mac_subtype && id->len != 6)
		return err_set(err, EBADMSG, "a MAC address (TLV type %u) of %u bytes", tlv->type, id->len);
	return 0;
}

static int take_mandatory(unsigned place, const struct tlv *tlv, struct lldp_frame *f, struct err *err)
{
	if (tlv->type != place + LLDP_CHASSIS_ID)
		return err_set(err, EBADMSG, "TLV %u is of type %u, not %u", place + 1, tlv->type,
			       place + LLDP_CHASSIS_ID);
	if (tlv->type == LLDP_CHASSIS_ID)
		return take_id(tlv, LLDP_CHASSIS_MAC, &f->chassis, err);
	if (tlv->type == LLDP_PORT_ID)
		return take_id(tlv, LLDP_PORT_MAC, &f->port, err);
	if (tlv->len < 2)
		return err_set(err, EBADMSG, "the time to live has %u bytes", tlv->len);
	f->ttl_s = word(tlv->value);
	return 0;
}

static void take_text(const struct tlv *tlv, char to[256])
{
	text_clean(to, 256, tlv->value, tlv->len);
}

/* 8.5.8: what it can do, and what of it is switched on. */
static bool take_capabilities(const struct tlv *tlv, struct lldp_frame *f)
{
	if (tlv->len < 4)
		return false;
	f->has_capabilities = true;
	f->capabilities = word(tlv->value);
	f->enabled = word(tlv->value + 2);
	return true;
}

/* 8.5.9: length of family and address, both, interface's kind and number (5 bytes), an OID with its length. */
static bool take_management(const struct tlv *tlv, struct lldp_frame *f)
{
	size_t len = tlv->len ? tlv->value[0] : 0, oid = 1 + len + 5;
	struct lldp_address *a;

	if (len < 2 || len > 32 || oid >= tlv->len || tlv->value[oid] > tlv->len - oid - 1 ||
	    f->n_management == LLDP_MANAGEMENT_MAX)
		return false;
	a = &f->management[f->n_management++];
	a->family = tlv->value[1];
	a->len = (uint8_t)(len - 1);
	memcpy(a->bytes, tlv->value + 2, a->len);
	return true;
}

static bool take_aggregation(const uint8_t *p, size_t len, struct lldp_frame *f)
{
	if (len < 5)
		return false;
	f->has_aggregation = true;
	f->aggregation = p[0] & (LLDP_AGGREGATION_CAPABLE | LLDP_AGGREGATION_ENABLED);
	f->aggregation_port = dword(p + 1);
	return true;
}

/* 8.6: whose it is, which of theirs, and what it says. The first of a kind counts. */
static bool take_organisation(const struct tlv *tlv, struct lldp_frame *f)
{
	const uint8_t *p = tlv->value;
	uint32_t whose;
	size_t len;

	if (tlv->len < 4)
		return false;
	whose = dword(p); /* the last byte says which */
	p += 4;
	len = tlv->len - 4u;
	if (whose == (LLDP_OUI_8021 << 8 | LLDP_8021_PORT_VLAN) && len >= 2 && !f->has_vlan) {
		f->has_vlan = true;
		f->vlan = word(p) & 0xfff;
		return true;
	}
	if (whose == (LLDP_OUI_8023 << 8 | LLDP_8023_MAX_FRAME) && len >= 2 && !f->max_frame) {
		f->max_frame = word(p);
		return true;
	}
	if ((whose == (LLDP_OUI_8021 << 8 | LLDP_8021_AGGREGATION) ||
	     whose == (LLDP_OUI_8023 << 8 | LLDP_8023_AGGREGATION)) &&
	    !f->has_aggregation)
		return take_aggregation(p, len, f);
	return false;
}

/* Returns whether it was read. */
static bool take_optional(const struct tlv *tlv, struct lldp_frame *f)
{
	switch (tlv->type) {
	case LLDP_PORT_DESCRIPTION:
		take_text(tlv, f->port_description);
		return true;
	case LLDP_SYSTEM_NAME:
		take_text(tlv, f->system_name);
		return true;
	case LLDP_SYSTEM_DESCRIPTION:
		take_text(tlv, f->system_description);
		return true;
	case LLDP_CAPABILITIES:
		return take_capabilities(tlv, f);
	case LLDP_MANAGEMENT_ADDRESS:
		return take_management(tlv, f);
	case LLDP_ORGANISATION:
		return take_organisation(tlv, f);
	default:
		return false;
	}
}

/* What may be there once: all up to the capabilities. */
static int count_once(const struct tlv *tlv, unsigned *seen, struct err *err)
{
	if (tlv->type > LLDP_CAPABILITIES)
		return 0;
	if (*seen & 1u << tlv->type)
		return err_set(err, EBADMSG, "there are two TLVs of type %u", tlv->type);
	*seen |= 1u << tlv->type;
	return 0;
}

int lldp_frame_parse(const void *data, size_t len, struct lldp_frame *ret, struct err *err)
{
	struct lldp_frame f = {0};
	unsigned seen = 0;
	size_t at = 0;
	struct tlv tlv;
	int r = 0;

	if (len > LLDP_FRAME_MAX)
		return err_set(err, EBADMSG, "LLDP frame: it has %zu bytes, more than %d", len,
			       LLDP_FRAME_MAX);
	for (unsigned place = 0; r == 0 && (place < 3 || at < len); place++) {
		r = next_tlv(data, len, &at, &tlv, err);
		if (r == 0 && place >= 3 && tlv.type == LLDP_END) {
			if (tlv.len)
				r = err_set(err, EBADMSG, "the end has %u bytes", tlv.len);
			break; /* what follows is Ethernet's padding */
		}
		if (r == 0)
			r = count_once(&tlv, &seen, err);
		if (r == 0 && place < 3)
			r = take_mandatory(place, &tlv, &f, err);
		else if (r == 0 && f.ttl_s)
			f.n_ignored += !take_optional(&tlv, &f);
	}
	if (r < 0)
		return err_prepend(err, "LLDP frame");
	*ret = f;
	return 0;
}

bool lldp_id_equal(const struct lldp_id *a, const struct lldp_id *b)
{
	return a->subtype == b->subtype && a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}
