#include "sip/sieve.h"

#include <string.h>
#include <sys/socket.h>

/* The program, in the order it is written:
 *
 *   version 6? -> six
 *   four: source to M[0]; allowed IPv4 networks -> accept; crowded -> drop; silenced -> drop; accept
 *   six:  allowed IPv6 networks -> accept; crowded -> drop; silenced /64s -> drop; accept
 *
 * A conditional jump reaches 255 instructions at most, so each verdict stands near its questions. */

enum { V4_BITS = 96, RUN_MAX = 200, PASS = 0x7fffffff, DROP = 0, V4_SOURCE = 12, V6_SOURCE = 8 };

static const uint8_t v4_prefix[12] = { [10] = 0xff, [11] = 0xff };

static void emit(struct sieve *s, unsigned code, uint32_t k, unsigned jt, unsigned jf)
{
	if (s->n < SIEVE_INSTRUCTIONS_MAX)
		s->code[s->n] = (struct sock_filter)BPF_JUMP((uint16_t)code, k, (uint8_t)jt, (uint8_t)jf);
	s->n++; /* past the end is told at the end */
}

static void load_network_header(struct sieve *s, unsigned offset, unsigned width)
{
	emit(s, BPF_LD | width | BPF_ABS, (uint32_t)(SKF_NET_OFF + (int)offset), 0, 0);
}

static uint32_t word_of(const uint8_t ip[16], unsigned i)
{
	return (uint32_t)ip[4 * i] << 24 | (uint32_t)ip[4 * i + 1] << 16 | (uint32_t)ip[4 * i + 2] << 8 |
	       ip[4 * i + 3];
}

static uint32_t mask_of(unsigned bits)
{
	return bits ? 0xffffffffu << (32 - bits) : 0;
}

static bool is_v4(const uint8_t ip[16])
{
	return memcmp(ip, v4_prefix, sizeof(v4_prefix)) == 0;
}

/* Compares the accumulator with words that all lead to one verdict, one instruction each. */
struct run {
	uint32_t words[RUN_MAX];
	unsigned n;
};

static void end_run(struct sieve *s, struct run *run, uint32_t verdict)
{
	for (unsigned i = 0; i < run->n; i++) /* to the verdict behind the run; the last one falls past it */
		emit(s, BPF_JMP | BPF_JEQ | BPF_K, run->words[i], run->n - 1 - i, i + 1 == run->n);
	if (run->n)
		emit(s, BPF_RET | BPF_K, verdict, 0, 0);
	run->n = 0;
}

static void add_to_run(struct sieve *s, struct run *run, uint32_t word, uint32_t verdict)
{
	run->words[run->n++] = word;
	if (run->n == RUN_MAX)
		end_run(s, run, verdict);
}

/* Networks of one prefix length in a row share a mask: trunk_networks() gives them so. */
static void allow_v4(struct sieve *s, const struct sieve_rules *rules)
{
	struct run run = { .n = 0 };
	uint32_t mask = 0xffffffffu;

	for (size_t i = 0; i < rules->n_allowed && s->n < SIEVE_INSTRUCTIONS_MAX; i++) {
		const struct trunk_network *network = &rules->allowed[i];
		uint32_t its_mask;

		if (network->prefix_bits < V4_BITS || network->prefix_bits > 128 || !is_v4(network->ip))
			continue;
		its_mask = mask_of(network->prefix_bits - V4_BITS);
		if (its_mask != mask) {
			end_run(s, &run, PASS);
			emit(s, BPF_LD | BPF_MEM, 0, 0, 0);
			emit(s, BPF_ALU | BPF_AND | BPF_K, its_mask, 0, 0);
			mask = its_mask;
		}
		add_to_run(s, &run, word_of(network->ip, 3) & its_mask, PASS);
	}
	end_run(s, &run, PASS);
	if (mask != 0xffffffffu)
		emit(s, BPF_LD | BPF_MEM, 0, 0, 0);
}

