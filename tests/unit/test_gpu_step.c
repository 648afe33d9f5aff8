/* rooms: agent/steps agent/pipeline agent/wipe agent/gpu efi images agent/hw protocol tests/fakes core */
/* wraps: gpu_find gpu_backend_of kmsg_read gpu_scrub_cuda firmware_is_uefi pci_slots_read pci_path_read */
/* SPDX-License-Identifier: Apache-2.0 */
/* The step gpu over back ends that are made up: what holds a machine, when, and in which words; and what stands in the record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "agent/gpu/backend.h"
#include "agent/gpu/find.h"
#include "agent/gpu/scrub.h"
#include "agent/hw/kmsg.h"
#include "agent/hw/machine.h"
#include "agent/hw/pci/pci.h"
#include "core/hash.h"
#include "core/io.h"
#include "core/json.h"
#include "protocol/class/class.h"
#include "protocol/evidence/gpu.h"
#include "tests/fakes/step_job.h"

/* One card, shared with the children that work at it. */
static struct card {
	bool mig, ecc, ecc_pending, prohibited;
	unsigned resets, sets, scrubs;
	bool mig_at_scrub, prohibited_at_scrub;
} * card;

/* What the back end does. */
static struct {
	unsigned n; /* GPUs */
	bool no_backend, no_reset, no_set;
	const char *fault, *look_fails, *reset_fails, *scrub_fails, *refuses, *log, *set_fails;
	bool reset_scrubs, reset_keeps_ecc, lies, garbage, crashes;
	double share;
} fake;
static struct step_job sj;
static struct err err;
static char notes[8192];

int __wrap_gpu_find(const struct gpu_host *host, struct gpu **ret, unsigned *ret_n, struct err *e);
const struct gpu_backend *__wrap_gpu_backend_of(const struct gpu_host *host, const struct gpu *gpu);
int __wrap_kmsg_read(const char *root, struct kmsg_xids *ret, struct err *e);
int __wrap_gpu_scrub_cuda(const struct gpu_host *host, const struct gpu *gpu,
			  void (*progress)(void *data, uint64_t done, uint64_t total), void *data,
			  json_t **ret, struct err *e);
bool __wrap_firmware_is_uefi(const char *root);
struct pci_slots *__wrap_pci_slots_read(const char *root);
int __wrap_pci_path_read(const char *root, const char *address, struct pci_path *ret, struct err *e);

/* ---- the card ---- */

static int fake_look(const struct gpu_host *host, const struct gpu *gpu, json_t **ret, struct err *e)
{
	json_t *settings;

	(void)host;
	if (fake.look_fails)
		return err_set(e, EIO, "%s", fake.look_fails);
	if (fake.crashes)
		abort();
	settings = json_pack("{ss ss ss}", "mig", card->mig ? "on" : "off", "ecc", card->ecc ? "on" : "off",
			     "compute_mode", card->prohibited ? "prohibited" : "default");
	if (card->ecc_pending)
		json_object_set_new(settings, "pending", json_pack("{ss}", "ecc", card->ecc ? "off" : "on"));
	*ret = json_pack("{ss ss so}", "model", "Fake", "serial", gpu->pci[5] == '1' ? "S1" : "S2",
			 "settings", settings);
	if (fake.fault)
		json_object_set_new(*ret, "faults",
				    json_pack("[{ss ss}]", "what", "row", "text", fake.fault));
	if (fake.garbage)
		json_object_set_new(*ret, "surprise", json_true());
	return 0;
}

static void add_set(json_t *answer, const char *setting, const char *to)
{
	json_array_append_new(json_object_get(answer, "set"),
			      json_pack("{ss ss ss}", "setting", setting, "from", "?", "to", to));
}

