/* number.c - shortest exact doubles, in and out */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

#include <endian.h>
#include <locale.h>
#include <math.h>

#include "base/powers.h"
#include "base/str.h"

#ifndef __SIZEOF_INT128__
#error "a compiler with 128-bit integers is needed"
#endif
__extension__ typedef unsigned __int128 u128;

#define MANTISSA_BITS 52
#define EXPONENT_MAX 0x7ff
#define EXPONENT_BIAS 1075 /* value = significand * 2^(exponent - 1075) */

/* ---- integers ---- */

static const char PAIRS[] = "0001020304050607080910111213141516171819"
			    "2021222324252627282930313233343536373839"
			    "4041424344454647484950515253545556575859"
			    "6061626364656667686970717273747576777879"
			    "8081828384858687888990919293949596979899";

/* Eight digits, zeros in front among them: pairs that do not wait for each other. */
static void put_eight(char *out, uint32_t v)
{
	uint32_t upper = v / 10000, lower = v % 10000;

	memcpy(out, PAIRS + upper / 100 * 2, 2);
	memcpy(out + 2, PAIRS + upper % 100 * 2, 2);
	memcpy(out + 4, PAIRS + lower / 100 * 2, 2);
	memcpy(out + 6, PAIRS + lower % 100 * 2, 2);
}

/* Writes the digits so that they end at `end`; returns where they begin. */
static char *put_digits(char *end, uint64_t v)
{
	uint32_t rest;

	for (; v >= 100000000; v /= 100000000)
		put_eight(end -= 8, (uint32_t)(v % 100000000));
	for (rest = (uint32_t)v; rest >= 100; rest /= 100)
		memcpy(end -= 2, PAIRS + rest % 100 * 2, 2);
	if (rest >= 10)
		return memcpy(end - 2, PAIRS + rest * 2, 2);
	*--end = (char)('0' + rest);
	return end;
}

size_t pf_uint64_write(char *out, uint64_t value)
{
	char digits[24], *end = digits + sizeof(digits), *from = put_digits(end, value);

	memcpy(out, from, (size_t)(end - from));
	return (size_t)(end - from);
}

size_t pf_int64_write(char *out, int64_t value)
{
	if (value >= 0)
		return pf_uint64_write(out, (uint64_t)value);
	*out = '-';
	return 1 + pf_uint64_write(out + 1, 0 - (uint64_t)value);
}

/* Takes digits up to the end; false when there are none, others, or too many for 64 bits. */
static bool take_digits(const char *p, const char *end, uint64_t *out)
{
	uint64_t v = 0;

	if (p == end)
		return false;
	for (; p < end; p++) {
		unsigned d = (unsigned)(unsigned char)*p - '0';

		if (d > 9 || __builtin_mul_overflow(v, 10u, &v) || __builtin_add_overflow(v, d, &v))
			return false;
	}
	*out = v;
	return true;
}

bool pf_uint64_read(struct pf_str s, uint64_t *out)
{
	size_t sign = s.n && *s.p == '+';

	return take_digits(s.p + sign, s.p + s.n, out);
}

bool pf_int64_read(struct pf_str s, int64_t *out)
{
	bool minus = s.n && *s.p == '-';
	size_t sign = s.n && (*s.p == '-' || *s.p == '+');
	uint64_t v;

	if (!take_digits(s.p + sign, s.p + s.n, &v) || v > (uint64_t)INT64_MAX + minus)
		return false;
	*out = minus ? (int64_t)(0 - v) : (int64_t)v;
	return true;
}

/* ---- writing: Schubfach (R. Giulietti, "The Schubfach way to render doubles") ---- */

struct decimal {
	uint64_t digits;
	int exponent;
};

static int floor_log2_pow10(int e)
{
	return (e * 1741647) >> 19;
}

