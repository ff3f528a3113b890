/* replay.c - a fuzz target without a fuzzer: what is in the files named is given to it, one after the other.
 *
 * Use:  build/tests/fuzz/fuzz_rtp tests/vectors/rtp/...      one that crashes does so here as well
 */
#include <stdint.h>
#include <stdio.h>

enum { INPUT_MAX = 65536 }; /* as tests/fuzz/run has it */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak)); /* few have one */

int main(int argc, char **argv)
{
	static uint8_t bytes[INPUT_MAX];

	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");

		if (!f) {
			perror(argv[i]);
			return 1;
		}
		LLVMFuzzerTestOneInput(bytes, fread(bytes, 1, sizeof(bytes), f));
		fclose(f);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}
