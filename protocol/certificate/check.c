/* SPDX-License-Identifier: Apache-2.0 */
/* Tells a certificate from other documents, before anybody reads it. */
#include <string.h>

#include "core/json.h"
#include "protocol/certificate/certificate.h"
#include "protocol/claim.h"
#include "protocol/evidence/fields.h"

#define LIST_MAX 1024
#define TEXT_MAX 65536

static int check_version(const json_t *certificate, struct err *err)
{
	const json_t *version = json_object_get(certificate, "certificate");

	if (!json_is_integer(version))
		return err_set(err, EBADMSG, "not a certificate");
	if (json_integer_value(version) != CERTIFICATE_VERSION)
		return err_set(err, EBADMSG, "a certificate of version %lld; this program reads version %d",
			       (long long)json_integer_value(version), CERTIFICATE_VERSION);
	return 0;
}

static int check_drive(const json_t *drive, struct err *err)
{
	static const char *const claims[] = {"read back", "asserted by the device", "not erased", NULL};
	static const char *const texts[] = {"name", "method", "level", "outcome", "begun", "ended", NULL};
	const char *text;
	json_t *part;
	int r;

	if (!json_is_object(drive))
		return err_set(err, EBADMSG, "drives: must be objects");
	r = evidence_word_check(drive, "drive", "claim", claims, err);
	for (unsigned i = 0; !r && texts[i]; i++)
		r = json_get_str(drive, "drive", texts[i], TEXT_MAX, &text, err);
	if (!r)
		r = json_get_object(drive, "drive", "proof", &part, err);
	if (!r)
		r = json_get_array(drive, "drive", "not_done", LIST_MAX, &part, err);
	return r ? r : json_get_array(drive, "drive", "attempts", LIST_MAX, &part, err);
}

static int check_lists(const json_t *certificate, struct err *err)
{
	static const char *const lists[] = {"drives", "drives_not_touched", "root_disks",
					    "steps",  "standards",          NULL};
	json_t *list;
	int r = 0;

	for (unsigned i = 0; !r && lists[i]; i++)
		r = json_get_array(certificate, "certificate", lists[i], LIST_MAX, &list, err);
	list = json_object_get(certificate, "drives");
	for (size_t i = 0; !r && i < json_array_size(list); i++)
		r = check_drive(json_array_get(list, i), err);
	return r;
}

int certificate_check(const json_t *certificate, struct err *err)
{
	static const char *const texts[] = {"order",        "node",   "identity_basis", "station",
					    "requested_by", "issued", "statement",      NULL};
	static const char *const objects[] = {"identity", "tool", "agent", "validation", NULL};
	static const char *const may_be_null[] = {"out_of_band", "gate", NULL};
	const char *text;
	json_t *object;
	int r = check_version(certificate, err);

	for (unsigned i = 0; !r && texts[i]; i++)
		r = json_get_str(certificate, "certificate", texts[i], TEXT_MAX, &text, err);
	for (unsigned i = 0; !r && objects[i]; i++)
		r = json_get_object(certificate, "certificate", objects[i], &object, err);
	object = json_object_get(certificate, "image");
	if (!r && !json_is_object(object) && !json_is_null(object))
		r = err_set(err, EBADMSG, "certificate.image must be an object or null");
	for (unsigned i = 0; !r && may_be_null[i]; i++) {
		object = json_object_get(certificate, may_be_null[i]);
		if (object && !json_is_object(object) && !json_is_null(object))
			r = err_set(err, EBADMSG, "certificate.%s must be an object or null", may_be_null[i]);
	}
	object = json_object_get(certificate, "nics");
	if (!r && object && !json_is_array(object) && !json_is_null(object))
		r = err_set(err, EBADMSG, "certificate.nics must be an array or null");
	return r ? r : check_lists(certificate, err);
}
