/* SPDX-License-Identifier: Apache-2.0 */
/* The order of work. It is policy, and this is its one place. */
#include "agent/run.h"

const struct run_row run_table[] = {
	/* The machine is read first: every later decision, and the operator's view of an unknown machine, rests on it. */
	{"inventory", PHASE_OBSERVE, &step_inventory},

	/* What drives the machine's GPUs and cards, and the vendors' own programs, are in RAM before any row asks for them. First, because a
	 * signature or a kernel release that does not fit ends it here, and because a service may need minutes until its switches are trained:
	 * hardly any other row can do without. Again in each boot of the order, because no reset leaves them there. */
	{"overlays", PHASE_PREPARE, &step_overlays},

	/* Before anything is chosen or checked: a drive must be seen whole, with its true size, or a hidden part of it
	 * would go along to the next tenant. It changes what drives show, not what they hold. */
	{"reveal", PHASE_PREPARE, &step_reveal},

	/* In RAM alone: a bad signature, a tampered index or a disk that is too small ends here, while the former state
	 * still stands. Before the checks, because they ask for the verified image and the chosen disk. */
	{"image", PHASE_PREPARE, &step_image, .needs_image = true},

	/* Where the order wants it: a kernel that the running one does not trust, or that does not fit into memory, ends here. After the
	 * image, whose manifest names it; it is loaded anew in each boot of the order, because no reset leaves it there. */
	{"kexec", PHASE_PREPARE, &step_kexec, .needs_image = true},

	/* Before anything is destroyed: a machine that is not what its tenant pays for keeps its former state, and says what is wrong with it.
	 * After reveal, which settles what the drives show. */
	{"gate", PHASE_CHECK, &step_gate},

	/* First, because it may need a reset, and somebody at the console: no disk is half done then. What was sealed to it is lost
	 * from here on, as the disks will be. The evidence's quote comes later, by a key that is made again. */
	{"tpm", PHASE_DESTROY, &step_tpm_clear},

#ifdef CONFIG_STEP_EFI
	/* After every check, because it changes the machine. Before the wipe, because it needs a reset, after which all that
	 * was wiped and written would have to be read once more; and because what erases then is an agent that the firmware has
	 * verified. */
	{"secure-boot", PHASE_DESTROY, &step_secure_boot},
#endif
	/* Every disk before the image: what was written first could be erased, and a machine held in between must not
	 * keep one tenant's disk beside another's. */
	{"wipe", PHASE_DESTROY, &step_wipe},
	/* All but the first chunk. */
	{"write", PHASE_DESTROY, &step_write, .needs_image = true},

#ifdef CONFIG_STEP_PERSONALISE
	/* Patches the first chunk in RAM, so after write, which decodes it. */
	{"personalise", PHASE_CONFIGURE, &step_personalise, .needs_image = true},
#endif
	/* After personalise, so that the reset of the machine that a setting may need finds the disks wiped and written, and need not come in the midst of
	 * that. Before the boot entries, which are settled last. */
	{"gpu", PHASE_CONFIGURE, &step_gpu},
	/* What a card keeps. After the disks: a machine that is held with a card half set holds no tenant's data. Before the boot entries: it may need
	 * a reset, which would have them looked at once more. */
	{"nic", PHASE_CONFIGURE, &step_nic},
#ifdef CONFIG_STEP_EFI
	/* Before the boot entries: it makes room for them in a store that may be full, and after a reset of our own it sees
	 * what the firmware has kept before anything is written anew. */
	{"firmware", PHASE_CONFIGURE, &step_firmware},
	/* The entry names a partition of the table that personalise has settled. */
	{"efi", PHASE_CONFIGURE, &step_efi},
	/* When all is written: the reset that shows whether it is kept is the last thing before the proof. */
	{"settle", PHASE_CONFIGURE, &step_settle},
	/* What stands at the handover, as late as it can be changed and still be read back for the evidence. */
	{"secure-boot-leave", PHASE_CONFIGURE, &step_secure_boot_leave},
#endif

	/* Again, because hours of full load have gone by: a link that has come up slower, a module that is gone. Before the evidence, which has
	 * both comparisons. */
	{"gate-after", PHASE_PROVE, &step_gate},

	/* When the last row that needs a driver is done and verified. Before the evidence, which says how each service ended. */
	{"overlays-leave", PHASE_PROVE, &step_overlays_leave},

	/* Behind every row's verify: hands in what has been proven. Before the commit, because a disk that boots
	 * without a certificate must not exist. */
	{"evidence", PHASE_PROVE, &step_evidence},

	/* The one point from which the disk boots. */
	{"commit", PHASE_COMMIT, &step_commit, .needs_image = true},

	/* A machine that was only erased has no system to start: nothing is left but to switch it off. */
	{"handoff", PHASE_HAND_OVER, &step_handoff, .needs_image = true},
};

const size_t run_table_len = sizeof(run_table) / sizeof(run_table[0]);
