/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   vfio-device map ADDRESS OFFSET...    maps region 0, reads registers, gives the function back
 *   vfio-device reset ADDRESS
 * print one line of JSON; {"error": text} where it failed. It takes drivers from devices: it runs in a guest (tests/qemu/test_vfio.py).
 */
#include <jansson.h>
#include <string.h>

#include "agent/hw/pci/reset.h"
#include "agent/hw/pci/vfio.h"
#include "core/json.h"

static struct err err;

static json_t *map(const char *address, char *const *offsets)
{
	json_t *registers = json_object(), *answer;
	struct vfio *vfio;

	if (vfio_open("", address, 0, &vfio, &err) < 0) {
		json_decref(registers);
		return NULL;
	}
	for (; *offsets; offsets++)
		json_object_set_new(registers, *offsets,
				    json_integer(vfio_read32(vfio, (uint32_t)strtoul(*offsets, NULL, 16))));
	answer = json_pack("{s:I, s:o}", "size", (json_int_t)vfio_size(vfio), "registers", registers);
	if (vfio_close(vfio, &err) == 0)
		return answer;
	json_decref(answer);
	return NULL;
}

static json_t *reset(const char *address)
{
	struct pci_reset done;

	if (pci_reset("", address, &done, &err) < 0)
		return NULL;
	return json_pack("{s:s, s:f, s:s, s:i}", "method", done.method, "seconds", done.seconds, "driver",
			 done.driver, "others", (int)done.others);
}

int main(int argc, char **argv)
{
	_cleanup_json_ json_t *answer = NULL;

	if (argc < 3)
		return 2;
	answer = strcmp(argv[1], "map") ? reset(argv[2]) : map(argv[2], argv + 3);
	if (!answer)
		answer = json_pack("{s:s, s:i}", "error", err.text, "code", err.code);
	return json_dumpf(answer, stdout, JSON_COMPACT) < 0 || puts("") < 0;
}