static int fake_set(const struct gpu_host *host, const struct gpu *gpu, const struct order_gpu *wish,
		    json_t **ret, struct err *e)
{
	json_t *answer = json_pack("{s[] s[] sb}", "set", "not_set", "needs_reset", 0);
	bool mig = wish->mig == ORDER_GPU_ON, prohibited = wish->compute == ORDER_GPU_PROHIBITED;

	(void)host, (void)gpu;
	card->sets++;
	if (fake.set_fails) {
		json_decref(answer);
		return err_set(e, EIO, "%s", fake.set_fails);
	}
	if (card->mig != mig) {
		add_set(answer, "mig", mig ? "on" : "off");
		card->mig = mig != fake.lies;
	}
	if (card->prohibited != prohibited)
		add_set(answer, "compute_mode", prohibited ? "prohibited" : "default");
	card->prohibited = prohibited;
	if (wish->ecc == ORDER_GPU_ON && !card->ecc) {
		card->ecc_pending = true;
		json_object_set_new(answer, "needs_reset", json_true());
	}
	if (fake.refuses)
		json_array_append_new(json_object_get(answer, "not_set"),
				      json_pack("{ss si ss}", "setting", "power_limit", "wanted", 500, "why",
						fake.refuses));
	*ret = answer;
	return 0;
}

static int fake_reset(const struct gpu_host *host, const struct gpu *gpu, json_t **ret, struct err *e)
{
	(void)host, (void)gpu;
	if (fake.reset_fails)
		return err_set(e, EIO, "%s", fake.reset_fails);
	card->resets++;
	if (card->ecc_pending && !fake.reset_keeps_ecc) {
		card->ecc = !card->ecc;
		card->ecc_pending = false;
	}
	*ret = json_pack("{ss sf}", "method", "flr", "seconds", 1.5);
	if (fake.reset_scrubs)
		json_object_set_new(*ret, "memory_scrub", json_string("completed"));
	return 0;
}

static struct gpu_backend backend;

/* ---- what is around it ---- */

int __wrap_gpu_find(const struct gpu_host *host, struct gpu **ret, unsigned *ret_n, struct err *e)
{
	(void)host, (void)e;
	*ret = xcalloc(4, sizeof(**ret));
	for (unsigned i = 0; i < fake.n; i++)
		(*ret)[i] = (struct gpu){.vendor = GPU_VENDOR_NVIDIA, .device = 0x2330};
	for (unsigned i = 0; i < fake.n; i++) {
		snprintf((*ret)[i].pci, sizeof((*ret)[i].pci), "0000:%u8:00.0", (i + 1) % 10);
		if (!fake.no_backend && !fake.reset_scrubs)
			strcpy((*ret)[i].driver, "nvidia");
	}
	*ret_n = fake.n;
	return 0;
}

const struct gpu_backend *__wrap_gpu_backend_of(const struct gpu_host *host, const struct gpu *gpu)
{
	(void)host, (void)gpu;
	return fake.no_backend ? NULL : &backend;
}

int __wrap_kmsg_read(const char *root, struct kmsg_xids *ret, struct err *e)
{
	(void)root, (void)e;
	memset(ret, 0, sizeof(*ret));
	if (fake.log)
		kmsg_take(ret, fake.log, strlen(fake.log));
	return 0;
}

int __wrap_gpu_scrub_cuda(const struct gpu_host *host, const struct gpu *gpu,
			  void (*progress)(void *data, uint64_t done, uint64_t total), void *data,
			  json_t **ret, struct err *e)
{
	(void)host, (void)gpu;
	card->scrubs++;
	card->mig_at_scrub = card->mig;
	card->prohibited_at_scrub = card->prohibited;
	if (fake.scrub_fails)
		return err_set(e, EIO, "%s", fake.scrub_fails);
	progress(data, 50, 100);
	*ret = json_pack("{ss si si si sf sf}", "by", "cuda", "total", 1000, "covered", 990, "verified", 990,
			 "rate", 2e12, "share", fake.share);
	return 0;
}

bool __wrap_firmware_is_uefi(const char *root)
{
	(void)root;
	return false;
}

struct pci_slots *__wrap_pci_slots_read(const char *root)
{
	(void)root;
	return NULL;
}

/* No way to a slot that is known. */
int __wrap_pci_path_read(const char *root, const char *address, struct pci_path *ret, struct err *e)
{
	(void)root, (void)ret;
	return err_set(e, ENOENT, "%s", address);
}

static void note(struct job *job, const char *text)
{
	size_t len = strlen(notes);

	(void)job;
	snprintf(notes + len, sizeof(notes) - len, "%s\n", text);
}

static struct job_ops ops;

