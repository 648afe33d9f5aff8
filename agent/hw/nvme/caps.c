/* SPDX-License-Identifier: Apache-2.0 */
/* What the capability fields say, and the fields as JSON. */
#include <string.h>

#include "agent/hw/nvme/nvme.h"
#include "agent/hw/nvme/spec.h"
#include "core/json.h"

#define WHAT "nvme"

bool nvme_has_format(const struct nvme_caps *caps)
{
	return caps->oacs & NVME_OACS_FORMAT;
}

bool nvme_has_namespaces(const struct nvme_caps *caps)
{
	return caps->oacs & NVME_OACS_NAMESPACES;
}

bool nvme_format_hits_all(const struct nvme_caps *caps)
{
	return caps->fna & NVME_FNA_FORMAT_ALL;
}

bool nvme_erase_hits_all(const struct nvme_caps *caps)
{
	return caps->fna & NVME_FNA_ERASE_ALL;
}

bool nvme_has_crypto_format(const struct nvme_caps *caps)
{
	return caps->fna & NVME_FNA_CRYPTO_ERASE;
}

bool nvme_has_sanitize(const struct nvme_caps *caps, enum nvme_sanitize action)
{
	static const uint32_t bits[] = {
		[NVME_SANITIZE_EXIT_FAILURE] =
			NVME_SANICAP_BLOCK | NVME_SANICAP_OVERWRITE | NVME_SANICAP_CRYPTO,
		[NVME_SANITIZE_BLOCK] = NVME_SANICAP_BLOCK,
		[NVME_SANITIZE_OVERWRITE] = NVME_SANICAP_OVERWRITE,
		[NVME_SANITIZE_CRYPTO] = NVME_SANICAP_CRYPTO,
	};

	return (size_t)action < sizeof(bits) / sizeof(*bits) && caps->sanicap & bits[action];
}

/* ---- JSON ---- */

#define FIELD(member)                                                                                   \
	{                                                                                               \
#member, offsetof(struct nvme_caps, member), sizeof(((struct nvme_caps *)NULL)->member) \
	}

struct field {
	const char *name;
	size_t offset, size;
};

static const struct field texts[] = {FIELD(model), FIELD(serial), FIELD(firmware), FIELD(subnqn)};
static const struct field numbers[] = {
	FIELD(oacs), FIELD(fna),     FIELD(sanicap), FIELD(rpmbs),        FIELD(bpcap),    FIELD(nwpc),
	FIELD(cmic), FIELD(tnvmcap), FIELD(unvmcap), FIELD(n_namespaces), FIELD(n_active), FIELD(n_allocated),
	FIELD(nsid), FIELD(lbaf),    FIELD(flbas),   FIELD(dps),          FIELD(mc),       FIELD(nsattr),
};
enum { TEXTS = sizeof(texts) / sizeof(*texts), NUMBERS = sizeof(numbers) / sizeof(*numbers) };

/* The members are of 1, 2, 4 or 8 bytes. */
static uint64_t get_number(const struct nvme_caps *caps, const struct field *f)
{
	const char *at = (const char *)caps + f->offset;

	switch (f->size) {
	case 1:
		return *(const uint8_t *)at;
	case 2:
		return *(const uint16_t *)at;
	case 4:
		return *(const uint32_t *)at;
	default:
		return *(const uint64_t *)at;
	}
}

static void set_number(struct nvme_caps *caps, const struct field *f, uint64_t value)
{
	char *at = (char *)caps + f->offset;

	switch (f->size) {
	case 1:
		*(uint8_t *)at = (uint8_t)value;
		break;
	case 2:
		*(uint16_t *)at = (uint16_t)value;
		break;
	case 4:
		*(uint32_t *)at = (uint32_t)value;
		break;
	default:
		*(uint64_t *)at = value;
	}
}

static uint64_t number_max(const struct field *f)
{
	return f->size < 8 ? (1ull << 8 * f->size) - 1 : INT64_MAX;
}

json_t *nvme_caps_to_json(const struct nvme_caps *caps)
{
	json_t *json = json_object();

	for (unsigned i = 0; i < TEXTS; i++)
		json_object_set_new(json, texts[i].name, json_string((const char *)caps + texts[i].offset));
	for (unsigned i = 0; i < NUMBERS; i++)
		json_object_set_new(json, numbers[i].name,
				    json_integer((json_int_t)get_number(caps, &numbers[i])));
	return json;
}

/* As text_clean() leaves it: printable ASCII, without white space at its beginning. */
static int read_text(const json_t *json, const struct field *f, struct nvme_caps *caps, struct err *err)
{
	const char *text;
	int r = json_get_str_or_empty(json, WHAT, f->name, f->size - 1, &text, err);

	if (r < 0)
		return r;
	for (const char *p = text; *p; p++)
		if (*p < ' ' || *p > '~' || *text == ' ')
			return err_set(err, EBADMSG, WHAT ".%s is not as a drive's text is kept", f->name);
	memcpy((char *)caps + f->offset, text, strlen(text) + 1);
	return 0;
}

int nvme_caps_from_json(const json_t *json, struct nvme_caps *ret, struct err *err)
{
	struct nvme_caps caps = {.nsid = 0};
	uint64_t value;
	int r;

	if (!json_is_object(json))
		return err_set(err, EBADMSG, WHAT " must be an object");
	if (json_object_size(json) > TEXTS + NUMBERS)
		return err_set(err, EBADMSG, WHAT " has keys that are not known");
	for (unsigned i = 0; i < TEXTS; i++)
		if ((r = read_text(json, &texts[i], &caps, err)) < 0)
			return r;
	for (unsigned i = 0; i < NUMBERS; i++) {
		r = json_get_u64(json, WHAT, numbers[i].name, 0, number_max(&numbers[i]), &value, err);
		if (r < 0)
			return r;
		set_number(&caps, &numbers[i], value);
	}
	*ret = caps;
	return 0;
}
