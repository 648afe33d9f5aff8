/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a comparison share. */
#ifndef PROTOCOL_CLASS_PRIVATE_H
#define PROTOCOL_CLASS_PRIVATE_H

#include "protocol/class/class.h"

#define CLASS_LIST_TEXT (CLASS_WORDS_MAX * (CLASS_TEXT_MAX + 4) + 1)

void class_differs(json_t *to, bool required, const char *part, const char *where, const char *fmt, ...)
	_printf_(5, 6);
const char *class_text(const json_t *object, const char *key);       /* "" when missing */
uint64_t class_number(const json_t *object, const char *key);        /* 0 when missing or negative */
bool class_among(const struct class_words *words, const char *text); /* true where any will do */
const char *class_list(const struct class_words *words, char buf[CLASS_LIST_TEXT]); /* "a or b" */

/* Four digits as the inventory writes them. */
int class_read_id(const json_t *json, const char *what, const char *key, bool must, const char **ret,
		  struct err *err) _must_check_;
int class_read_gpu(const json_t *json, void *to, struct err *err) _must_check_; /* an entry of "gpus" */

void class_compare_pci(const struct class *c, const json_t *inventory,
		       json_t *to); /* functions, links, errors */
void class_compare_nics(const struct class *c, const json_t *inventory, json_t *to); /* cards, rails */

#endif