static int setup(void **state)
{
	static char url[] = "http://x/manifest.json";

	(void)state;
	memset(&fake, 0, sizeof(fake));
	memset(card, 0, sizeof(*card));
	*notes = '\0';
	err = (struct err){0};
	fake.n = 2;
	fake.share = 0.8;
	backend =
		(struct gpu_backend){.name = "fake", .look = fake_look, .set = fake_set, .reset = fake_reset};
	step_job_init(&sj);
	ops = *sj.job.ops;
	ops.note = note;
	sj.job.ops = &ops;
	sj.order.manifest_url = url; /* an order with an image: the machine gets a tenant */
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	order_class_free(sj.order.class);
	step_job_clear(&sj);
	return 0;
}

static void arrange(void)
{
	if (fake.no_reset)
		backend.reset = NULL;
	if (fake.no_set)
		backend.set = NULL;
}

static int check(void)
{
	arrange();
	err = (struct err){0};
	return step_gpu.check(&sj.job, &err);
}

static int run(void)
{
	arrange();
	err = (struct err){0};
	return step_gpu.run(&sj.job, &err);
}

static int verify(void)
{
	err = (struct err){0};
	return step_gpu.verify(&sj.job, &err);
}

static const json_t *account(unsigned i)
{
	return json_array_get(sj.job.facts.gpus, i);
}

static const char *not_done(const char *part)
{
	const char *why = json_string_value(json_object_get(json_object_get(account(0), part), "not_done"));

	return why ? why : "(done)";
}

static void evidence_is_in_order(void)
{
	_cleanup_json_ json_t *evidence = json_pack("{sO so}", "gpus", sj.job.facts.gpus, "image",
						    sj.order.manifest_url ? json_object() : json_null());

	if (evidence_gpus_check(evidence, &err) < 0 ||
	    evidence_gpus_are_as_ordered(evidence, &sj.order.gpu, &err) < 0)
		fail_msg("%s", err.text);
}

static void use(const char *gpus)
{
	_cleanup_free_ char *text = str_printf("{\"class\": 1, \"name\": \"hgx\", \"gpus\": [%s]}", gpus),
			    *canonical = NULL;
	_cleanup_json_ json_t *document = json_loads(text, 0, NULL), *json = NULL;
	char sha256[SHA256_HEX_SIZE];
	size_t len;

	canonical = json_canonical(document, &len);
	sha256_hex(canonical, len, sha256);
	json = json_pack("{s{ss ss sO}}", "class", "name", "hgx", "sha256", sha256, "document", document);
	if (order_class_read(json, &sj.order.class, &err) < 0)
		fail_msg("%s", err.text);
}

/* ---- tests ---- */

static void a_machine_without_gpus_is_passed_over(void **state)
{
	(void)state;
	fake.n = 0;
	assert_int_equal(check(), 0);
	assert_int_equal(run(), STEP_SKIPPED);
	assert_true(json_is_array(sj.job.facts.gpus));
	assert_int_equal(verify(), 0);
}

static void two_good_ones_are_reset_set_and_scrubbed(void **state)
{
	(void)state;
	card->mig = true; /* a former tenant's */
	assert_int_equal(check(), 0);
	assert_int_equal(run(), STEP_DONE);
	assert_int_equal(card->resets, 2);
	assert_int_equal(card->scrubs, 2);
	assert_false(card->mig_at_scrub);
	assert_int_equal(verify(), 0);
	assert_int_equal(json_array_size(sj.job.facts.gpus), 2);
	assert_string_equal(json_string_value(json_object_get(account(1), "serial")), "S2");
	assert_int_equal(json_array_size(json_object_get(account(0), "set")), 1);
	assert_non_null(strstr(notes, "GPU 0000:18:00.0, serial S1: reset (flr)\n"));
	evidence_is_in_order();
}

static void a_fault_holds_before_anything_is_destroyed(void **state)
{
	(void)state;
	fake.fault = "a row remapping has failed: replace the card";
	assert_int_equal(check(), -ENODEV);
	assert_string_equal(err.text,
			    "GPU 0000:18:00.0, serial S1: a row remapping has failed: replace the card; GPU "
			    "0000:28:00.0, serial S2: a row remapping has failed: replace the card");
}

