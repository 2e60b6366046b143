/* answer.c - doubles of a file as the JSON of an answer, for the bench: prints the least milliseconds */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "data/data.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* answer FILE ROUNDS: an array of three columns. */
int main(int argc, char **argv)
{
	PF_AUTO(buf) bytes = PF_BUF(PF_GIB(1));
	struct pf_tensor t = { .type = PF_T_FLOAT64, .rank = 2, .shape = { 0, 3 } };
	struct pf_value v = { .kind = PF_V_TENSOR, .tensor = &t };
	struct pf_err err = { 0 };
	uint64_t rounds = 0;
	double least = 1e9;

	if (argc != 3 || !pf_str_u64(pf_s(argv[2]), &rounds) || pf_read_file(&bytes, AT_FDCWD, argv[1], &err) < 0) {
		fprintf(stderr, "answer FILE ROUNDS: %s\n", err.msg);
		return 1;
	}
	t.shape[0] = bytes.n / sizeof(double) / 3;
	t.data = bytes.p;
	for (uint64_t i = 0; i < rounds; i++) {
		PF_AUTO(buf) out = PF_BUF(PF_MAX_ANSWER);
		double start = now(), took;

		if (pf_answer_json(&out, &v, PF_ANSWER_WRAPPED, &err) < 0)
			return 1;
		took = now() - start;
		least = took < least ? took : least;
	}
	printf("%.3f\n", least);
	return 0;
}
