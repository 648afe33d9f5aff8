/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings, in their order. Persistence is switched on first, since a driver that lets go of the card forgets the power limit, the clocks and the
 * compute mode; and off last, for the same reason. MIG comes before what it makes impossible.
 */
#include "agent/gpu/nvml_set.h"
#include "agent/gpu/nvml_settings.h"
#include "core/json.h"

static json_t *say_switch(unsigned on)
{
	return json_string(nvml_switch_word(on));
}

/* ---- persistence ---- */

static int read_persistence(const struct nvml_set *s, unsigned *ret)
{
	return s->nvml->DeviceGetPersistenceMode ? s->nvml->DeviceGetPersistenceMode(s->device, ret)
						 : NVML_ERROR_FUNCTION_NOT_FOUND;
}

static int write_persistence(const struct nvml_set *s, unsigned on)
{
	return s->nvml->DeviceSetPersistenceMode ? s->nvml->DeviceSetPersistenceMode(s->device, on)
						 : NVML_ERROR_FUNCTION_NOT_FOUND;
}

/* In its turn only: `on` first, off last. */
static void set_persistence(struct nvml_set *s, bool on)
{
	const struct nvml_change change = {"persistence",     on,        !on, read_persistence,
					   write_persistence, say_switch};

	if (s->wish->persistence != ORDER_GPU_LEAVE && (s->wish->persistence == ORDER_GPU_ON) == on)
		(void)nvml_change(s, &change);
}

/* ---- ECC ---- */

/* What it will be: a reset makes it so. */
static int read_ecc(const struct nvml_set *s, unsigned *ret)
{
	unsigned now = 0;

	return s->nvml->DeviceGetEccMode ? s->nvml->DeviceGetEccMode(s->device, &now, ret)
					 : NVML_ERROR_FUNCTION_NOT_FOUND;
}

static int write_ecc(const struct nvml_set *s, unsigned on)
{
	return s->nvml->DeviceSetEccMode ? s->nvml->DeviceSetEccMode(s->device, on)
					 : NVML_ERROR_FUNCTION_NOT_FOUND;
}

/* The card's default, where the wish asks for that; false where the card does not say, or has no ECC. */
static bool wanted_ecc(struct nvml_set *s, unsigned *ret)
{
	_cleanup_json_ json_t *wanted = json_string("default");
	int result;

	*ret = s->wish->ecc == ORDER_GPU_ON;
	if (s->wish->ecc != ORDER_GPU_DEFAULT)
		return true;
	result = s->nvml->DeviceGetDefaultEccMode ? s->nvml->DeviceGetDefaultEccMode(s->device, ret)
						  : NVML_ERROR_FUNCTION_NOT_FOUND;
	return !nvml_has_not(result) && !nvml_refused(s, "ecc", wanted, result);
}

void nvml_set_ecc(struct nvml_set *s)
{
	struct nvml_change change = {"ecc", 0, false, read_ecc, write_ecc, say_switch};
	unsigned now = 0, pending = 0;

	if (s->wish->ecc == ORDER_GPU_LEAVE || !wanted_ecc(s, &change.wanted))
		return;
	change.by_default = s->wish->ecc == ORDER_GPU_DEFAULT || !change.wanted;
	if (nvml_change(s, &change) && s->nvml->DeviceGetEccMode(s->device, &now, &pending) == NVML_SUCCESS)
		s->needs_reset |= !now != !pending;
}

/* ---- compute mode ---- */

static int read_compute(const struct nvml_set *s, unsigned *ret)
{
	return s->nvml->DeviceGetComputeMode ? s->nvml->DeviceGetComputeMode(s->device, ret)
					     : NVML_ERROR_FUNCTION_NOT_FOUND;
}

static int write_compute(const struct nvml_set *s, unsigned mode)
{
	return s->nvml->DeviceSetComputeMode ? s->nvml->DeviceSetComputeMode(s->device, mode)
					     : NVML_ERROR_FUNCTION_NOT_FOUND;
}

static json_t *say_compute(unsigned mode)
{
	return json_string(nvml_compute_word(mode));
}

static void set_compute(struct nvml_set *s)
{
	static const unsigned modes[] = {
		[ORDER_GPU_SHARED] = NVML_COMPUTEMODE_DEFAULT,
		[ORDER_GPU_PROHIBITED] = NVML_COMPUTEMODE_PROHIBITED,
		[ORDER_GPU_EXCLUSIVE] = NVML_COMPUTEMODE_EXCLUSIVE_PROCESS,
	};
	const struct nvml_change change = {
		"compute_mode", modes[s->wish->compute], s->wish->compute == ORDER_GPU_SHARED,
		read_compute,   write_compute,           say_compute};

	(void)nvml_change(s, &change);
}

/* ---- all of them ---- */

static void set_all(struct nvml_set *s)
{
	set_persistence(s, true);
	nvml_set_ecc(s);
	nvml_set_mig(s);
	set_compute(s);
	nvml_set_power(s);
	nvml_set_clocks(s);
	set_persistence(s, false);
}

int nvml_set(const struct gpu_host *host, const struct gpu *gpu, const struct order_gpu *wish, json_t **ret,
	     struct err *err)
{
	_cleanup_(nvml_closep) struct nvml *nvml = NULL;
	struct nvml_set s = {.wish = wish};
	char words[NVML_WORDS_MAX];
	int result, r = nvml_open(host, &nvml, err);

	if (r < 0)
		return r;
	result = nvml_device(nvml, gpu->pci, &s.device);
	if (result != NVML_SUCCESS)
		return err_set(err, EIO, "NVML: %s (%d)", nvml_words(nvml, result, words), result);
	s.nvml = nvml;
	s.set = json_array();
	s.not_set = json_array();
	if (!wish->leave)
		set_all(&s);
	*ret = json_pack("{s:o, s:o, s:b}", "set", s.set, "not_set", s.not_set, "needs_reset", s.needs_reset);
	return 0;
}
