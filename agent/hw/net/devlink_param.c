/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/hw/net/devlink_param.h"

#include <linux/devlink.h>
#include <stdio.h>
#include <string.h>

#include "agent/hw/sysfs.h"

static struct nlmsghdr *request(struct genl *devlink, void *buf, uint8_t command, const char *pci,
				const char *name)
{
	struct nlmsghdr *message = genl_request(devlink, buf, command, 0);

	mnl_attr_put_strz(message, DEVLINK_ATTR_BUS_NAME, "pci");
	mnl_attr_put_strz(message, DEVLINK_ATTR_DEV_NAME, pci);
	mnl_attr_put_strz(message, DEVLINK_ATTR_PARAM_NAME, name);
	return message;
}

static json_t *number(const struct nlattr *attr, enum mnl_attr_data_type type)
{
	if (!attr || mnl_attr_validate(attr, type) < 0)
		return NULL;
	return json_integer(type == MNL_TYPE_U8    ? mnl_attr_get_u8(attr)
			    : type == MNL_TYPE_U16 ? mnl_attr_get_u16(attr)
						   : (json_int_t)mnl_attr_get_u32(attr));
}

/* A flag is true where it is there. */
static json_t *value_of(enum devlink_param_type type, const struct nlattr *data)
{
	char text[DEVLINK_PARAM_TEXT_MAX + 1];
	const char *said;

	switch (type) {
	case DEVLINK_PARAM_U8:
		return number(data, MNL_TYPE_U8);
	case DEVLINK_PARAM_U16:
		return number(data, MNL_TYPE_U16);
	case DEVLINK_PARAM_U32:
		return number(data, MNL_TYPE_U32);
	case DEVLINK_PARAM_TEXT:
		said = netlink_text(data);
		text_clean(text, sizeof(text), said ? said : "", said ? strlen(said) : 0);
		return said ? json_string(text) : NULL;
	case DEVLINK_PARAM_BOOL:
		return json_boolean(data != NULL);
	}
	return NULL;
}

static void take_value(const struct nlattr *nest, struct devlink_param *param)
{
	const struct nlattr *attrs[DEVLINK_ATTR_PARAM_VALUE_CMODE + 1] = {NULL};

	if (!netlink_nest(nest, attrs, DEVLINK_ATTR_PARAM_VALUE_CMODE))
		return;
	switch (netlink_u8(attrs[DEVLINK_ATTR_PARAM_VALUE_CMODE], UINT8_MAX)) {
	case DEVLINK_PARAM_CMODE_RUNTIME:
		param->runtime = true;
		break;
	case DEVLINK_PARAM_CMODE_DRIVERINIT:
		param->driverinit = true;
		break;
	case DEVLINK_PARAM_CMODE_PERMANENT:
		json_decref(param->permanent);
		param->permanent = value_of(param->type, attrs[DEVLINK_ATTR_PARAM_VALUE_DATA]);
		break;
	}
}

static bool is(const struct nlattr *attr, const char *text)
{
	const char *said = netlink_text(attr);

	return said && !strcmp(said, text);
}

bool devlink_param_take(const struct nlmsghdr *message, struct devlink_param *param)
{
	const struct nlattr *attrs[DEVLINK_ATTR_MAX + 1] = {NULL};
	const struct nlattr *inner[DEVLINK_ATTR_PARAM_VALUES_LIST + 1] = {NULL}, *value;

	if (!genl_attributes(message, DEVLINK_CMD_PARAM_GET, attrs, DEVLINK_ATTR_MAX) ||
	    !is(attrs[DEVLINK_ATTR_BUS_NAME], "pci") || !is(attrs[DEVLINK_ATTR_DEV_NAME], param->pci) ||
	    !netlink_nest(attrs[DEVLINK_ATTR_PARAM], inner, DEVLINK_ATTR_PARAM_VALUES_LIST) ||
	    !is(inner[DEVLINK_ATTR_PARAM_NAME], param->name) || !inner[DEVLINK_ATTR_PARAM_VALUES_LIST])
		return false;
	param->type = (enum devlink_param_type)netlink_u8(inner[DEVLINK_ATTR_PARAM_TYPE], 0);
	mnl_attr_for_each_nested(value, inner[DEVLINK_ATTR_PARAM_VALUES_LIST])
	{
		if (mnl_attr_get_type(value) == DEVLINK_ATTR_PARAM_VALUE)
			take_value(value, param);
	}
	return true;
}

struct answer {
	struct devlink_param param;
	bool there;
};

static int see(const struct nlmsghdr *message, void *data)
{
	struct answer *answer = data;

	answer->there |= devlink_param_take(message, &answer->param);
	return 0;
}

int devlink_param_get(struct genl *devlink, const char *pci, const char *name, struct devlink_param *ret,
		      struct err *err)
{
	char buf[GENL_REQUEST_MAX] __attribute__((aligned(8)));
	struct answer answer = {0};
	int r;

