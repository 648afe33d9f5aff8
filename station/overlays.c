/* SPDX-License-Identifier: Apache-2.0 */
#include "station/overlays.h"

#include "core/io.h"
#include "core/json.h"
#include "protocol/order/overlays.h"
#include "station/images.h"

static int of_name(const struct station *station, const json_t *item, json_t **ret, struct err *err)
{
	const char *name = json_string_value(item);
	_cleanup_free_ char *url = NULL;
	struct image_info image;
	int r;

	if (!name)
		return err_set(err, EBADMSG, "order.overlays must be an array of images' names");
	if ((r = image_folder_read(station, name, &image, err)) < 0 ||
	    (r = image_still_valid(&image, err)) < 0)
		return r;
	if (image.kind != IMAGE_OVERLAY)
		return err_set(err, EBADMSG, "order.overlays: image %s is of kind %s, not overlay", name,
			       image_kind_name(image.kind));
	url = str_printf("%s/%s/manifest.json", station->images_url, name);
	*ret = json_pack("{s:s, s:s, s:I}", "manifest_url", url, "manifest_sha256", image.manifest_sha256,
			 "min_serial", (json_int_t)image.serial);
	return 0;
}

int overlays_of_names(const struct station *station, const json_t *names, json_t **ret, struct err *err)
{
	_cleanup_json_ json_t *list = json_array();

	if (!json_is_array(names) || json_array_size(names) > ORDER_OVERLAYS_MAX)
		return err_set(err, EBADMSG, "order.overlays must be an array of at most %d images' names",
			       ORDER_OVERLAYS_MAX);
	for (size_t i = 0; i < json_array_size(names); i++) {
		json_t *one = NULL;
		int r = of_name(station, json_array_get(names, i), &one, err);

		if (r < 0)
			return r;
		json_array_append_new(list, one);
	}
	*ret = TAKE_PTR(list);
	return 0;
}
