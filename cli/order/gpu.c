/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/order/gpu.h"

#include "core/json.h"

#define GPU_FILE_MAX (64 * 1024) /* bytes */

int order_gpu_arg_add(const char *path, json_t *order, struct err *err)
{
	_cleanup_json_ json_t *gpu = NULL;
	int r = path ? json_read_file(path, GPU_FILE_MAX, &gpu, err) : 0;

	if (r < 0 || !path)
		return r;
	if (!json_is_object(gpu))
		return err_set(err, EINVAL, "%s: must be an object, such as {\"reset\": \"must\"}", path);
	json_object_set(order, "gpu", gpu);
	return 0;
}
