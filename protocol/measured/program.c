/* SPDX-License-Identifier: Apache-2.0 */
/* PCR 4: which programs the firmware has loaded. It measures a program when that is loaded; whether it was started, PCRs 9 and 11 tell. */
#include "protocol/attestation/tcg_event.h"
#include "protocol/measured/judge.h"

/* By PCR 11: which parts of the EFI file that was started are not this image's; "" where it does not say. */
static void other_sections(const struct judge *j, char *words, size_t size)
{
	const struct look_events *seen = &j->look->stub[LOOK_SECTIONS];

	words[0] = '\0';
	if (seen->n != 2 * j->m->n_sections || seen->n > LOOK_EVENTS_MAX)
		return;
	for (unsigned i = 0; i < j->m->n_sections; i++) {
		const struct measured_digest *s = &j->m->sections[i];
		size_t used = strlen(words);

		if (!judge_same(seen->events[2 * i + 1].sha256, s->sha256))
			snprintf(words + used, size - used, "%s%s",
				 used ? ", " : "; by PCR 11 it differs in ", s->name);
	}
}

static int other_program(const struct judge *j, const struct tcg_event *event)
{
	char where[160], sections[160];

	tcg_event_image_words(event, where, sizeof(where));
	other_sections(j, sections, sizeof(sections));
	return err_set(j->err, EPERM,
		       "PCR 4: another program was started: %s from %s; boot image %s is %s%s%s%s",
		       judge_hex(event->sha256).text, where, j->m->version,
		       j->m->has_uki ? judge_hex(j->m->uki).text : "",
		       j->m->has_uki ? " or, as kernel alone, " : "", judge_hex(j->m->kernel).text, sections);
}

static bool is_ours(const struct judge *j, const struct tcg_event *event)
{
	return judge_same(event->sha256, j->m->kernel) ||
	       (j->m->has_uki && judge_same(event->sha256, j->m->uki));
}

/* A kernel of ours within an EFI file that is not: systemd's stub was there. */
static bool in_another_file(const struct judge *j)
{
	return j->v.form == MEASURED_KERNEL && j->look->stub[LOOK_SECTIONS].n > 0;
}

/*
 * From the first program that is this image on there is no other: it may be there several times, because iPXE loads each program once to see
 * what it is, and because the EFI file loads the kernel that it holds.
 */
int judge_program(struct judge *j)
{
	const struct look_events *seen = &j->look->programs;
	const struct tcg_event *events = seen->events;
	char where[160];

	if (seen->n == 0 || seen->n > LOOK_EVENTS_MAX)
		return err_set(j->err, EPERM, "PCR 4: the firmware has started %u programs%s", seen->n,
			       seen->n ? "" : "; a machine that starts by BIOS cannot be told from others");
	while (j->at < seen->n && !is_ours(j, &events[j->at]))
		j->at++;
	if (j->at == seen->n)
		return other_program(j, &events[seen->n - 1]);
	j->v.form = judge_same(events[j->at].sha256, j->m->kernel) ? MEASURED_KERNEL : MEASURED_UKI;
	if (in_another_file(j))
		return other_program(j, &events[j->at ? j->at - 1 : 0]);
	for (unsigned i = j->at; i < seen->n; i++) {
		if (is_ours(j, &events[i]))
			continue;
		tcg_event_image_words(&events[i], where, sizeof(where));
		return err_set(j->err, EPERM,
			       "PCR 4: after boot image %s another program was started: %s from %s",
			       j->m->version, judge_hex(events[i].sha256).text, where);
	}
	return 0;
}

int judge_loaders(struct judge *j)
{
	if (j->at > MEASURED_LOADERS_MAX)
		return err_set(j->err, EPERM, "PCR 4: %u programs were started before the boot image", j->at);
	for (unsigned i = 0; i < j->at; i++) {
		const struct tcg_event *event = &j->look->programs.events[i];
		struct measured_found *loader = &j->v.loaders[j->v.n_loaders++];

		tcg_event_image_words(event, loader->what, sizeof(loader->what));
		memcpy(loader->sha256, event->sha256, SHA256_SIZE);
		for (unsigned k = 0; k < j->m->n_loaders; k++)
			if (judge_same(event->sha256, j->m->loaders[k].sha256))
				loader->known = true;
		if (!loader->known && !j->m->any_loader)
			return err_set(j->err, EPERM,
				       "PCR 4: before the boot image %s was started from %s, which is none "
				       "of the loaders that "
				       "'remint boot build --loader' names",
				       judge_hex(loader->sha256).text, loader->what);
	}
	return 0;
}
