/* lazy_expat.c - what we call of expat, which is loaded when it is first needed */
/* SPDX-License-Identifier: Apache-2.0 */
#include <expat.h>

#include "base/lazy.h"

static struct pf_lazy library = { .soname = "libexpat.so.1" };

#define NOTHING(name, params, args) PF_LAZY(library, , void, name, params, args)

PF_LAZY(library, NULL, XML_Parser, XML_ParserCreate, (const XML_Char *encoding), (encoding))
NOTHING(XML_ParserFree, (XML_Parser p), (p))
NOTHING(XML_SetUserData, (XML_Parser p, void *ctx), (p, ctx))
NOTHING(XML_SetElementHandler,
	(XML_Parser p, XML_StartElementHandler s, XML_EndElementHandler e), (p, s, e))
NOTHING(XML_SetCharacterDataHandler, (XML_Parser p, XML_CharacterDataHandler h), (p, h))
NOTHING(XML_SetStartDoctypeDeclHandler, (XML_Parser p, XML_StartDoctypeDeclHandler h), (p, h))
PF_LAZY(library, XML_STATUS_ERROR, enum XML_Status, XML_Parse,
	(XML_Parser p, const char *text, int n, int last), (p, text, n, last))
PF_LAZY(library, XML_STATUS_ERROR, enum XML_Status, XML_StopParser,
	(XML_Parser p, XML_Bool later), (p, later))
PF_LAZY(library, XML_ERROR_NO_MEMORY, enum XML_Error, XML_GetErrorCode, (XML_Parser p), (p))
PF_LAZY(library, "no memory", const XML_LChar *, XML_ErrorString, (enum XML_Error e), (e))
PF_LAZY(library, 0, XML_Size, XML_GetCurrentLineNumber, (XML_Parser p), (p))
