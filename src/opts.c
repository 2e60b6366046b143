/* opts.c - the words that options take, wherever they are given */
/* SPDX-License-Identifier: Apache-2.0 */
#include "opts.h"

#include "base/day.h"
#include "base/str.h"

int pf_opts_choice(const char *what, const char *word, const char *const *words,
		   struct pf_err *err)
{
	char list[256] = "";

	for (int i = 0; words[i]; i++) {
		size_t n = strlen(list);

		if (strcmp(word, words[i]) == 0)
			return i;
		snprintf(list + n, sizeof(list) - n, "%s%s", i ? ", " : "", words[i]);
	}
	return pf_fail(err, PF_EUSAGE, "%s must be one of %s, not " PF_FMT, what, list,
		       PF_ARG(pf_shown(pf_s(word))));
}

int pf_opts_manager(struct pf_opts *o, const char *what, const char *word, struct pf_err *err)
{
	static const char *const words[] = {
		[PF_ENV_AUTO] = "auto",		    [PF_ENV_VENV] = "venv",
		[PF_ENV_CONDA] = "conda",	    [PF_ENV_UV] = "uv",
		[PF_ENV_VIRTUALENV] = "virtualenv", [PF_ENV_MAMBA] = "mamba",
		[PF_ENV_LOCAL] = "local",	    NULL,
	};
	int manager = word ? pf_opts_choice(what, word, words, err) : PF_ENV_AUTO;

	if (manager < 0)
		return -1;
	o->env_manager = (enum pf_env_manager)manager;
	return 0;
}

int pf_opts_link_mode(struct pf_opts *o, const char *what, const char *word, struct pf_err *err)
{
	static const char *const words[] = {
		[PF_LINK_HARD] = "hardlink", [PF_LINK_CLONE] = "clone",
		[PF_LINK_COPY] = "copy",     [PF_LINK_SYMBOLIC] = "symlink",
		NULL,
	};
	int mode = word ? pf_opts_choice(what, word, words, err) : PF_LINK_HARD;

	if (mode < 0)
		return -1;
	o->link_mode = (enum pf_link_mode)mode;
	return 0;
}

int pf_opts_as_of(struct pf_opts *o, const char *what, const char *word, struct pf_err *err)
{
	static const char *const words[] = { "", "model", "now" }; /* as in enum pf_as_of */

	if (!word)
		return 0;
	for (size_t i = PF_AS_OF_MODEL; i < PF_COUNT(words); i++) {
		if (strcmp(word, words[i]) != 0)
			continue;
		o->as_of = (enum pf_as_of)i;
		return 0;
	}
	o->as_of = PF_AS_OF_DAY;
	o->as_of_day = pf_day_read(pf_s(word));
	if (!o->as_of_day)
		return pf_fail(err, PF_EUSAGE,
			       "%s takes model, now or a date such as 2022-03-17, not " PF_FMT,
			       what, PF_ARG(pf_shown(pf_s(word))));
	if (o->as_of_day > pf_day_today())
		return pf_fail(err, PF_EUSAGE, "%s " PF_FMT " is in the future", what,
			       PF_ARG(pf_shown(pf_s(word))));
	return 0;
}
