/* lazy_solv.c - what we call of libsolv, which is loaded when it is first needed */
/* SPDX-License-Identifier: Apache-2.0 */
#include <solv/pool.h>
#include <solv/queue.h>
#include <solv/repo.h>
#include <solv/solver.h>

#include "base/lazy.h"

static struct pf_lazy library = { .soname = "libsolv.so.1" };

#define PTR(type, name, params, args) PF_LAZY(library, NULL, type, name, params, args)
#define INT(type, name, params, args) PF_LAZY(library, 0, type, name, params, args)
#define NOTHING(name, params, args) PF_LAZY(library, , void, name, params, args)

PTR(Pool *, pool_create, (void), ())
NOTHING(pool_free, (Pool * pool), (pool))
INT(int, pool_setdisttype, (Pool * pool, int type), (pool, type))
NOTHING(pool_setdebugmask, (Pool * pool, int mask), (pool, mask))
NOTHING(pool_setdebugcallback,
	(Pool * pool, void (*call)(Pool *, void *, int, const char *), void *ctx),
	(pool, call, ctx))
INT(Id, pool_str2id, (Pool * pool, const char *text, int create), (pool, text, create))
NOTHING(pool_createwhatprovides, (Pool * pool), (pool))
INT(Id, pool_queuetowhatprovides, (Pool * pool, Queue *q), (pool, q))
NOTHING(pool_set_whatprovides, (Pool * pool, Id id, Id providers), (pool, id, providers))
PTR(Repo *, repo_create, (Pool * pool, const char *name), (pool, name))
INT(Id, repo_add_solvable, (Repo * repo), (repo))
INT(Offset, repo_addid_dep, (Repo * repo, Offset list, Id id, Id marker), (repo, list, id, marker))
PTR(Solver *, solver_create, (Pool * pool), (pool))
NOTHING(solver_free, (Solver * solver), (solver))
INT(int, solver_solve, (Solver * solver, Queue *jobs), (solver, jobs))
NOTHING(solver_get_decisionqueue, (Solver * solver, Queue *out), (solver, out))
INT(unsigned int, solver_problem_count, (Solver * solver), (solver))
NOTHING(solver_findallproblemrules, (Solver * solver, Id problem, Queue *out),
	(solver, problem, out))
INT(SolverRuleinfo, solver_ruleinfo, (Solver * solver, Id rule, Id *from, Id *to, Id *dep),
    (solver, rule, from, to, dep))
NOTHING(queue_init, (Queue * q), (q))
NOTHING(queue_free, (Queue * q), (q))
NOTHING(queue_alloc_one, (Queue * q), (q))