/* The upper 64 bits of the product, with everything below folded into the lowest bit. */
static uint64_t round_to_odd(const uint64_t g[2], uint64_t cp)
{
	u128 x = (u128)g[1] * cp;
	u128 y = (u128)g[0] * cp + (uint64_t)(x >> 64);

	return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

/* One of the two neighbours s and s + 1 (in units of 10^k) of vb / 4 when only one lies within. */
static bool take_inside(struct decimal *out, uint64_t s, unsigned step, uint64_t lower,
			uint64_t upper, int k)
{
	bool below = lower <= step * s, above = step * s + step <= upper;

	if (below == above)
		return false;
	*out = (struct decimal){ s + above, k };
	return true;
}

static struct decimal shortest(uint64_t fraction, int exponent)
{
	uint64_t c = exponent ? fraction | (uint64_t)1 << MANTISSA_BITS : fraction;
	int q = (exponent ? exponent : 1) - EXPONENT_BIAS;
	bool odd = c & 1, closer = fraction == 0 && exponent > 1;
	int k = (q * 1262611 - (closer ? 524031 : 0)) >> 22;
	int h = q + floor_log2_pow10(-k) + 1;
	const uint64_t *power = PF_POW5[-k - PF_POW5_FIRST];
	uint64_t g[2] = { power[0], power[1] + (-k > 55 || -k < -27) };
	uint64_t lower = round_to_odd(g, (4 * c - 2 + closer) << h) + odd;
	uint64_t vb = round_to_odd(g, (4 * c) << h);
	uint64_t upper = round_to_odd(g, (4 * c + 2) << h) - odd;
	uint64_t s = vb / 4;
	struct decimal d;

	if (s >= 10 && take_inside(&d, s / 10, 40, lower, upper, k + 1))
		return d;
	if (take_inside(&d, s, 4, lower, upper, k))
		return d;
	return (struct decimal){ s + (vb > 4 * s + 2 || (vb == 4 * s + 2 && (s & 1))), k };
}

/* How many digits there can be, and the size of a copy that has them all: one of a fixed size is a
 * store or two, and `out` has room for what is too much. */
#define DIGITS 17
#define COPY 20

/* Digits and the place of the point, as Python's repr writes them: scientific from 1e16 up and
 * below 1e-4, with at least two digits of exponent. `point` is the number of digits before it.
 * COPY bytes behind the last digit can be read. */
static size_t lay_out(char *out, const char *digits, int n, int point)
{
	char *p = out;
	int e;

	if (point > 0 && point <= 16) {
		memcpy(p, digits, COPY);
		if (n > point) {
			p[point] = '.';
			memcpy(p + point + 1, digits + point, COPY);
			return (size_t)n + 1;
		}
		memset(p + n, '0', (size_t)(point - n));
		memcpy(p + point, ".0", 2);
		return (size_t)point + 2;
	}
	if (point <= 0 && point > -4) {
		memcpy(p, "0.0000", 6);
		memcpy(p + 2 - point, digits, COPY);
		return (size_t)(2 - point + n);
	}
	*p++ = digits[0];
	if (n > 1)
		*p++ = '.';
	memcpy(p, digits + 1, COPY);
	p += n - 1;
	e = point - 1;
	*p++ = 'e';
	*p++ = e < 0 ? '-' : '+';
	e = e < 0 ? -e : e;
	if (e >= 100)
		*p++ = (char)('0' + e / 100);
	memcpy(p, PAIRS + e % 100 * 2, 2);
	return (size_t)(p + 2 - out);
}

static size_t write_special(char *out, double value)
{
	const char *text = isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
	size_t n = strlen(text);

	memcpy(out, text, n);
	return n;
}

size_t pf_double_write(char out[PF_DOUBLE_SIZE], double value)
{
	char digits[DIGITS + 2 * COPY] = { 0 }, *end = digits + DIGITS, *from;
	struct decimal d;
	uint64_t bits, fraction;
	size_t sign;
	int exponent, n;

	memcpy(&bits, &value, sizeof(bits));
	sign = bits >> 63;
	exponent = (int)(bits >> MANTISSA_BITS) & EXPONENT_MAX;
	fraction = bits & (((uint64_t)1 << MANTISSA_BITS) - 1);
	if (exponent == EXPONENT_MAX)
		return write_special(out, value);
	*out = '-';
	if (value == 0) {
		memcpy(out + sign, "0.0", 3);
		return sign + 3;
	}
	d = shortest(fraction, exponent);
	from = put_digits(end, d.digits);
	n = (int)(end - from);
	d.exponent += n;
	while (n > 1 && from[n - 1] == '0')
		n--;
	return sign + lay_out(out + sign, from, n, d.exponent);
}

/* ---- reading: Clinger's fast path, Eisel-Lemire, then the C library ---- */

/* -?w * 10^(q + e), with `more` when digits beyond the nineteenth were left out of w. */
struct scanned {
	uint64_t w;
	int64_t q;	/* from the places of the digits */
	int64_t e;	/* as written */
	bool minus;
	bool more;
};

/* Eight digits at once; false when there is something else among them. Neighbours are joined to
 * pairs, pairs to fours, fours to the number. */
static bool take_eight(const char *p, uint32_t *out)
{
	const uint64_t high = 0xf0f0f0f0f0f0f0f0u;
	uint64_t w;

	memcpy(&w, p, 8);
	w = le64toh(w);
	if ((w & high) != 0x3030303030303030u ||
	    ((w + 0x0606060606060606u) & high) != 0x3030303030303030u)
		return false;
	w -= 0x3030303030303030u;
	w = w * 10 + (w >> 8);
	w = ((w & 0x000000ff000000ffu) * 0x000f424000000064u +
	     ((w >> 16) & 0x000000ff000000ffu) * 0x0000271000000001u) >> 32;
	*out = (uint32_t)w;
	return true;
}

/* Digits of one side of the point; returns where they end. Counts places into q: those read after
 * the point, and those left out before it. */
static const char *scan_digits(const char *p, const char *end, struct scanned *n, unsigned *taken,
			       bool after_point)
{
	uint32_t v;

	for (; n->w && *taken <= 11 && end - p >= 8 && take_eight(p, &v); p += 8) {
		n->w = n->w * 100000000 + v;
		*taken += 8;
		n->q -= after_point ? 8 : 0;
	}
	for (; p < end; p++) {
		unsigned d = (unsigned)(unsigned char)*p - '0';

		if (d > 9)
			break;
		if (*taken < 19) {
			n->w = n->w * 10 + d;
			*taken += n->w != 0;
			n->q -= after_point;
		} else {
			n->more |= d != 0;
			n->q += !after_point;
		}
	}
	return p;
}

static bool scan_exponent(const char *p, const char *end, struct scanned *n)
{
	bool minus = p < end && *p == '-';
	int64_t e = 0;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (p == end)
		return false;
	for (; p < end; p++) {
		unsigned d = (unsigned)(unsigned char)*p - '0';

		if (d > 9)
			return false;
		if (e < INT64_MAX / 20)
			e = e * 10 + d;
	}
	n->e = minus ? -e : e;
	return true;
}

static bool scan(struct pf_str s, struct scanned *n)
{
	const char *p = s.p, *end = s.p + s.n, *from;
	unsigned taken = 0;
	size_t digits;

	if (p < end && (*p == '-' || *p == '+'))
		n->minus = *p++ == '-';
	from = p;
	p = scan_digits(p, end, n, &taken, false);
	digits = (size_t)(p - from);
	if (p < end && *p == '.') {
		from = ++p;
		p = scan_digits(p, end, n, &taken, true);
		digits += (size_t)(p - from);
	}
	if (!digits)
		return false;
	if (p == end)
		return true;
	return (*p == 'e' || *p == 'E') && scan_exponent(p + 1, end, n);
}

static double make_double(uint64_t mantissa, int exponent)
{
	uint64_t bits = (mantissa & (((uint64_t)1 << MANTISSA_BITS) - 1)) |
			(uint64_t)exponent << MANTISSA_BITS;
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* The product of w (its highest bit set) and 5^q, exact enough for 55 bits. */
static u128 multiply(const uint64_t power[2], uint64_t w)
{
	u128 first = (u128)w * power[0];

	if (((uint64_t)(first >> 64) & 0x1ff) == 0x1ff)
		first += (uint64_t)((u128)w * power[1] >> 64);
	return first;
}

static double round_subnormal(uint64_t mantissa, int power2)
{
	if (-power2 + 1 >= 64)
		return 0;
	mantissa >>= -power2 + 1;
	mantissa += mantissa & 1;
	mantissa >>= 1;
	return make_double(mantissa, mantissa >> MANTISSA_BITS ? 1 : 0);
}

/* D. Lemire, "Number parsing at a gigabyte per second"; no fallback is needed (N. Mushtak and
 * D. Lemire, "Fast number parsing without fallback"). */
static double eisel_lemire(uint64_t w, int64_t q)
{
	uint64_t high, low, mantissa;
	int lz, upper, shift, power2;
	u128 product;

	if (w == 0 || q < PF_POW5_FIRST)
		return 0;
	if (q > 308)
		return (double)INFINITY;
	lz = __builtin_clzll(w);
	product = multiply(PF_POW5[q - PF_POW5_FIRST], w << lz);
	high = (uint64_t)(product >> 64);
	low = (uint64_t)product;
	upper = (int)(high >> 63);
	shift = upper + 64 - MANTISSA_BITS - 3;
	mantissa = high >> shift;
	power2 = (int)((217706 * q) >> 16) + 63 + upper - lz + 1023;
	if (power2 <= 0)
		return round_subnormal(mantissa, power2);
	/* Halfway between two doubles: to the even one. */
	if (low <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 && mantissa << shift == high)
		mantissa &= ~(uint64_t)1;
	mantissa += mantissa & 1;
	mantissa >>= 1;
	if (mantissa >> (MANTISSA_BITS + 1)) {
		mantissa >>= 1;
		power2++;
	}
	return power2 >= EXPONENT_MAX ? (double)INFINITY : make_double(mantissa, power2);
}

/* More digits than 19 that matter: the C library, fed with at most SLOW_DIGITS of them and a 1 for
 * whatever follows (no double's halfway point has more than 767 digits). */
#define SLOW_DIGITS 800

static double read_slowly(struct pf_str s, const struct scanned *n)
{
	char text[SLOW_DIGITS + 64];
	size_t used = 0;
	int64_t point = 0;
	bool after = false, rest = false;
	locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	double v;

	for (size_t i = 0; i < s.n && s.p[i] != 'e' && s.p[i] != 'E'; i++) {
		char c = s.p[i];

		if (c == '.')
			after = true;
		else if (!pf_is_digit(c) || (used == 0 && c == '0'))
			point -= after && pf_is_digit(c);
		else if (used < SLOW_DIGITS) {
			text[used++] = c;
			point -= after;
		} else {
			rest |= c != '0';
			point += !after;
		}
	}
	if (rest) {
		text[used++] = '1';
		point--;
	}
	snprintf(text + used, 64, "e%lld", (long long)(point + n->e));
	v = strtod_l(text, NULL, c_locale);
	freelocale(c_locale);
	return v;
}

bool pf_double_read(struct pf_str s, double *out)
{
	static const double pow10[] = { 1e0,  1e1,  1e2,  1e3,	1e4,  1e5,  1e6,  1e7,
					1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
					1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
	struct scanned n = { 0 };
	int64_t q;
	double v;

	if (!scan(s, &n))
		return false;
	/* Places are fewer than the bytes of a view, e is bounded: no overflow. */
	q = n.q + n.e;
	if (!n.more && q >= -22 && q <= 22 && n.w <= (uint64_t)1 << 53) {
		v = q < 0 ? (double)n.w / pow10[-q] : (double)n.w * pow10[q];
	} else {
		v = eisel_lemire(n.w, q);
		if (n.more && v != eisel_lemire(n.w + 1, q))
			v = read_slowly(s, &n);
	}
	*out = n.minus ? -v : v;
	return true;
}

const char *pf_size_text(char out[PF_SIZE_TEXT], uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double size = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		snprintf(out, PF_SIZE_TEXT, "%u bytes", (unsigned)bytes);
		return out;
	}
	for (; size >= 1023.95 && unit + 1 < PF_COUNT(units); unit++) /* no "1024.0" */
		size /= 1024;
	snprintf(out, PF_SIZE_TEXT, "%.1f %s", size, units[unit]);
	return out;
}
