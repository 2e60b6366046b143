/* metrics.c - what the server counts, in Prometheus' text format 0.0.4 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "base/fs.h"
#include "base/proc.h"
#include "base/str.h"
#include "serve/inside.h"
#include "serve/route.h"

static const unsigned statuses[] = { 200, 400, 401, 404, 405, 408, 411, 413, 414, 415,
				     417, 431, 500, 501, 503, 504, 505 };
_Static_assert(PF_COUNT(statuses) < 32, "there is a place for each status, and one more");

static const double bounds[PF_BUCKETS] = { 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
					   0.05,   0.1,	  0.25,	  1,	 5,    30 };

static void observe(struct pf_histogram *h, double seconds)
{
	size_t i = 0;

	while (i < PF_BUCKETS && seconds > bounds[i])
		i++;
	h->counts[i]++;
	h->count++;
	h->sum += seconds;
}

void pf_metrics_note(struct pf_metrics *m, size_t route, unsigned status, double seconds)
{
	size_t i = 0;

	while (i < PF_COUNT(statuses) && statuses[i] != status)
		i++;
	m->requests[route][i]++;
	if (route == PF_ROUTE_INVOCATIONS)
		observe(&m->request, seconds);
}

void pf_metrics_predicted(struct pf_metrics *m, double seconds)
{
	observe(&m->predict, seconds);
}

static void head(struct pf_buf *out, const char *name, const char *type, const char *help)
{
	pf_buf_printf(out, "# HELP pyfunc_env_%s %s\n# TYPE pyfunc_env_%s %s\n", name, help, name,
		      type);
}

static void number(struct pf_buf *out, const char *name, const char *type, const char *help,
		   double value)
{
	head(out, name, type, help);
	pf_buf_printf(out, "pyfunc_env_%s %.15g\n", name, value);
}

static void histogram(struct pf_buf *out, const char *name, const char *help,
		      const struct pf_histogram *h)
{
	uint64_t sum = 0;

	head(out, name, "histogram", help);
	for (size_t i = 0; i < PF_BUCKETS; i++) {
		sum += h->counts[i];
		pf_buf_printf(out, "pyfunc_env_%s_bucket{le=\"%g\"} %llu\n", name, bounds[i],
			      (unsigned long long)sum);
	}
	pf_buf_printf(out, "pyfunc_env_%s_bucket{le=\"+Inf\"} %llu\n", name,
		      (unsigned long long)h->count);
	pf_buf_printf(out, "pyfunc_env_%s_sum %.9g\npyfunc_env_%s_count %llu\n", name, h->sum, name,
		      (unsigned long long)h->count);
}

static void requests(struct pf_buf *out, const struct pf_metrics *m)
{
	head(out, "requests_total", "counter", "Requests answered, by path and status.");
	for (size_t r = 0; r < PF_ROUTES; r++)
		for (size_t i = 0; i <= PF_COUNT(statuses); i++) {
			char status[16] = "other";

			if (i < PF_COUNT(statuses))
				snprintf(status, sizeof(status), "%u", statuses[i]);
			if (m->requests[r][i])
				pf_buf_printf(
					out,
					"pyfunc_env_requests_total{path=\"%s\",status=\"%s\"} %llu\n",
					pf_route_name(r), status,
					(unsigned long long)m->requests[r][i]);
		}
}

/* Our own resident memory, the workers' not included: the second number of statm, in pages. */
static double resident(void)
{
	PF_AUTO(buf) text = PF_BUF(4096);
	struct pf_str rest, word;
	struct pf_err ignored;
	uint64_t pages = 0;

	if (pf_read_file(&text, -100 /* AT_FDCWD */, "/proc/self/statm", &ignored) < 0)
		return 0;
	rest = pf_buf_view(&text);
	if (pf_str_next(&rest, ' ', &word) && pf_str_next(&rest, ' ', &word))
		pf_str_u64(word, &pages);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

void pf_metrics_write(struct pf_buf *out, const struct pf_metrics *m,
		      const struct pf_team_state *team, unsigned open)
{
	requests(out, m);
	histogram(out, "request_seconds", "From a request's head to its answer, of /invocations.",
		  &m->request);
	histogram(out, "predict_seconds", "Within the model's predict.", &m->predict);
	number(out, "connections", "gauge", "Connections that are open.", open);
	number(out, "connections_total", "counter", "Connections that were taken.",
	       (double)m->connections);
	number(out, "refused_total", "counter", "Requests answered by 503 because too many waited.",
	       (double)m->refused);
	number(out, "requests_waiting", "gauge", "Requests that wait for a worker.", team->waiting);
	number(out, "requests_running", "gauge", "Workers that predict.", team->busy);
	number(out, "workers", "gauge", "Workers that were asked for.", team->workers);
	number(out, "workers_ready", "gauge", "Workers whose model is loaded.", team->ready);
	number(out, "worker_restarts_total", "counter",
	       "Workers that died or hung and were replaced.", (double)team->restarts);
	number(out, "predict_calls_total", "counter", "Calls of the model's predict.",
	       (double)team->calls);
	number(out, "resident_memory_bytes", "gauge", "Resident memory of this process alone.",
	       resident());
	number(out, "uptime_seconds", "gauge", "Since the server began.",
	       pf_clock() - m->start);
}
