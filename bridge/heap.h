/* heap.h - the heap of the main thread lies in large pages.
 *
 * A tick walks through some kilobytes of every leg, and with pages of 4 kB finding them is a good part of its work.  The
 * legs' memory is made on the control thread, whose heap is one range (brk).  heap_begin() lets it grow in large
 * steps, so that little of a step has been touched in small pages when heap_look() asks the kernel for large ones.
 * Where the kernel has none to give, or another allocator stands in, nothing changes.
 * Use:  heap_begin() before anything large is allocated; heap_look() from a timer.
 *
 * Thread: control, which is the main thread.
 */
#ifndef BRIDGE_HEAP_H
#define BRIDGE_HEAP_H

#include <stddef.h>
#include <stdint.h>

enum { HEAP_PAGE = 2 << 20, HEAP_STEP = 16 * HEAP_PAGE };

struct heap {
	uintptr_t told; /* up to here the kernel has been asked */
};
void heap_begin(struct heap *h);
void heap_look(struct heap *h);

struct heap_use {
	size_t used; /* bytes that somebody has, malloc's own heads included */
	size_t free; /* bytes between these, and what other threads' heaps have not touched yet; not our own top */
};
/* As glibc counts, over all threads' heaps; another allocator's are 0. */
struct heap_use heap_use(void);
#endif
