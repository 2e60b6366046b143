/* fetch.h - the front door of what is fetched: models, files over HTTP, archives, repositories */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/any.h"
#include "fetch/archive.h"
#include "fetch/git.h"
#include "fetch/http.h"
#include "fetch/model.h"
#include "fetch/place.h"
#include "fetch/pool.h"
#include "fetch/url.h"
