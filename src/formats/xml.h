/* xml.h - a server's list in XML: elements, their paths and their texts */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"

/* An element has ended: "ListBucketResult/Contents/Key" and its own text, trimmed of nothing.
 * Both views hold until it returns. -1 with err ends the reading. */
typedef int pf_xml_take(void *ctx, struct pf_str path, struct pf_str text, struct pf_err *err);

/* Tells each element when it ends, so that an outer one comes after what is in it. Names are
 * without their prefixes, attributes are passed over. A DOCTYPE is refused, and with it every
 * entity but the five; so are more than PF_MAX_XML_DEPTH levels, and names and texts of more
 * than PF_MAX_XML_TEXT bytes. EMODEL "line L: ...", ELIMIT, EIO: expat cannot be loaded. */
int pf_xml_read(struct pf_str text, pf_xml_take *take, void *ctx, struct pf_err *err) PF_MUST_USE;
