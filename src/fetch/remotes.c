/* remotes.c - the schemes of a model's URI, and who knows them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "fetch/remote.h"

/* Named in a refusal, so that nobody takes them for a typo. */
static const struct pf_remote_kind
	remote_databricks = { .schemes = { "dbfs" },
			      .way = "copy it first: databricks fs cp -r dbfs:/PATH DIR, then give DIR" },
	remote_hdfs = { .schemes = { "hdfs", "viewfs" },
			.way = "copy it first: hdfs dfs -get PATH DIR, then give DIR" };

static const struct pf_remote_kind *const KINDS[] = {
	&pf_remote_web, &pf_remote_artifacts, &pf_remote_runs, &pf_remote_models,
	&pf_remote_s3, &pf_remote_gs, &pf_remote_azure, &pf_remote_git,
	&pf_remote_server, &remote_databricks, &remote_hdfs,
};

const struct pf_remote_kind *pf_remote_kind_of(struct pf_str scheme)
{
	for (size_t i = 0; i < PF_COUNT(KINDS); i++)
		for (size_t k = 0; k < PF_COUNT(KINDS[i]->schemes) && KINDS[i]->schemes[k]; k++)
			if (pf_str_ieq(scheme, KINDS[i]->schemes[k]))
				return KINDS[i];
	return NULL;
}