	snprintf(answer.param.pci, sizeof(answer.param.pci), "%s", pci);
	snprintf(answer.param.name, sizeof(answer.param.name), "%s", name);
	r = genl_exchange(devlink,
			  request(devlink, buf, DEVLINK_CMD_PARAM_GET, answer.param.pci, answer.param.name),
			  see, &answer, err);
	/* -EINVAL is how the kernel says that there is no parameter of that name; -ENODEV, that there is no such device in devlink. */
	if (r == -EINVAL || (r == 0 && !answer.there))
		r = err_set(err, ENOENT, "%s has no devlink parameter %s", pci, name);
	else if (r == -ENODEV)
		r = err_set(err, ENOENT, "%s: its driver has no devlink", pci);
	else if (r < 0)
		r = err_prepend(err, "%s: devlink parameter %s", pci, name);
	if (r < 0)
		devlink_param_clear(&answer.param);
	else
		*ret = answer.param;
	return r;
}

void devlink_param_clear(struct devlink_param *param)
{
	json_decref(param->permanent);
	param->permanent = NULL;
}

static const char *lives_in(const struct devlink_param *param)
{
	return param->driverinit ? "its driver takes it when it starts (driverinit)"
	       : param->runtime  ? "it can be changed while the driver runs (runtime)"
				 : "its driver tells no value of it";
}

/* A number's largest value; 0: it takes no number. */
static json_int_t most(enum devlink_param_type type)
{
	return type == DEVLINK_PARAM_U8    ? UINT8_MAX
	       : type == DEVLINK_PARAM_U16 ? UINT16_MAX
	       : type == DEVLINK_PARAM_U32 ? (json_int_t)UINT32_MAX
					   : 0;
}

int devlink_param_takes(const struct devlink_param *param, const json_t *value, struct err *err)
{
	json_int_t max = most(param->type);

	if (!param->permanent)
		return err_set(err, EOPNOTSUPP,
			       "%s: the card does not keep devlink parameter %s (no permanent mode): %s, "
			       "and it belongs into the tenant's own configuration",
			       param->pci, param->name, lives_in(param));
	if (param->type == DEVLINK_PARAM_BOOL && json_is_boolean(value))
		return 0;
	if (param->type == DEVLINK_PARAM_TEXT && json_is_string(value) &&
	    json_string_length(value) <= DEVLINK_PARAM_TEXT_MAX)
		return 0;
	if (max && json_is_integer(value) && json_integer_value(value) >= 0 &&
	    json_integer_value(value) <= max)
		return 0;
	return max ? err_set(err, EINVAL, "%s: devlink parameter %s takes a number from 0 to %lld",
			     param->pci, param->name, (long long)max)
		   : err_set(err, EINVAL, "%s: devlink parameter %s takes %s", param->pci, param->name,
			     param->type == DEVLINK_PARAM_BOOL ? "true or false"
							       : "a text of 31 bytes at most");
}

static void put_value(struct nlmsghdr *message, enum devlink_param_type type, const json_t *value)
{
	json_int_t n = json_integer_value(value);

	switch (type) {
	case DEVLINK_PARAM_U8:
		mnl_attr_put_u8(message, DEVLINK_ATTR_PARAM_VALUE_DATA, (uint8_t)n);
		break;
	case DEVLINK_PARAM_U16:
		mnl_attr_put_u16(message, DEVLINK_ATTR_PARAM_VALUE_DATA, (uint16_t)n);
		break;
	case DEVLINK_PARAM_U32:
		mnl_attr_put_u32(message, DEVLINK_ATTR_PARAM_VALUE_DATA, (uint32_t)n);
		break;
	case DEVLINK_PARAM_TEXT:
		mnl_attr_put_strz(message, DEVLINK_ATTR_PARAM_VALUE_DATA, json_string_value(value));
		break;
	case DEVLINK_PARAM_BOOL:
		if (json_is_true(value))
			mnl_attr_put(message, DEVLINK_ATTR_PARAM_VALUE_DATA, 0, NULL);
		break;
	}
}

int devlink_param_set(struct genl *devlink, const struct devlink_param *param, const json_t *value,
		      struct err *err)
{
	char buf[GENL_REQUEST_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *message;
	int r = devlink_param_takes(param, value, err);

	if (r < 0)
		return r;
	message = request(devlink, buf, DEVLINK_CMD_PARAM_SET, param->pci, param->name);
	mnl_attr_put_u8(message, DEVLINK_ATTR_PARAM_TYPE, (uint8_t)param->type);
	put_value(message, param->type, value);
	mnl_attr_put_u8(message, DEVLINK_ATTR_PARAM_VALUE_CMODE, DEVLINK_PARAM_CMODE_PERMANENT);
	r = genl_exchange(devlink, message, NULL, NULL, err);
	return r < 0 ? err_prepend(err, "%s: devlink parameter %s", param->pci, param->name) : 0;
}
