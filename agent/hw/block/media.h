/* SPDX-License-Identifier: Apache-2.0 */
/* What a boot medium may be: optical drives, USB and other removable drives, a management controller's virtual ones among them. */
#ifndef AGENT_HW_MEDIA_H
#define AGENT_HW_MEDIA_H

#include "core/err.h"

/* Device nodes of whole drives; never one that could be erased. *ret and each path are malloc'd: media_free(). */
int media_list(const char *root, char ***ret, unsigned *ret_n, struct err *err) _must_check_;
void media_free(char **paths, unsigned n);

#endif
