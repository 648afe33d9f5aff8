/* SPDX-License-Identifier: Apache-2.0 */
/* ethtool's answers: Linux, Documentation/networking/ethtool-netlink.rst. */
#include <linux/ethtool.h>
#include <linux/ethtool_netlink.h>
#include <string.h>

#include "agent/hw/net/ethtool.h"
#include "agent/hw/sysfs.h"

#define ATTRS_MAX 32
#define BITS_MAX  128 /* of a bit set that are looked at */
#define NAME_SIZE 33  /* ETH_GSTRING_LEN and NUL */

static const char *name_in(const char *const *names, size_t n, unsigned i)
{
	return i < n && names[i] ? names[i] : "other";
}

#define NAME_IN(names, i) name_in(names, sizeof(names) / sizeof(*(names)), i)

static void add_number(json_t *to, const char *key, const struct nlattr *attr)
{
	uint32_t value = netlink_u32(attr, UINT32_MAX);

	if (value != UINT32_MAX)
		json_object_set_new(to, key, json_integer(value));
}

/* ---- bit sets ---- */

/* One bit of a set in its long form; is it set? */
static bool read_bit(const struct nlattr *bit, bool list, char name[NAME_SIZE])
{
	const struct nlattr *attrs[ETHTOOL_A_BITSET_BIT_MAX + 1] = {NULL};
	const char *text;

	if (mnl_attr_get_type(bit) != ETHTOOL_A_BITSET_BITS_BIT ||
	    !netlink_nest(bit, attrs, ETHTOOL_A_BITSET_BIT_MAX))
		return false;
	text = netlink_text(attrs[ETHTOOL_A_BITSET_BIT_NAME]);
	text_clean(name, NAME_SIZE, text ? text : "", text ? strlen(text) : 0);
	return *name && (list || attrs[ETHTOOL_A_BITSET_BIT_VALUE]);
}

/* Names of the bits that are set; `all` gets the others as well. Of a set without a mask only those that are set are there. */
static json_t *bit_names(const struct nlattr *set, json_t *all)
{
	const struct nlattr *attrs[ETHTOOL_A_BITSET_MAX + 1] = {NULL}, *bit;
	json_t *names = json_array();
	unsigned n = 0;

	if (!netlink_nest(set, attrs, ETHTOOL_A_BITSET_MAX) || !attrs[ETHTOOL_A_BITSET_BITS])
		return names;
	mnl_attr_for_each_nested(bit, attrs[ETHTOOL_A_BITSET_BITS])
	{
		char name[NAME_SIZE] = "";
		bool is_set = n++ < BITS_MAX && read_bit(bit, attrs[ETHTOOL_A_BITSET_NOMASK], name);

		if (is_set)
			json_array_append_new(names, json_string(name));
		if (all && *name)
			json_object_set_new(all, name, json_boolean(is_set));
	}
	return names;
}

/* ---- answers ---- */

static void take_link_modes(const struct nlattr *const *attrs, json_t *to)
{
	uint8_t duplex = netlink_u8(attrs[ETHTOOL_A_LINKMODES_DUPLEX], DUPLEX_UNKNOWN);
	uint32_t lanes = netlink_u32(attrs[ETHTOOL_A_LINKMODES_LANES], 0);

	if (duplex == DUPLEX_FULL || duplex == DUPLEX_HALF)
		json_object_set_new(to, "duplex", json_string(duplex == DUPLEX_FULL ? "full" : "half"));
	if (attrs[ETHTOOL_A_LINKMODES_AUTONEG])
		json_object_set_new(
			to, "autoneg",
			json_boolean(netlink_u8(attrs[ETHTOOL_A_LINKMODES_AUTONEG], 0) == AUTONEG_ENABLE));
	if (lanes)
		json_object_set_new(to, "lanes", json_integer(lanes));
}

static void take_port(const struct nlattr *const *attrs, json_t *to)
{
	static const char *const ports[] = {
		[PORT_TP] = "twisted-pair", [PORT_AUI] = "aui", [PORT_MII] = "mii",
		[PORT_FIBRE] = "fibre",     [PORT_BNC] = "bnc", [PORT_DA] = "direct-attach",
	};
	uint8_t port = netlink_u8(attrs[ETHTOOL_A_LINKINFO_PORT], PORT_NONE);

	if (port == PORT_NONE)
		json_object_set_new(to, "port", json_string("none"));
	else
		json_object_set_new(to, "port", json_string(NAME_IN(ports, port)));
}

/* Why there is no link, where the driver knows. */
static void take_link_state(const struct nlattr *const *attrs, json_t *to)
{
	static const char *const faults[] = {
		[ETHTOOL_LINK_EXT_STATE_AUTONEG] = "autonegotiation",
		[ETHTOOL_LINK_EXT_STATE_LINK_TRAINING_FAILURE] = "link training",
		[ETHTOOL_LINK_EXT_STATE_LINK_LOGICAL_MISMATCH] = "logical mismatch",
		[ETHTOOL_LINK_EXT_STATE_BAD_SIGNAL_INTEGRITY] = "bad signal",
		[ETHTOOL_LINK_EXT_STATE_NO_CABLE] = "no cable",
		[ETHTOOL_LINK_EXT_STATE_CABLE_ISSUE] = "cable",
		[ETHTOOL_LINK_EXT_STATE_EEPROM_ISSUE] = "EEPROM of the cable or module",
		[ETHTOOL_LINK_EXT_STATE_CALIBRATION_FAILURE] = "calibration",
		[ETHTOOL_LINK_EXT_STATE_POWER_BUDGET_EXCEEDED] = "power budget exceeded",
		[ETHTOOL_LINK_EXT_STATE_OVERHEAT] = "overheated",
		[ETHTOOL_LINK_EXT_STATE_MODULE] = "module",
	};

	if (attrs[ETHTOOL_A_LINKSTATE_EXT_STATE] && !netlink_u8(attrs[ETHTOOL_A_LINKSTATE_LINK], 0))
		json_object_set_new(
			to, "link_fault",
			json_string(NAME_IN(faults,
					    netlink_u8(attrs[ETHTOOL_A_LINKSTATE_EXT_STATE], UINT8_MAX))));
}

