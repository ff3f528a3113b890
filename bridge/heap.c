#include "bridge/heap.h"

#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

static uintptr_t end_of_heap(void)
{
	return (uintptr_t)sbrk(0) / HEAP_PAGE * HEAP_PAGE;
}

void heap_begin(struct heap *h)
{
	(void)mallopt(M_TOP_PAD, HEAP_STEP);
	h->told = end_of_heap() + HEAP_PAGE; /* the program's own data are below */
}

void heap_look(struct heap *h)
{
	uintptr_t end = end_of_heap();

	if (end > h->told)
		(void)madvise((void *)h->told, end - h->told, MADV_HUGEPAGE);
	if (end > h->told || end + HEAP_PAGE < h->told) /* or it was given back, and will grow again */
		h->told = end;
}

struct heap_use heap_use(void)
{
	const struct mallinfo2 m = mallinfo2();

	return (struct heap_use){ .used = m.uordblks + m.hblkhd, .free = m.fordblks - m.keepcost };
}
