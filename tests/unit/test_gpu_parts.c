/* rooms: agent/gpu agent/hw protocol tests/fakes core */
/* SPDX-License-Identifier: Apache-2.0 */
/* Which functions are GPUs, what a child may answer, and what the kernel's log says of a GPU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/gpu/answer.h"
#include "agent/gpu/find.h"
#include "agent/gpu/xid.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/evidence/gpu.h"
#include "tests/fakes/machine_tree.h"

static struct err err;

static void add(const char *root, const char *pci, const char *class, const char *vendor, const char *more)
{
	_cleanup_free_ char *text = str_printf("/sys/bus/pci/devices/%s/class = %s\n"
					       "/sys/bus/pci/devices/%s/vendor = %s\n"
					       "/sys/bus/pci/devices/%s/device = 0x2330\n"
					       "/sys/bus/pci/devices/%s/%s\n",
					       pci, class, pci, vendor, pci, pci, more);

	machine_tree_add(root, text);
}

static void gpus_are_found(void **state)
{
	char *root = machine_tree_new();
	const struct gpu_host host = {.root = root};
	struct gpu *gpus = NULL;
	unsigned n = 0;

	(void)state;
	add(root, "0000:2a:00.0", "0x030200", "0x10de", "driver -> ../../../bus/pci/drivers/nvidia");
	add(root, "0000:18:00.0", "0x030000", "0x1002", "rom = 1");
	add(root, "0000:19:00.0", "0x120000", "0x1002", "driver -> ../../../bus/pci/drivers/amdgpu");
	add(root, "0000:1a:00.0", "0x038000", "0x1002", "rom = 1");
	add(root, "0000:00:02.0", "0x030000", "0x1a03", "rom = 1");                   /* a BMC's */
	add(root, "0000:06:00.0", "0x068000", "0x10de", "rom = 1");                   /* an NVSwitch */
	add(root, "0000:18:00.4", "0x030200", "0x10de", "physfn -> ../0000:18:00.0"); /* a virtual function */
	add(root, "odd", "0x030200", "0x10de", "rom = 1");
	assert_int_equal(gpu_find(&host, &gpus, &n, &err), 0);
	assert_int_equal(n, 4);
	assert_string_equal(gpus[0].pci, "0000:18:00.0");
	assert_string_equal(gpus[0].driver, "");
	assert_string_equal(gpus[3].pci, "0000:2a:00.0");
	assert_string_equal(gpus[3].driver, "nvidia");
	assert_int_equal(gpus[3].vendor, GPU_VENDOR_NVIDIA);
	assert_int_equal(gpus[3].device, 0x2330);
	free(gpus);
	machine_tree_free(root);
}

static void too_many_gpus_are_an_error(void **state)
{
	char *root = machine_tree_new();
	const struct gpu_host host = {.root = root};
	struct gpu *gpus = NULL;
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i <= GPU_MAX; i++) {
		char pci[16];

		snprintf(pci, sizeof(pci), "0000:%02x:00.0", i + 1);
		add(root, pci, "0x030200", "0x10de", "rom = 1");
	}
	assert_int_equal(gpu_find(&host, &gpus, &n, &err), -E2BIG);
	assert_null(gpus);
	machine_tree_free(root);
}

enum { LOOK, SET, RESET, SCRUB };

static int answer(int kind, const char *text)
{
	_cleanup_json_ json_t *json = json_loads(text, 0, NULL);

	if (!json)
		fail_msg("%s", text);
	err = (struct err){0};
	return kind == LOOK    ? gpu_answer_look(json, "its state", &err)
	       : kind == SET   ? gpu_answer_set(json, "its settings", &err)
	       : kind == RESET ? gpu_answer_reset(json, "its reset", &err)
			       : gpu_answer_scrub(json, "its scrub", &err);
}

