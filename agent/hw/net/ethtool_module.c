/* SPDX-License-Identifier: Apache-2.0 */
/* Who made the transceiver or cable: the part of its EEPROM that names it. */
#include <linux/ethtool_netlink.h>
#include <string.h>

#include "agent/hw/net/ethtool.h"
#include "agent/hw/sysfs.h"

#define I2C_ADDRESS 0x50 /* SFF-8472, 4: A0h with the bit for reading */
#define HALF        128  /* a page is asked for in two halves */

/* Byte 0: SFF-8024, table 4-1. Where the texts stand: SFF-8472 table 4-1, SFF-8636 table 6-14, CMIS 5.0 table 8-26. */
static const struct layout {
	uint8_t identifiers[5]; /* 0 ends them */
	uint8_t vendor, part, revision, revision_len, serial;
} layouts[] = {
	{{0x03}, 20, 40, 56, 4, 68},                       /* SFP */
	{{0x0c, 0x0d, 0x11}, 148, 168, 184, 2, 196},       /* QSFP, QSFP+, QSFP28 */
	{{0x18, 0x19, 0x1e, 0x1f}, 129, 148, 164, 2, 166}, /* QSFP-DD, OSFP, QSFP and SFP-DD with CMIS */
};

static const struct layout *layout_of(uint8_t identifier)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		if (identifier && memchr(layouts[i].identifiers, identifier, sizeof(layouts[i].identifiers)))
			return &layouts[i];
	return NULL;
}

static void add_text(json_t *to, const char *key, const uint8_t *bytes, size_t len)
{
	char text[17];

	text_clean(text, sizeof(text), bytes, len);
	json_object_set_new(to, key, json_string(text));
}

json_t *ethtool_module_identity(const uint8_t bytes[256])
{
	const struct layout *l = layout_of(bytes[0]);
	json_t *json;

	if (!l)
		return NULL;
	json = json_object();
	add_text(json, "vendor", bytes + l->vendor, 16);
	add_text(json, "part", bytes + l->part, 16);
	add_text(json, "revision", bytes + l->revision, l->revision_len);
	add_text(json, "serial", bytes + l->serial, 16);
	return json;
}

static int see_data(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attrs[ETHTOOL_A_MODULE_EEPROM_MAX + 1] = {NULL}, *bytes;

	if (!genl_attributes(message, ETHTOOL_MSG_MODULE_EEPROM_GET_REPLY, attrs,
			     ETHTOOL_A_MODULE_EEPROM_MAX))
		return 0;
	bytes = attrs[ETHTOOL_A_MODULE_EEPROM_DATA];
	if (!bytes || mnl_attr_get_payload_len(bytes) < HALF)
		return -EBADMSG;
	memcpy(data, mnl_attr_get_payload(bytes), HALF);
	return 0;
}

static int read_half(struct genl *ethtool, int index, uint32_t offset, uint8_t *to, struct err *err)
{
	char buf[GENL_REQUEST_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *request = ethtool_request(ethtool, buf, ETHTOOL_MSG_MODULE_EEPROM_GET,
						   ETHTOOL_A_MODULE_EEPROM_HEADER, index);

	mnl_attr_put_u32(request, ETHTOOL_A_MODULE_EEPROM_OFFSET, offset);
	mnl_attr_put_u32(request, ETHTOOL_A_MODULE_EEPROM_LENGTH, HALF);
	mnl_attr_put_u8(request, ETHTOOL_A_MODULE_EEPROM_PAGE, 0);
	mnl_attr_put_u8(request, ETHTOOL_A_MODULE_EEPROM_BANK, 0);
	mnl_attr_put_u8(request, ETHTOOL_A_MODULE_EEPROM_I2C_ADDRESS, I2C_ADDRESS);
	return genl_exchange(ethtool, request, see_data, to, err);
}

int ethtool_module(struct genl *ethtool, int index, json_t *to, struct err *err)
{
	uint8_t bytes[2 * HALF] = {0};
	const struct layout *l;
	json_t *identity;
	int r = read_half(ethtool, index, 0, bytes, err);

	if (r < 0)
		return r;
	l = layout_of(bytes[0]);
	/* An SFP has all in the first half; its second is another matter. */
	if (l && l->vendor >= HALF)
		r = read_half(ethtool, index, HALF, bytes + HALF, err);
	identity = r == 0 ? ethtool_module_identity(bytes) : NULL;
	if (identity)
		json_object_set_new(to, "module", identity);
	return r;
}
