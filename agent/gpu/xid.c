/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/gpu/xid.h"

#include <string.h>

#include "core/io.h"

/* NVIDIA's "Xid Errors": those whose cause is the card, its memory, its links or its place in the machine, not a program. */
static const struct kind {
	unsigned number;
	const char *what;
} kinds[] = {
	{48, "a double-bit ECC error"},
	{56, "an error of the display engine"},
	{57, "an error of the memory link while training"},
	{58, "an unstable video memory interface"},
	{62, "the internal microcontroller halted"},
	{63, "a row remapping, or page retirement, was recorded"},
	{64, "a row remapping, or page retirement, could not be recorded"},
	{65, "an error of the video processor"},
	{68, "an exception of the video processor"},
	{69, "an exception of the graphics engine class"},
	{73, "an error of the encoder"},
	{74, "an NVLink error"},
	{79, "the GPU has fallen off the bus"},
	{80, "corrupted data was sent to the GPU"},
	{81, "an error of VGA"},
	{92, "a high rate of single-bit ECC errors"},
	{119, "the GPU's system processor did not answer"},
	{120, "an error of the GPU's system processor"},
};

static const char *failing(unsigned number)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].number == number)
			return kinds[i].what;
	return NULL;
}

static bool is_of(const struct kmsg_xid *xid, const struct gpu *gpu)
{
	size_t len = strlen(xid->pci);

	return !strncmp(xid->pci, gpu->pci, len) && gpu->pci[len] == '.';
}

static void add_fault(json_t *look, const struct kmsg_xid *xid, const char *what)
{
	_cleanup_free_ char *text = str_printf("the driver has logged Xid %u, %s (%u times; \"%s\")",
					       xid->number, what, xid->count, xid->text);

	json_array_append_new(json_object_get(look, "faults"),
			      json_pack("{ss ss}", "what", "xid", "text", text));
}

void gpu_xids_add(const struct kmsg_xids *xids, const struct gpu *gpu, json_t *look)
{
	json_t *told = json_object();

	for (unsigned i = 0; i < xids->n; i++) {
		const struct kmsg_xid *xid = &xids->at[i];
		const char *what = failing(xid->number);
		char number[16];

		if (!is_of(xid, gpu))
			continue;
		snprintf(number, sizeof(number), "%u", xid->number);
		json_object_set_new(told, number, json_integer(xid->count));
		if (what && json_array_size(json_object_get(look, "faults")) < GPU_FAULTS_MAX)
			add_fault(look, xid, what);
	}
	if (json_object_size(told))
		json_object_set(json_object_get(look, "health"), "xids", told);
	json_decref(told);
}