/* What goes to nobody is erased, whatever its cards are worth; the record has it. */
static void a_fault_does_not_keep_data_alive(void **state)
{
	(void)state;
	sj.order.manifest_url = NULL;
	fake.fault = "a row remapping has failed";
	fake.refuses = "it is locked";
	assert_int_equal(check(), 0);
	assert_int_equal(run(), STEP_DONE);
	assert_int_equal(verify(), 0);
	assert_int_equal(json_array_size(json_object_get(account(0), "faults")), 1);
	assert_int_equal(json_array_size(json_object_get(account(0), "not_set")), 1);
	assert_non_null(strstr(notes, "recorded: a row remapping has failed"));
	evidence_is_in_order();
}

static void what_cannot_be_asked_is_in_the_record(void **state)
{
	const json_t *item;

	(void)state;
	sj.order.manifest_url = NULL;
	fake.n = 1;
	fake.look_fails = "the library does not answer";
	fake.set_fails = "nor does it take anything";
	assert_int_equal(check(), 0);
	assert_int_equal(run(), STEP_DONE);
	item = json_array_get(json_object_get(account(0), "unknown"), 0);
	assert_string_equal(json_string_value(item), "reading its state: the library does not answer");
	item = json_array_get(json_object_get(account(0), "not_set"), 0);
	assert_string_equal(json_string_value(json_object_get(item, "why")), "nor does it take anything");
	assert_int_equal(verify(), 0);
	fake.n = 0; /* it is gone altogether */
	assert_int_equal(verify(), 0);
	evidence_is_in_order();
	sj.order.manifest_url = (char *)"http://x/";
	fake.n = 1;
	fake.look_fails = NULL;
	assert_int_equal(run(), -ENODEV);
	assert_non_null(strstr(err.text, "settings could not be set: nor does it"));
}

static void xids_hold(void **state)
{
	(void)state;
	fake.log = "4,1,1,-;NVRM: Xid (PCI:0000:28:00): 79, GPU has fallen off the bus\n"
		   "4,1,1,-;NVRM: Xid (PCI:0000:18:00): 13, a program's own fault\n";
	assert_int_equal(check(), -ENODEV);
	assert_non_null(strstr(err.text, "GPU 0000:28:00.0, serial S2: the driver has logged Xid 79"));
	assert_null(strstr(err.text, "0000:18"));
}

static void one_that_cannot_be_looked_at_holds(void **state)
{
	(void)state;
	fake.n = 1;
	fake.look_fails = "the library does not answer";
	assert_int_equal(check(), -ENODEV);
	assert_string_equal(err.text, "GPU 0000:18:00.0: reading its state: the library does not answer");
	fake.look_fails = NULL;
	fake.garbage = true;
	assert_int_equal(check(), -ENODEV);
	assert_non_null(strstr(err.text, "the answer is not one"));
	assert_non_null(strstr(err.text, "surprise"));
	fake.garbage = false;
	fake.crashes = true;
	assert_int_equal(check(), -ENODEV);
	assert_non_null(strstr(err.text, "its process crashed: Aborted"));
}

static void what_must_and_cannot_holds_at_once(void **state)
{
	(void)state;
	fake.n = 1;
	fake.no_reset = fake.no_set = true;
	sj.order.gpu = (struct order_gpu){.reset = ORDER_GPU_MUST, .ecc = ORDER_GPU_ON};
	assert_int_equal(check(), -ENODEV);
	assert_non_null(strstr(err.text, "the order demands its reset, and nobody here can do it"));
	assert_non_null(strstr(err.text, "the order asks for settings of it"));
	fake.no_backend = true;
	sj.order.gpu = (struct order_gpu){.scrub = ORDER_GPU_MUST};
	assert_int_equal(check(), -ENODEV);
	assert_non_null(strstr(err.text, "its memory be scrubbed, and nobody here can do it"));
	assert_int_equal(card->resets + card->sets, 0);
}

static void without_a_back_end_the_record_says_so(void **state)
{
	(void)state;
	fake.n = 1;
	fake.no_backend = true;
	assert_int_equal(check(), 0);
	assert_int_equal(run(), STEP_DONE);
	assert_int_equal(verify(), 0);
	assert_string_equal(not_done("reset"), "nobody here can look after it: no driver is bound to it");
	assert_non_null(strstr(not_done("scrub"), "no reset was seen to clear it"));
	assert_int_equal(json_array_size(json_object_get(account(0), "unknown")), 1);
	evidence_is_in_order();
}

