/* SPDX-License-Identifier: Apache-2.0 */
/* Which writer: the first that this kernel can do. */
#include "agent/pipeline/writer.h"

static bool without_uring;

void writer_without_uring(bool without)
{
	without_uring = without;
}

int writer_new(const struct writer_options *options, struct writer **ret, struct err *ret_why,
	       struct err *err)
{
	*ret_why = (struct err){0};
	if (without_uring)
		err_set(ret_why, ENOSYS, "switched off");
	else if (writer_uring.make(options, ret, ret_why) == 0)
		return 0;
	return writer_pwrite.make(options, ret, err);
}

void writer_submit(struct writer *writer, struct plain *plain, unsigned target)
{
	writer->kind->submit(writer, plain, target);
}

void writer_free(struct writer *writer)
{
	if (writer)
		writer->kind->free(writer);
}
