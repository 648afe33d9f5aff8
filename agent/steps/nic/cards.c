/* SPDX-License-Identifier: Apache-2.0 */
/* Which cards the order's entries speak of: PCI functions of network cards, with a driver or without. */
#include <string.h>

#include "agent/hw/net/devlink.h"
#include "agent/steps/nic/card.h"
#include "core/io.h"
#include "core/json.h"

static const char *text(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value ? value : "";
}

const char *nic_psid(const struct nic_work *work, const char *pci, const json_t *inventory)
{
	const json_t *device = json_object_get(work->info, pci), *port;
	const char *psid = text(json_object_get(device, "fixed"), "fw.psid");
	size_t i;

	if (*psid)
		return psid;
	json_array_foreach(json_object_get(inventory, "infiniband"), i, port)
		if (!strcmp(text(port, "pci"), pci))
			return text(port, "psid");
	return "";
}

bool nic_has_mst(const struct nic_card *card)
{
	return !strcmp(text(card->function, "vendor"), MST_VENDOR);
}

static bool is_card(const json_t *function)
{
	return !strncmp(text(function, "class"), "02", 2) &&
	       !json_object_get(function, "virtual_function_of");
}

static const json_t *first_interface(const json_t *inventory, const char *pci)
{
	const json_t *nic;
	size_t i;

	json_array_foreach(json_object_get(inventory, "nics"), i, nic)
		if (!strcmp(text(nic, "pci"), pci))
			return nic;
	return NULL;
}

static bool has_mac(const json_t *inventory, const char *pci, const char *mac)
{
	const json_t *nic;
	size_t i;

	json_array_foreach(json_object_get(inventory, "nics"), i, nic)
		if (!strcmp(text(nic, "pci"), pci) &&
		    (!strcasecmp(text(nic, "mac"), mac) || !strcasecmp(text(nic, "permanent_mac"), mac)))
			return true;
	return false;
}

static bool matches(const struct nic_work *work, const struct order_nic_match *match, const json_t *function)
{
	const json_t *inventory = work->job->facts.inventory;
	const char *pci = text(function, "address");

	return (!*match->pci || !strcmp(match->pci, pci)) &&
	       (!*match->driver || !strcmp(match->driver, text(function, "driver"))) &&
	       (!*match->mac || has_mac(inventory, pci, match->mac)) &&
	       (!*match->psid || !strcmp(match->psid, nic_psid(work, pci, inventory)));
}

static void add_known(json_t *record, const char *key, const char *value)
{
	if (*value)
		json_object_set_new(record, key, json_string(value));
}

/* What later boots of the order have seen first, in the newest record before this boot: nic.c journals it. */
static const json_t *earlier_record(const struct job *job, const char *pci)
{
	for (unsigned i = job->n_journal; i-- > 0;) {
		const struct journal_entry *entry = &job->journal[i];

		if (!strcmp(entry->step, "nic") && entry->proof && !strcmp(text(entry->proof, "pci"), pci))
			return entry->proof;
	}
	return NULL;
}

static json_t *new_record(unsigned entry, const struct order_nic *wish, const char *pci)
{
	return json_pack("{si sb ss? s[] sn sn s[] sb}", "entry", (int)entry, "required", wish->required,
			 "pci", pci, "settings", "firmware", "sriov", "not_done", "after_reset", 0);
}

static void fill(const struct nic_work *work, struct nic_card *card, const json_t *function)
{
	const json_t *inventory = work->job->facts.inventory;
	const json_t *device;

	snprintf(card->pci, sizeof(card->pci), "%s", text(function, "address"));
	device = json_object_get(work->info, card->pci);
	card->function = function;
	card->interface = first_interface(inventory, card->pci);
	card->earlier = earlier_record(work->job, card->pci);
	card->record = new_record(card->entry, card->wish, card->pci);
	if (card->earlier)
		json_object_set_new(card->record, "after_reset", json_true());
	add_known(card->record, "driver", text(function, "driver"));
	add_known(card->record, "interface", text(card->interface, "name"));
	add_known(card->record, "mac",
		  *text(card->interface, "permanent_mac") ? text(card->interface, "permanent_mac")
							  : text(card->interface, "mac"));
	add_known(card->record, "psid", nic_psid(work, card->pci, inventory));
	add_known(card->record, "serial",
		  *text(device, "serial") ? text(device, "serial") : text(device, "board_serial"));
}

