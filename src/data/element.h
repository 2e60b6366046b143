/* element.h - a whole number out of a typed array */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/frame.h"

/* BOOL to UINT32, INT64 and DATETIME. */
static inline int64_t pf_element_int(enum pf_type type, const void *data, size_t i)
{
	switch (type) {
	case PF_T_BOOL:
	case PF_T_UINT8:
		return ((const uint8_t *)data)[i];
	case PF_T_INT8:
		return ((const int8_t *)data)[i];
	case PF_T_INT16:
		return ((const int16_t *)data)[i];
	case PF_T_INT32:
		return ((const int32_t *)data)[i];
	case PF_T_UINT16:
		return ((const uint16_t *)data)[i];
	case PF_T_UINT32:
		return ((const uint32_t *)data)[i];
	default:
		return ((const int64_t *)data)[i];
	}
}
