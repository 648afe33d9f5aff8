/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devlink's parameters (Documentation/networking/devlink/devlink-params.rst): settings of a card by a name. A value has a mode: "runtime" and "driverinit" live as long as
 * the kernel, "permanent" lies in the card and is in force from its next reset on. Only permanent ones are set.
 */
#ifndef AGENT_HW_DEVLINK_PARAM_H
#define AGENT_HW_DEVLINK_PARAM_H

#include <jansson.h>
#include <stdbool.h>

#include "agent/hw/net/genl.h"

#define DEVLINK_PARAM_TEXT_MAX \
	31 /* bytes of a text as a value: the kernel's __DEVLINK_PARAM_MAX_STRING_VALUE, less its NUL */

/* The kernel's attribute types (include/net/netlink.h), by which it names a parameter's type. */
enum devlink_param_type {
	DEVLINK_PARAM_U8 = 1,
	DEVLINK_PARAM_U16 = 2,
	DEVLINK_PARAM_U32 = 3,
	DEVLINK_PARAM_TEXT = 5,
	DEVLINK_PARAM_BOOL = 6,
};

struct devlink_param {
	char pci[16], name[64];
	enum devlink_param_type type;
	json_t *permanent;        /* the value; NULL: this one has none. Owned */
	bool runtime, driverinit; /* modes that it has besides */
};

/* Asks for one parameter of a PCI function. -ENOENT: it has none of that name. devlink_param_clear() it. */
int devlink_param_get(struct genl *devlink, const char *pci, const char *name, struct devlink_param *ret,
		      struct err *err) _must_check_;
void devlink_param_clear(struct devlink_param *param);

/* Can it be set for good, and to a value of this kind? -EOPNOTSUPP, -EINVAL, in words. */
int devlink_param_takes(const struct devlink_param *param, const json_t *value, struct err *err) _must_check_;
/* Sets the permanent value; the kernel's and the driver's own words where they refuse it. Read it back: devlink_param_get(). */
int devlink_param_set(struct genl *devlink, const struct devlink_param *param, const json_t *value,
		      struct err *err) _must_check_;

/* One answer to DEVLINK_CMD_PARAM_GET. False: it is none about that function and name, or is malformed. Pure. */
bool devlink_param_take(const struct nlmsghdr *message, struct devlink_param *param);

#endif