static int add(const struct nic_work *work, struct nic_cards *cards, unsigned entry, const json_t *function,
	       struct err *err)
{
	const char *pci = text(function, "address");
	struct nic_card *card = &cards->at[cards->n];

	for (unsigned i = 0; i < cards->n; i++)
		if (!strcmp(cards->at[i].pci, pci))
			return err_set(err, EBADMSG,
				       "order.nic[%u] and order.nic[%u] both speak of %s: let one entry "
				       "match each card",
				       cards->at[i].entry, entry, pci);
	if (cards->n == NIC_CARDS_MAX)
		return err_set(err, E2BIG, "order.nic speaks of more than %d cards", NIC_CARDS_MAX);
	card->wish = &work->job->order->nics.at[entry];
	card->entry = entry;
	fill(work, card, function);
	cards->n++;
	return 0;
}

static char *describe(const struct order_nic_match *m)
{
	return str_printf("%s%s%s%s%s%s%s%s", *m->pci ? " at " : "", m->pci, *m->mac ? " with MAC " : "",
			  m->mac, *m->driver ? " of driver " : "", m->driver, *m->psid ? " with PSID " : "",
			  m->psid);
}

static int none_matches(const struct nic_work *work, struct nic_cards *cards, unsigned entry, struct err *err)
{
	const struct order_nic *wish = &work->job->order->nics.at[entry];
	_cleanup_free_ char *which = describe(&wish->match), *why = NULL;
	json_t *record;

	if (wish->required)
		return err_set(err, ENODEV, "order.nic[%u]: this machine has no network card%s", entry,
			       which);
	why = str_printf("this machine has no network card%s", which);
	record = new_record(entry, wish, NULL);
	json_array_append_new(json_object_get(record, "not_done"),
			      json_pack("{ss ss}", "what", "the whole entry", "why", why));
	json_array_append_new(cards->unmatched, record);
	return 0;
}

static int find_entry(const struct nic_work *work, struct nic_cards *cards, unsigned entry, struct err *err)
{
	const struct order_nic *wish = &work->job->order->nics.at[entry];
	unsigned before = cards->n;
	const json_t *function;
	size_t i;

	json_array_foreach(json_object_get(work->job->facts.inventory, "pci"), i, function) {
		if (is_card(function) && matches(work, &wish->match, function)) {
			int r = add(work, cards, entry, function, err);

			if (r < 0)
				return r;
		}
	}
	return cards->n > before ? 0 : none_matches(work, cards, entry, err);
}

int nic_cards_find(const struct nic_work *work, struct nic_cards *ret, struct err *err)
{
	int r = 0;

	*ret = (struct nic_cards){.at = xcalloc(NIC_CARDS_MAX, sizeof(*ret->at)), .unmatched = json_array()};
	for (unsigned i = 0; !r && i < work->job->order->nics.n; i++)
		r = find_entry(work, ret, i, err);
	if (r < 0)
		nic_cards_clear(ret);
	return r;
}

void nic_cards_clear(struct nic_cards *cards)
{
	for (unsigned i = 0; i < cards->n; i++)
		json_decref(cards->at[i].record);
	free(cards->at);
	json_decref(cards->unmatched);
	*cards = (struct nic_cards){0};
}

void nic_not_done(struct nic_card *card, const char *what, const char *why)
{
	json_array_append_new(json_object_get(card->record, "not_done"),
			      json_pack("{ss ss}", "what", what, "why", why));
}

/* What the card was set to before this order, told by the record of an earlier boot. */
static json_t *before_order(const struct nic_card *card, const char *by, const char *name)
{
	const json_t *setting;
	size_t i;

	json_array_foreach(json_object_get(card->earlier, "settings"), i, setting)
		if (!strcmp(text(setting, "by"), by) && !strcmp(text(setting, "name"), name))
			return json_object_get(setting, "before");
	return NULL;
}

void nic_add_setting(struct nic_card *card, const char *by, const char *name, const json_t *wanted,
		     json_t *before, json_t *after)
{
	json_t *first = before_order(card, by, name);

	if (first) {
		json_decref(before);
		before = json_incref(first);
	}
	json_array_append_new(json_object_get(card->record, "settings"),
			      json_pack("{ss ss sO so? so?}", "by", by, "name", name, "wanted", wanted,
					"before", before, "after", after));
}
