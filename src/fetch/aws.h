/* aws.h - inside fetch: who we are at AWS and at what speaks like it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/pool.h"

/* A key, for a session where it has a token. */
struct pf_aws_key {
	struct pf_str id, secret, token; /* an empty id: nobody */
};

/* What the user's settings say. In the arena it was read into. */
struct pf_aws {
	struct pf_aws_key key;
	struct pf_str region;	/* "us-east-1" where nothing says */
	struct pf_str endpoint; /* a URL in place of AWS's own, without a final slash; or empty */
};

/* Of ~/.aws/credentials and ~/.aws/config, or the files that AWS_SHARED_CREDENTIALS_FILE and
 * AWS_CONFIG_FILE name; where both have it, the first. */
struct pf_aws_profile {
	bool found;
	struct pf_str id, secret, token, region, endpoint;
	struct pf_str process; /* credential_process, a command line */
	struct pf_str role, session, external, source, web_token;
};

int pf_aws_profile_read(struct pf_aws_profile *out, struct pf_arena *a, struct pf_str name,
			struct pf_err *err) PF_MUST_USE;

/* boto3's order: the environment, a role that a profile or a web identity may take, the
 * profile (AWS_PROFILE), the container, the machine; `anonymous`: nobody is looked for. Asks
 * STS through the pool. EUSAGE: settings that contradict themselves, ETRANSFER: who should
 * know does not answer. */
int pf_aws_find(struct pf_aws *out, struct pf_arena *a, struct pf_pool *p, bool anonymous,
		struct pf_err *err) PF_MUST_USE;

/* A session for a role: of a key (signed with it), or of a web identity's token (`key` NULL). */
struct pf_aws_role {
	struct pf_str arn, session, external, token;
};
int pf_aws_assume(struct pf_aws_key *out, struct pf_arena *a, struct pf_pool *p,
		  const struct pf_aws_role *role, const struct pf_aws_key *key,
		  struct pf_str region, struct pf_err *err) PF_MUST_USE;
/* What the container says (AWS_CONTAINER_CREDENTIALS_...); nobody where it is none. */
int pf_aws_of_container(struct pf_aws_key *out, struct pf_arena *a, struct pf_err *err) PF_MUST_USE;
/* What the machine says; nobody where it is none of AWS's. */
void pf_aws_of_machine(struct pf_aws_key *out, struct pf_arena *a);
/* What the user's own program prints, {"Version": 1, "AccessKeyId": ...}: started without a shell,
 * its command line split as Python's shlex does, which is aws's way. */
int pf_aws_of_process(struct pf_aws_key *out, struct pf_arena *a, struct pf_str command,
		      struct pf_err *err) PF_MUST_USE;
/* The words of such a line; false: a quote does not end. */
bool pf_aws_words(struct pf_strs *out, struct pf_arena *a, struct pf_str line);
/* What may be a part of a host's name. */
bool pf_aws_is_region(struct pf_str s);