static void a_setting_that_the_card_has_not_holds(void **state)
{
	(void)state;
	fake.n = 1;
	sj.order.gpu.power_limit = 500;
	assert_int_equal(check(), -ENODEV);
	assert_non_null(strstr(err.text, "the order asks for power_limit, which this card does not have"));
}

static void a_refused_setting_holds(void **state)
{
	(void)state;
	fake.n = 1;
	fake.refuses = "it is locked";
	assert_int_equal(check(), 0);
	assert_int_equal(run(), -ENODEV);
	assert_non_null(strstr(err.text, "power_limit could not be set: it is locked"));
}

static void settings_that_are_left_are_left(void **state)
{
	(void)state;
	sj.order.gpu.leave = true;
	card->mig = true;
	assert_int_equal(check(), 0);
	assert_int_equal(run(), STEP_DONE);
	assert_int_equal(verify(), 0);
	assert_int_equal(card->sets, 0);
}

static void one_that_lies_is_found_out(void **state)
{
	(void)state;
	fake.n = 1;
	fake.lies = true; /* says that MIG is off now */
	card->mig = true;
	assert_int_equal(run(), STEP_DONE);
	assert_int_equal(verify(), -ENODEV);
	assert_non_null(strstr(err.text, "mig is \"on\" and should be \"off\""));
}

static void what_breaks_on_the_way_holds_at_the_end(void **state)
{
	(void)state;
	assert_int_equal(run(), STEP_DONE);
	fake.log = "4,1,1,-;NVRM: Xid (PCI:0000:18:00): 48, DBE\n";
	assert_int_equal(verify(), -ENODEV);
	assert_non_null(strstr(err.text, "Xid 48"));
	fake.log = NULL;
	fake.n = 1;
	assert_int_equal(verify(), -ENODEV);
	assert_string_equal(err.text, "2 GPUs were set up, and 1 of them are there");
}

static void a_failed_reset_is_recorded_or_holds(void **state)
{
	(void)state;
	fake.n = 1;
	fake.reset_fails = "it does not come back";
	assert_int_equal(run(), STEP_DONE);
	assert_string_equal(not_done("reset"), "it does not come back");
	sj.order.gpu.reset = ORDER_GPU_MUST;
	assert_int_equal(run(), -ENODEV);
	assert_non_null(strstr(err.text, "reset: it does not come back"));
	sj.order.gpu.reset = ORDER_GPU_NEVER;
	fake.reset_fails = NULL;
	assert_int_equal(run(), STEP_DONE);
	assert_int_equal(card->resets, 0);
	assert_string_equal(not_done("reset"), "the order did not ask for it");
}

/* A reset of the card does for a switch that waits for one; only where it does not is the machine reset, once. */
static void a_setting_that_waits_for_a_reset(void **state)
{
	struct journal_entry before = {.step = JOB_RESET, .method = "gpu"};

	(void)state;
	fake.n = 1;
	sj.order.gpu.ecc = ORDER_GPU_ON;
	assert_int_equal(run(), STEP_DONE);
	assert_int_equal(card->resets, 2);
	assert_int_equal(card->sets, 2);
	assert_int_equal(verify(), 0);
	card->ecc = false;
	fake.reset_keeps_ecc = true;
	assert_int_equal(run(), STEP_NEEDS_RESET);
	assert_non_null(strstr(notes, "settings of GPUs wait for a reset of the machine"));
	sj.job.journal = &before;
	sj.job.n_journal = 1;
	assert_int_equal(run(), -EIO);
	assert_non_null(strstr(err.text, "was reset for them already"));
}

/* All of the memory is only there before it is parted, and before programs are kept out. */
static void memory_is_scrubbed_before_it_is_hidden(void **state)
{
	(void)state;
	fake.n = 1;
	sj.order.gpu.mig = ORDER_GPU_ON;
	sj.order.gpu.compute = ORDER_GPU_PROHIBITED;
	assert_int_equal(run(), STEP_DONE);
	assert_int_equal(card->scrubs, 1);
	assert_false(card->mig_at_scrub);
	assert_false(card->prohibited_at_scrub);
	assert_true(card->mig && card->prohibited);
	assert_int_equal(verify(), 0);
}

