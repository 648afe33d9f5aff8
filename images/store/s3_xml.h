/* SPDX-License-Identifier: Apache-2.0 */
/* The few elements of S3's answers that are of use: text between tags, nothing else of XML. */
#ifndef IMAGES_STORE_S3_XML_H
#define IMAGES_STORE_S3_XML_H

#include <stddef.h>

#include "core/err.h"

/* The text of the first <tag>, entities decoded, NUL-terminated. -ENOENT: none, or it does not fit. */
int s3_xml_text(const char *xml, const char *tag, char *out, size_t size) _must_check_;
/* malloc'd: & < > " as entities. */
char *s3_xml_escape(const char *text) _must_check_;
/* malloc'd: all but unreserved characters (RFC 3986, section 2.3) as %XX. */
char *s3_uri_encode(const char *text) _must_check_;

#endif