/* The active mode is the number of a link mode. */
static const char *fec_name(uint32_t bit)
{
	switch (bit) {
	case ETHTOOL_LINK_MODE_FEC_NONE_BIT:
		return "None";
	case ETHTOOL_LINK_MODE_FEC_RS_BIT:
		return "RS";
	case ETHTOOL_LINK_MODE_FEC_BASER_BIT:
		return "BASER";
	case ETHTOOL_LINK_MODE_FEC_LLRS_BIT:
		return "LLRS";
	default:
		return "other";
	}
}

static void take_fec(const struct nlattr *const *attrs, json_t *to)
{
	uint32_t active = netlink_u32(attrs[ETHTOOL_A_FEC_ACTIVE], UINT32_MAX);
	json_t *fec = json_object();

	json_object_set_new(fec, "active",
			    active == UINT32_MAX ? json_null() : json_string(fec_name(active)));
	json_object_set_new(fec, "modes", bit_names(attrs[ETHTOOL_A_FEC_MODES], NULL));
	json_object_set_new(fec, "auto", json_boolean(netlink_u8(attrs[ETHTOOL_A_FEC_AUTO], 0)));
	json_object_set_new(to, "fec", fec);
}

static void take_rings(const struct nlattr *const *attrs, json_t *to)
{
	json_t *rings = json_object();

	add_number(rings, "rx", attrs[ETHTOOL_A_RINGS_RX]);
	add_number(rings, "rx_max", attrs[ETHTOOL_A_RINGS_RX_MAX]);
	add_number(rings, "tx", attrs[ETHTOOL_A_RINGS_TX]);
	add_number(rings, "tx_max", attrs[ETHTOOL_A_RINGS_TX_MAX]);
	json_object_set_new(to, "rings", rings);
}

static void take_channels(const struct nlattr *const *attrs, json_t *to)
{
	json_t *channels = json_object();

	add_number(channels, "rx", attrs[ETHTOOL_A_CHANNELS_RX_COUNT]);
	add_number(channels, "rx_max", attrs[ETHTOOL_A_CHANNELS_RX_MAX]);
	add_number(channels, "tx", attrs[ETHTOOL_A_CHANNELS_TX_COUNT]);
	add_number(channels, "tx_max", attrs[ETHTOOL_A_CHANNELS_TX_MAX]);
	add_number(channels, "combined", attrs[ETHTOOL_A_CHANNELS_COMBINED_COUNT]);
	add_number(channels, "combined_max", attrs[ETHTOOL_A_CHANNELS_COMBINED_MAX]);
	json_object_set_new(to, "channels", channels);
}

/* Does the card's own firmware take LLDP frames for itself, so that the host sees none? Intel's drivers say so in flags of their own:
 * ice: "fw-lldp-agent", i40e: "disable-fw-lldp". */
static void take_flags(const struct nlattr *const *attrs, json_t *to)
{
	json_t *all = json_object(), *on, *flag;

	on = bit_names(attrs[ETHTOOL_A_PRIVFLAGS_FLAGS], all);
	flag = json_object_get(all, "fw-lldp-agent");
	if (flag)
		json_object_set_new(to, "firmware_lldp", json_boolean(json_is_true(flag)));
	flag = json_object_get(all, "disable-fw-lldp");
	if (flag)
		json_object_set_new(to, "firmware_lldp", json_boolean(json_is_false(flag)));
	if (json_array_size(on))
		json_object_set(to, "private_flags", on);
	json_decref(on);
	json_decref(all);
}

static const struct reader {
	uint8_t answer;
	void (*take)(const struct nlattr *const *attrs, json_t *to);
} readers[] = {
	{ETHTOOL_MSG_LINKMODES_GET_REPLY, take_link_modes}, {ETHTOOL_MSG_LINKINFO_GET_REPLY, take_port},
	{ETHTOOL_MSG_LINKSTATE_GET_REPLY, take_link_state}, {ETHTOOL_MSG_FEC_GET_REPLY, take_fec},
	{ETHTOOL_MSG_RINGS_GET_REPLY, take_rings},          {ETHTOOL_MSG_CHANNELS_GET_REPLY, take_channels},
	{ETHTOOL_MSG_PRIVFLAGS_GET_REPLY, take_flags},
};

void ethtool_take(const struct nlmsghdr *message, json_t *to)
{
	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++) {
		const struct nlattr *attrs[ATTRS_MAX + 1] = {NULL};

		if (genl_attributes(message, readers[i].answer, attrs, ATTRS_MAX))
			readers[i].take(attrs, to);
	}
}