static void a_scrub_by_the_hardware_counts(void **state)
{
	(void)state;
	fake.n = 1;
	fake.reset_scrubs = true; /* and no driver of NVIDIA's */
	sj.order.gpu.scrub = ORDER_GPU_MUST;
	assert_int_equal(check(), 0);
	assert_int_equal(run(), STEP_DONE);
	assert_int_equal(card->scrubs, 0);
	assert_string_equal(json_string_value(json_object_get(json_object_get(account(0), "scrub"), "by")),
			    "reset");
	evidence_is_in_order();
}

static void a_failed_scrub_is_recorded_or_holds(void **state)
{
	(void)state;
	fake.n = 1;
	fake.scrub_fails = "no libcuda";
	assert_int_equal(run(), STEP_DONE);
	assert_string_equal(not_done("scrub"), "no libcuda");
	sj.order.gpu.scrub = ORDER_GPU_MUST;
	assert_int_equal(run(), -ENODEV);
	assert_non_null(strstr(err.text, ": scrub: no libcuda"));
	sj.order.gpu.scrub = ORDER_GPU_NEVER;
	assert_int_equal(run(), STEP_DONE);
	assert_string_equal(not_done("scrub"), "the order did not ask for it");
}

#define H100 "{\"vendor\": \"10de\", \"device\": \"2330\", \"share\": 0.7"

static void a_slow_memory_holds(void **state)
{
	(void)state;
	fake.n = 1;
	use(H100 "}");
	assert_int_equal(check(), 0);
	assert_int_equal(run(), STEP_DONE);
	fake.share = 0.5;
	assert_int_equal(run(), -ENODEV);
	assert_string_equal(err.text,
			    "GPU 0000:18:00.0, serial S1: its memory was filled at 2000 GB/s, 50.0 % of "
			    "what it can take; its class hgx asks for 70.0 %");
	fake.scrub_fails = "no libcuda";
	assert_int_equal(run(), -ENODEV);
	assert_non_null(strstr(err.text, "the rate of its memory was not measured"));
	sj.order.gpu.scrub = ORDER_GPU_NEVER;
	assert_int_equal(check(), -ENODEV);
	assert_non_null(strstr(err.text, "which the scrub measures"));
}

static void a_slow_memory_may_be_recorded(void **state)
{
	(void)state;
	fake.n = 1;
	fake.share = 0.5;
	use(H100 ", \"required\": false}");
	assert_int_equal(run(), STEP_DONE);
	assert_int_equal(json_array_size(json_object_get(account(0), "differences")), 1);
	evidence_is_in_order();
}

static void cancelling_ends_it(void **state)
{
	(void)state;
	sj.cancel_after = 1;
	assert_int_equal(check(), -ECANCELED);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_machine_without_gpus_is_passed_over),
		T(two_good_ones_are_reset_set_and_scrubbed),
		T(a_fault_holds_before_anything_is_destroyed),
		T(a_fault_does_not_keep_data_alive),
		T(what_cannot_be_asked_is_in_the_record),
		T(xids_hold),
		T(one_that_cannot_be_looked_at_holds),
		T(what_must_and_cannot_holds_at_once),
		T(without_a_back_end_the_record_says_so),
		T(a_setting_that_the_card_has_not_holds),
		T(a_refused_setting_holds),
		T(settings_that_are_left_are_left),
		T(one_that_lies_is_found_out),
		T(what_breaks_on_the_way_holds_at_the_end),
		T(a_failed_reset_is_recorded_or_holds),
		T(a_setting_that_waits_for_a_reset),
		T(memory_is_scrubbed_before_it_is_hidden),
		T(a_scrub_by_the_hardware_counts),
		T(a_failed_scrub_is_recorded_or_holds),
		T(a_slow_memory_holds),
		T(a_slow_memory_may_be_recorded),
		T(cancelling_ends_it),
	};

	card = mmap(NULL, sizeof(*card), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return card == MAP_FAILED ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