static void answers_are_checked(void **state)
{
	static const struct {
		int kind;
		const char *text, *says; /* says NULL: good */
	} cases[] = {
		{LOOK, "{}", NULL},
		{LOOK, "{\"model\": \"A\", \"memory\": 5, \"faults\": [{\"what\": \"a\", \"text\": \"b\"}]}",
		 NULL},
		{LOOK, "{\"reset\": {}}", "reset"},
		{LOOK, "{\"model\": \"\\u001b[2J\"}", "model"},
		{LOOK, "{\"memory\": -1}", "memory"},
		{LOOK, "{\"faults\": [\"hot\"]}", "faults"},
		{LOOK, "{\"settings\": {\"a\": \"\\u00e9\"}}", "settings"},
		{SET, "{\"set\": [], \"not_set\": [], \"needs_reset\": false}", NULL},
		{SET, "{\"set\": [], \"not_set\": []}", "needs_reset"},
		{SET,
		 "{\"set\": [], \"not_set\": [{\"setting\": \"a\", \"wanted\": 1}], \"needs_reset\": false}",
		 "why"},
		{RESET, "{\"method\": \"flr\", \"seconds\": 1}", NULL},
		{RESET, "{\"not_done\": \"lazy\"}", "not_done"},
		{RESET, "{\"method\": \"flr\", \"seconds\": 1, \"memory_scrub\": \"maybe\"}", "memory_scrub"},
		{SCRUB, "{\"by\": \"cuda\", \"total\": 9, \"covered\": 8, \"verified\": 8}", NULL},
		{SCRUB, "{\"by\": \"reset\"}", "cuda"},
		{SCRUB, "{\"by\": \"cuda\", \"total\": 9, \"covered\": 10, \"verified\": 8}", "covered"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		int r = answer(cases[i].kind, cases[i].text);

		if (cases[i].says ? r != -EPROTO || !strstr(err.text, cases[i].says) : r)
			fail_msg("%s: %d %s", cases[i].text, r, err.text);
	}
}

static void a_long_health_is_refused(void **state)
{
	_cleanup_free_ char *text = xcalloc(1, EVIDENCE_GPU_FREE_MAX + 1), *long_text = NULL;

	(void)state;
	memset(text, 'x', EVIDENCE_GPU_FREE_MAX);
	long_text = str_printf("{\"health\": {\"a\": \"%s\"}}", text);
	assert_int_equal(answer(LOOK, long_text), -EPROTO);
	assert_non_null(strstr(err.text, "health"));
}

static void xids_of_one_gpu_are_its_faults(void **state)
{
	_cleanup_free_ struct kmsg_xids *xids = xcalloc(1, sizeof(*xids));
	_cleanup_json_ json_t *look = json_pack("{s{} s[]}", "health", "faults");
	const struct gpu gpu = {.pci = "0000:18:00.0"};
	const char log[] = "4,1,1,-;NVRM: Xid (PCI:0000:18:00): 79, off the bus\n"
			   "4,1,1,-;NVRM: Xid (PCI:0000:18:00): 13, a program's fault\n"
			   "4,1,1,-;NVRM: Xid (PCI:0000:18:00): 13, a program's fault\n"
			   "4,1,1,-;NVRM: Xid (PCI:0000:19:00): 48, another's\n";
	const json_t *told;

	(void)state;
	kmsg_take(xids, log, strlen(log));
	gpu_xids_add(xids, &gpu, look);
	told = json_object_get(json_object_get(look, "health"), "xids");
	assert_int_equal(json_object_size(told), 2);
	assert_int_equal(json_integer_value(json_object_get(told, "13")), 2);
	assert_int_equal(json_array_size(json_object_get(look, "faults")), 1);
	assert_string_equal(
		json_string_value(
			json_object_get(json_array_get(json_object_get(look, "faults"), 0), "text")),
		"the driver has logged Xid 79, the GPU has fallen off the bus (1 times; \"off the bus\")");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gpus_are_found),
		cmocka_unit_test(too_many_gpus_are_an_error),
		cmocka_unit_test(answers_are_checked),
		cmocka_unit_test(a_long_health_is_refused),
		cmocka_unit_test(xids_of_one_gpu_are_its_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
