/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What newlib asks of an operating system. Files do not exist: descriptors 1 and 2 are the terminal. The heap
 * is what memory_mapper hands out, each piece contiguous to the last (interface/memory_mapper.h). */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "memory_mapper.h"
#include "runtime.h"

/* Pages come a few at a time: each growth is an invocation of memory_mapper and of the supervisor. */
#define HEAP_STEP 16384

static char *heap_next, *heap_end;

void *sbrk(ptrdiff_t bytes)
{
    char *from;

    if (bytes < 0 && (heap_next == NULL || heap_next + bytes > heap_next)) {
        errno = ENOMEM;
        return (void *)-1;
    }
    if (bytes > heap_end - heap_next) {
        uint64_t missing = (uint64_t)(bytes - (heap_end - heap_next));
        uint64_t grow = (missing + HEAP_STEP - 1) & ~(uint64_t)(HEAP_STEP - 1);
        long got = mem_grow(grow);

        if (got < 0) {
            grow = (missing + 4095) & ~4095ull;
            got = mem_grow(grow);
        }
        if (got < 0) {
            errno = ENOMEM;
            return (void *)-1;
        }
        if (heap_end != (char *)got) /* the first piece, or somebody else grew the component meanwhile */
            heap_next = (char *)got;
        heap_end = (char *)got + grow;
        if (bytes > heap_end - heap_next) {
            errno = ENOMEM;
            return (void *)-1;
        }
    }
    from = heap_next;
    heap_next += bytes;
    return from;
}

_READ_WRITE_RETURN_TYPE write(int descriptor, const void *bytes, size_t length)
{
    if (descriptor != STDOUT_FILENO && descriptor != STDERR_FILENO) {
        errno = EBADF;
        return -1;
    }
    print_bytes(bytes, length);
    return (_READ_WRITE_RETURN_TYPE)length;
}

_READ_WRITE_RETURN_TYPE read(int descriptor, void *bytes, size_t length)
{
    (void)descriptor, (void)bytes, (void)length;
    errno = EBADF;
    return -1;
}

int close(int descriptor)
{
    (void)descriptor;
    errno = EBADF;
    return -1;
}

int fstat(int descriptor, struct stat *out)
{
    (void)descriptor;
    *out = (struct stat){.st_mode = S_IFCHR};
    return 0;
}

int isatty(int descriptor)
{
    return descriptor == STDOUT_FILENO || descriptor == STDERR_FILENO;
}

off_t lseek(int descriptor, off_t offset, int whence)
{
    (void)descriptor, (void)offset, (void)whence;
    errno = ESPIPE;
    return -1;
}

int kill(pid_t process, int signal)
{
    (void)process;
    print_line("signal %d", signal);
    runtime_fault();
}

pid_t getpid(void)
{
    return 1;
}
