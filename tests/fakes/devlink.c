/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fakes/devlink.h"

#include <linux/devlink.h>
#include <linux/genetlink.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/hw/net/devlink_param.h"

static struct devlink_fake *fake;
static char room[4096] __attribute__((aligned(8)));

struct devlink_fake *devlink_fake_reset(void)
{
	static const struct devlink_fake fresh = {
		.pci = "0000:3b:00.0",
		.psid = "MT_0000000359",
		.running = "22.31.1014",
		.stored = "22.31.1014",
		.version = "22.35.1012",
		.params = {{.name = "enable_sriov", .type = DEVLINK_PARAM_BOOL, .permanent = true},
			   {.name = "msix", .type = DEVLINK_PARAM_U32, .permanent = true, .number = 8},
			   {.name = "enable_roce", .type = DEVLINK_PARAM_BOOL, .driverinit = true}},
		.n_params = 3,
	};

	if (!fake)
		fake = mmap(NULL, sizeof(*fake), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*fake = fresh;
	return fake;
}

static struct nlmsghdr *message(uint8_t command)
{
	struct nlmsghdr *m;
	struct genlmsghdr *head;

	memset(room, 0, sizeof(room));
	m = mnl_nlmsg_put_header(room);
	m->nlmsg_type = 0x20;
	head = mnl_nlmsg_put_extra_header(m, sizeof(*head));
	head->cmd = command;
	mnl_attr_put_strz(m, DEVLINK_ATTR_BUS_NAME, "pci");
	mnl_attr_put_strz(m, DEVLINK_ATTR_DEV_NAME, fake->pci);
	return m;
}

static void put_version(struct nlmsghdr *m, uint16_t kind, const char *name, const char *value)
{
	struct nlattr *nest = mnl_attr_nest_start(m, kind);

	mnl_attr_put_strz(m, DEVLINK_ATTR_INFO_VERSION_NAME, name);
	mnl_attr_put_strz(m, DEVLINK_ATTR_INFO_VERSION_VALUE, value);
	mnl_attr_nest_end(m, nest);
}

static int info(netlink_fn each, void *data)
{
	struct nlmsghdr *m = message(DEVLINK_CMD_INFO_GET);

	mnl_attr_put_strz(m, DEVLINK_ATTR_INFO_SERIAL_NUMBER, "MT2241");
	put_version(m, DEVLINK_ATTR_INFO_VERSION_FIXED, "fw.psid", fake->psid);
	put_version(m, DEVLINK_ATTR_INFO_VERSION_RUNNING, "fw.version", fake->running);
	put_version(m, DEVLINK_ATTR_INFO_VERSION_STORED, "fw.version", fake->stored);
	return each(m, data);
}

static void put_value(struct nlmsghdr *m, const struct devlink_fake_param *p, uint8_t mode)
{
	struct nlattr *nest = mnl_attr_nest_start(m, DEVLINK_ATTR_PARAM_VALUE);

	mnl_attr_put_u8(m, DEVLINK_ATTR_PARAM_VALUE_CMODE, mode);
	if (p->type == DEVLINK_PARAM_U32)
		mnl_attr_put_u32(m, DEVLINK_ATTR_PARAM_VALUE_DATA, p->number);
	else if (p->type == DEVLINK_PARAM_TEXT)
		mnl_attr_put_strz(m, DEVLINK_ATTR_PARAM_VALUE_DATA, p->text);
	else if (p->number)
		mnl_attr_put(m, DEVLINK_ATTR_PARAM_VALUE_DATA, 0, NULL);
	mnl_attr_nest_end(m, nest);
}

static int param_get(const struct devlink_fake_param *p, netlink_fn each, void *data)
{
	struct nlmsghdr *m = message(DEVLINK_CMD_PARAM_GET);
	struct nlattr *outer = mnl_attr_nest_start(m, DEVLINK_ATTR_PARAM), *list;

	mnl_attr_put_strz(m, DEVLINK_ATTR_PARAM_NAME, p->name);
	mnl_attr_put_u8(m, DEVLINK_ATTR_PARAM_TYPE, (uint8_t)p->type);
	list = mnl_attr_nest_start(m, DEVLINK_ATTR_PARAM_VALUES_LIST);
	if (p->driverinit)
		put_value(m, p, DEVLINK_PARAM_CMODE_DRIVERINIT);
	if (p->permanent)
		put_value(m, p, DEVLINK_PARAM_CMODE_PERMANENT);
	mnl_attr_nest_end(m, list);
	mnl_attr_nest_end(m, outer);
	return each(m, data);
}

static int param_set(struct devlink_fake_param *p, const struct nlattr **attrs, struct err *err)
{
	const struct nlattr *value = attrs[DEVLINK_ATTR_PARAM_VALUE_DATA];

	fake->sets++;
	while (p->hangs)
		pause();
	if (*p->refuses)
		return err_set(err, EINVAL, "devlink: %s", p->refuses);
	if (netlink_u8(attrs[DEVLINK_ATTR_PARAM_VALUE_CMODE], 99) != DEVLINK_PARAM_CMODE_PERMANENT ||
	    netlink_u8(attrs[DEVLINK_ATTR_PARAM_TYPE], 99) != p->type)
		return err_set(err, EOPNOTSUPP, "devlink");
	if (p->lies)
		return 0;
	if (p->type == DEVLINK_PARAM_TEXT)
		snprintf(p->text, sizeof(p->text), "%s", netlink_text(value));
	else
		p->number = p->type == DEVLINK_PARAM_U32 ? netlink_u32(value, 0) : value != NULL;
	return 0;
}

static int flash(const struct nlattr **attrs, struct err *err)
{
	fake->flashes++;
	snprintf(fake->file, sizeof(fake->file), "%s",
		 netlink_text(attrs[DEVLINK_ATTR_FLASH_UPDATE_FILE_NAME]));
	usleep(fake->flash_ms * 1000);
	if (fake->dies)
		_exit(1);
	if (*fake->refuses)
		return err_set(err, EIO, "devlink: %s", fake->refuses);
	memcpy(fake->stored, fake->version, sizeof(fake->stored));
	return 0;
}

int devlink_fake_exchange(struct nlmsghdr *request, netlink_fn each, void *data, struct err *err)
{
	const struct nlattr *attrs[DEVLINK_ATTR_MAX + 1] = {NULL};
	const struct genlmsghdr *head = mnl_nlmsg_get_payload(request);
	const char *name;

	if (!netlink_attributes(request, sizeof(*head), attrs, DEVLINK_ATTR_MAX))
		return err_set(err, EBADMSG, "devlink: malformed request");
	if (head->cmd == DEVLINK_CMD_INFO_GET)
		return info(each, data);
	name = netlink_text(attrs[DEVLINK_ATTR_DEV_NAME]);
	if (!name || strcmp(name, fake->pci) != 0)
		return err_sys(err, ENODEV, "devlink");
	if (head->cmd == DEVLINK_CMD_FLASH_UPDATE)
		return flash(attrs, err);
	name = netlink_text(attrs[DEVLINK_ATTR_PARAM_NAME]);
	for (unsigned i = 0; name && i < fake->n_params; i++)
		if (!strcmp(fake->params[i].name, name))
			return head->cmd == DEVLINK_CMD_PARAM_GET ? param_get(&fake->params[i], each, data)
								  : param_set(&fake->params[i], attrs, err);
	return err_sys(err, EINVAL, "devlink");
}

int devlink_fake_hear(unsigned timeout_ms, netlink_fn each, void *data, struct err *err)
{
	const struct devlink_fake_status *s = &fake->status[fake->told];
	struct nlmsghdr *m;

	if (fake->told == fake->n_status) {
		usleep((timeout_ms < 20 ? timeout_ms : 20) * 1000);
		return err_set(err, ETIMEDOUT, "devlink: nothing came in time");
	}
	fake->told++;
	m = message(DEVLINK_CMD_FLASH_UPDATE_STATUS);
	mnl_attr_put_strz(m, DEVLINK_ATTR_FLASH_UPDATE_STATUS_MSG, s->message);
	if (*s->component)
		mnl_attr_put_strz(m, DEVLINK_ATTR_FLASH_UPDATE_COMPONENT, s->component);
	mnl_attr_put_u64(m, DEVLINK_ATTR_FLASH_UPDATE_STATUS_DONE, s->done);
	mnl_attr_put_u64(m, DEVLINK_ATTR_FLASH_UPDATE_STATUS_TOTAL, s->total);
	if (s->timeout_s)
		mnl_attr_put_u64(m, DEVLINK_ATTR_FLASH_UPDATE_STATUS_TIMEOUT, s->timeout_s);
	return each(m, data);
}
