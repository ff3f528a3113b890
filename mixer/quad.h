/* quad.h - four numbers at a time: -O2 alone does not see that it may.  GCC and Clang make of them what the processor has.
 *
 * Thread: any; pure.
 */
#ifndef MIXER_QUAD_H
#define MIXER_QUAD_H

#include <stdint.h>

typedef float quad __attribute__((vector_size(16)));
typedef int32_t whole_quad __attribute__((vector_size(16)));
typedef int16_t half_quad __attribute__((vector_size(8)));
#endif