static void decide_v4(struct sieve *s, const struct sieve_rules *rules)
{
	struct run run = { .n = 0 };

	load_network_header(s, V4_SOURCE, BPF_W);
	emit(s, BPF_ST, 0, 0, 0);
	allow_v4(s, rules);
	for (size_t i = 0; i < rules->n_silenced && !rules->crowded && s->n < SIEVE_INSTRUCTIONS_MAX; i++)
		if (is_v4(rules->silenced[i]))
			add_to_run(s, &run, word_of(rules->silenced[i], 3), DROP);
	end_run(s, &run, DROP);
	emit(s, BPF_RET | BPF_K, rules->crowded ? DROP : PASS, 0, 0);
}

/* One IPv6 network: word after word; a word that differs jumps past the verdict. */
static void match_v6(struct sieve *s, const uint8_t ip[16], unsigned bits, uint32_t verdict)
{
	unsigned words = (bits + 31) / 32, partial = bits % 32;
	unsigned left = 2 * words + (partial != 0) + 1; /* instructions of this network not yet written */

	for (unsigned i = 0; i < words; i++) {
		uint32_t mask = i + 1 == words && partial ? mask_of(partial) : 0xffffffffu;

		load_network_header(s, V6_SOURCE + 4 * i, BPF_W);
		if (mask != 0xffffffffu) {
			emit(s, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
			left--;
		}
		left -= 2;
		emit(s, BPF_JMP | BPF_JEQ | BPF_K, word_of(ip, i) & mask, 0, left);
	}
	emit(s, BPF_RET | BPF_K, verdict, 0, 0);
}

static void decide_v6(struct sieve *s, const struct sieve_rules *rules)
{
	for (size_t i = 0; i < rules->n_allowed && s->n < SIEVE_INSTRUCTIONS_MAX; i++) {
		const struct trunk_network *network = &rules->allowed[i];

		if (network->prefix_bits <= 128 && !(network->prefix_bits >= V4_BITS && is_v4(network->ip)))
			match_v6(s, network->ip, network->prefix_bits, PASS);
	}
	for (size_t i = 0; i < rules->n_silenced && !rules->crowded && s->n < SIEVE_INSTRUCTIONS_MAX; i++)
		if (!is_v4(rules->silenced[i]))
			match_v6(s, rules->silenced[i], 64, DROP);
	emit(s, BPF_RET | BPF_K, rules->crowded ? DROP : PASS, 0, 0);
}

enum call_err sieve_build(struct sieve *out, const struct sieve_rules *rules)
{
	out->n = 0;
	if (!rules->crowded && !rules->n_silenced)
		return CALL_OK;
	load_network_header(out, 0, BPF_B);
	emit(out, BPF_ALU | BPF_RSH | BPF_K, 4, 0, 0);
	emit(out, BPF_JMP | BPF_JEQ | BPF_K, 4, 1, 0); /* four stands behind six's entry, which may be far */
	emit(out, BPF_JMP | BPF_JA, 0, 0, 0);
	{
		unsigned jump = out->n - 1;

		decide_v4(out, rules);
		if (out->n > SIEVE_INSTRUCTIONS_MAX)
			return CALL_LIMIT;
		out->code[jump].k = out->n - jump - 1;
	}
	decide_v6(out, rules);
	return out->n > SIEVE_INSTRUCTIONS_MAX ? CALL_LIMIT : CALL_OK;
}

enum call_err sieve_attach(int fd, const struct sieve *sieve)
{
	struct sock_fprog program = { .len = (unsigned short)sieve->n,
		.filter = (struct sock_filter *)sieve->code };
	int unused = 0;

	if (sieve->n > SIEVE_INSTRUCTIONS_MAX)
		return CALL_RANGE;
	if (sieve->n)
		return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ? CALL_ADDRESS
											       : CALL_OK;
	setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused)); /* ENOENT: there was none */
	return CALL_OK;
}
