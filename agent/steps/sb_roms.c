/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/steps/sb_roms.h"

#include <string.h>

#include "agent/hw/tpm/tpm_log.h"
#include "core/io.h"
#include "efi/siglist.h"
#include "efi/siglist_spec.h"
#include "protocol/attestation/tcg_event.h"
#include "protocol/attestation/tcg_log_spec.h"

#define PCR_ROMS    2
#define PCR_BOOT    4
#define PCR_KEYS    7
#define UNKNOWN_MAX 4 /* that a reason names */

struct judge {
	const struct authvar_parts *db;
	bool booting;            /* the firmware has begun with a boot option: what follows is no ROM */
	unsigned roms, unknown;  /* ROMs; of them, not in db by their digest */
	unsigned vouched, alien; /* signers that were relied on so far; of them, not in db */
	char names[UNKNOWN_MAX * (SHA256_HEX_SIZE + 1)];
};

/* A driver's digest is its Authenticode one (PC Client Platform Firmware Profile 1.05, 10.4.1), which is what db holds. */
static void look_at_rom(struct judge *j, const struct tcg_event *event)
{
	size_t used = strlen(j->names);
	char hex[SHA256_HEX_SIZE];

	j->roms++;
	if (siglist_has(j->db->data, j->db->data_len, SIG_SHA256, event->sha256, SHA256_SIZE))
		return;
	hex_encode(event->sha256, SHA256_SIZE, hex);
	if (j->unknown++ < UNKNOWN_MAX)
		snprintf(j->names + used, sizeof(j->names) - used, "%s%s", used ? " " : "", hex);
}

/* The entry of db by which an image was let in: EFI_SIGNATURE_DATA, the owner's GUID and the signature (3.3.4.8). */
static void look_at_signer(struct judge *j, const struct tcg_event *event)
{
	const size_t owner = EFI_SIGNATURE_OWNER_SIZE;
	struct tcg_variable var;
	enum sig_kind kind;

	j->vouched++;
	if (tcg_event_variable(event, &var) < 0 || var.len <= owner) {
		j->alien++;
		return;
	}
	kind = var.len - owner == SHA256_SIZE ? SIG_SHA256 : SIG_X509;
	if (!siglist_has(j->db->data, j->db->data_len, kind, var.data + owner, var.len - owner))
		j->alien++;
}

static bool is_driver(uint32_t type)
{
	return type == EV_EFI_BOOT_SERVICES_DRIVER || type == EV_EFI_RUNTIME_SERVICES_DRIVER ||
	       type == EV_EFI_BOOT_SERVICES_APPLICATION;
}

/* Signers count as long as only ROMs can have been meant: from the first boot option on they are those of what is booted. */
static int look(const struct tcg_event *event, void *data)
{
	struct judge *j = data;

	if (event->pcr == PCR_BOOT && event->type != EV_SEPARATOR && event->type != EV_NO_ACTION)
		j->booting = true;
	if (event->pcr == PCR_ROMS && is_driver(event->type))
		look_at_rom(j, event);
	else if (event->pcr == PCR_KEYS && event->type == EV_EFI_VARIABLE_AUTHORITY && !j->booting)
		look_at_signer(j, event);
	return 0;
}

int sb_roms_judge(const void *log, size_t len, const struct authvar_parts *db, unsigned *ret_roms,
		  struct err *err)
{
	struct judge j = {.db = db};
	int r = tcg_log_walk(log, len, look, &j, err);

	if (r < 0)
		return r;
	if (j.unknown && (!j.vouched || j.alien))
		return err_set(
			err, EPERM,
			"%u of the %u option ROMs that the firmware runs would not run with the site's "
			"keys alone, and the devices with them (SHA-256 %s%s): keep their vendor's CA "
			"(remint keys enroll --with), or these ROMs (--rom), and order again",
			j.unknown, j.roms, j.names, j.unknown > UNKNOWN_MAX ? " ..." : "");
	*ret_roms = j.roms;
	return 0;
}

static void record(struct job *job, json_t *what)
{
	json_decref(job->facts.option_roms);
	job->facts.option_roms = what;
}

int sb_roms_check(struct job *job, const struct sb_bundle *bundle, struct err *err)
{
	_cleanup_free_ uint8_t *log = NULL;
	unsigned roms = 0;
	size_t len = 0;
	struct err why = {0};
	int r;

	if (tpm_log_read("", TCG_LOG_MAX, &log, &len, &why) < 0) {
		record(job, json_pack("{sb ss}", "checked", 0, "why", why.text));
		job->ops->note(
			job, "whether option ROMs run with the site's keys cannot be checked: no event log");
		return 0;
	}
	r = sb_roms_judge(log, len, &bundle->payloads[SB_DB].parts, &roms, err);
	if (r == 0)
		record(job, json_pack("{sb si}", "checked", 1, "roms", (int)roms));
	return r;
}
