/* SPDX-License-Identifier: BSD-2-Clause
 * What a program does with its heap, right and wrong. Before a wrong access it prints `at ADDRESS`, of what
 * it should be reported about. */
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "runtime.h"
#include "tries.h"

typedef volatile uint32_t word_t;

static long wrong_line(int line)
{
    print_line("wrong at line %d", line);
    return SHOJI_EINVAL;
}
#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            return wrong_line(__LINE__);                                                                     \
    } while (0)

static bool is_guard(void)
{
    return (uintptr_t)shoji_heap == SUP_HEAP_GUARD;
}

/* The compiler knows malloc; what it does not see it cannot leave out. */
static void *seen(void *object)
{
    __asm__ volatile("" : "+r"(object));
    return object;
}

static word_t *words_of(size_t bytes)
{
    return seen(malloc(bytes));
}

static word_t *about(word_t *word)
{
    print_line("at %p", (void *)(uintptr_t)word);
    return word;
}

/* ---- What is right ---- */

static long right_use(void)
{
    static char *objects[400];
    uint64_t seed = 1;

    for (unsigned i = 0; i < 6000; i++) {
        unsigned which = (unsigned)(seed >> 33) % 400, bytes = (unsigned)(seed >> 43) % 300 + 1;

        if (which % 16 == 0)
            bytes *= 20;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        if (objects[which] == NULL) {
            objects[which] = seen((seed >> 60) % 2 == 0 ? malloc(bytes) : calloc(1, bytes));
            if (objects[which] == NULL)
                continue; /* the budget is small */
            CHECK((uintptr_t)objects[which] % 16 == 0 && malloc_usable_size(objects[which]) >= bytes);
            memset(objects[which], (int)which, bytes);
            objects[which][0] = (char)which;
        } else if ((seed >> 60) % 3 == 0) {
            char *moved = seen(realloc(objects[which], bytes));

            if (moved == NULL)
                continue;
            objects[which] = moved;
            CHECK(moved[0] == (char)which);
            memset(moved, (int)which, bytes);
        } else {
            CHECK(objects[which][0] == (char)which);
            free(objects[which]);
            objects[which] = NULL;
        }
    }
    for (unsigned i = 0; i < 400; i++) {
        CHECK(objects[i] == NULL || objects[i][0] == (char)i);
        free(objects[i]);
        objects[i] = NULL;
    }
    return SHOJI_OK;
}

static long zeroed(void)
{
    for (unsigned round = 0; round < 2; round++) {
        unsigned char *object = seen(calloc(100, 30));

        CHECK(object != NULL);
        for (unsigned i = 0; i < 3000; i++)
            CHECK(object[i] == 0);
        memset(object, 0xff, 3000);
        free(object);
    }
    CHECK(seen(calloc((size_t)seen((void *)(1ul << 33)), (size_t)1 << 33)) == NULL);
    return SHOJI_OK;
}

static long aligned(void)
{
    for (size_t align = 8; align <= 4096; align *= 2) {
        word_t *object = seen(memalign(align, 40));

        CHECK(object != NULL && (uintptr_t)object % align == 0);
        object[0] = object[9] = 1;
        CHECK(malloc_usable_size((void *)object) >= 40);
        free((void *)object);
    }
    return SHOJI_OK;
}

static long grown(void)
{
    word_t *object = words_of(12);

    object[0] = 5;
    object[2] = 7; /* the one between stays unwritten wherever it goes */
    object = seen(realloc((void *)object, 28));
    CHECK(object[0] == 5 && object[2] == 7);
    object = seen(realloc((void *)object, 5000));
    CHECK(object[0] == 5 && object[2] == 7);
    object[1] = 6;
    object[1249] = 8;
    object = seen(realloc((void *)object, 8));
    CHECK(object[0] == 5 && object[1] == 6);
    free((void *)object);
    return SHOJI_OK;
}

/* Everything, and all of it again. */
static long exhausted(void)
{
    unsigned counts[3];

    for (unsigned round = 0; round < 3; round++) {
        void **first = NULL, **next;

        for (counts[round] = 0; (next = seen(malloc(1000))) != NULL; counts[round]++) {
            next[0] = first;
            first = next;
        }
        CHECK(counts[round] > 100);
        for (; first != NULL; first = next) {
            next = first[0];
            free(first);
        }
    }
    CHECK(counts[1] >= counts[0] && counts[2] == counts[1]);
    return SHOJI_OK;
}

/* ---- Stores that are first, and what they make readable ---- */

#define FIRST_STORE(instruction, ...)                                                                        \
    __asm__ volatile(instruction : : "r"(object), ##__VA_ARGS__ : "memory", "rax", "rcx", "rsi", "rdi", "cc")

static long first_stores(void)
{
    word_t *object = words_of(4096 * 3);

    FIRST_STORE("movb $1, 1(%0)");
    CHECK((object[0] >> 8 & 0xff) == 1);
    FIRST_STORE("movw $2, 7(%0)"); /* words 1 and 2 */
    CHECK(object[1] >> 24 == 2 && (object[2] & 0xff) == 0);
    FIRST_STORE("movq $3, 12(%0)"); /* not aligned to its size */
    CHECK(object[3] == 3 && object[4] == 0);
    FIRST_STORE("mov $0x400, %%eax\n\tmovnti %%rax, 20(%0)");
    CHECK(object[5] == 0x400 && object[6] == 0);
    FIRST_STORE("lea 28(%0), %%rdi\n\tmov $6, %%eax\n\tmov $700, %%ecx\n\trep stosl");
    for (unsigned i = 7; i < 707; i++)
        CHECK(object[i] == 6);
    FIRST_STORE("lea 2836(%0), %%rdi\n\tlea 20(%0), %%rsi\n\tcld\n\tmovsq"); /* 709, 710 */
    CHECK(object[709] == 0x400 && object[710] == 0);
    FIRST_STORE("movq $1, 4076(%0)"); /* across pages, where objects begin 16 bytes into one */
    CHECK(object[1019] == 1 && object[1020] == 0);
    free((void *)object);
    return SHOJI_OK;
}

static long store_leaves_next(void)
{
    word_t *object = words_of(64);

    FIRST_STORE("movq $3, 4(%0)");
    CHECK(object[1] == 3 && object[2] == 0);
    return *about(&object[3]) * 0;
}

static long store_leaves_before(void)
{
    word_t *object = words_of(64);

    FIRST_STORE("movl $3, 8(%0)");
    return *about(&object[1]) * 0;
}

static long repeat_leaves_next(void)
{
    word_t *object = words_of(256);

    FIRST_STORE("mov %0, %%rdi\n\tmov $5, %%ecx\n\txor %%eax, %%eax\n\trep stosq");
    CHECK(object[9] == 0);
    return *about(&object[10]) * 0;
}

/* ---- What is wrong ---- */

static long unwritten_load(void)
{
    return *about(words_of(24)) * 0;
}

static long unwritten_add(void)
{
    word_t *object = about(words_of(24));

    FIRST_STORE("addl $1, (%0)");
    return SHOJI_OK;
}

static long unwritten_exchange(void)
{
    word_t *object = about(words_of(24));

    FIRST_STORE("xchg %%eax, (%0)");
    return SHOJI_OK;
}

static long unwritten_locked(void)
{
    word_t *object = about(words_of(24));

    FIRST_STORE("lock incl (%0)");
    return SHOJI_OK;
}

static long unwritten_copy(void)
{
    word_t *object = words_of(4096);
    static uint32_t to[4];

    object[100] = 1;
    about(&object[101]);
    FIRST_STORE("lea 400(%0), %%rsi\n\tmov %1, %%rdi\n\tmov $2, %%ecx\n\trep movsl", "r"(to));
    return SHOJI_OK;
}

static long unwritten_after_realloc(void)
{
    word_t *object = words_of(12);

    object[0] = object[2] = 1;
    object = seen(realloc((void *)object, 400));
    CHECK(object[0] == 1 && object[2] == 1);
    return *about(&object[1]) * 0;
}

static long overflow_store(void)
{
    word_t *object = words_of(24);

    object[5] = 1;
    *about(&object[6]) = 1;
    return SHOJI_OK;
}

static long overflow_load(void)
{
    return *about(&words_of(24)[6]) * 0;
}

static long overflow_byte(void)
{
    volatile uint8_t *object = seen(malloc(22));

    object[23] = 1; /* of the same word: words are what is protected */
    about((word_t *)&object[24]);
    object[24] = 1;
    return SHOJI_OK;
}

static long overflow_large(void)
{
    word_t *object = words_of(10000);

    object[2499] = 1;
    *about(&object[2500]) = 1;
    return SHOJI_OK;
}

static long overflow_string(void)
{
    word_t *object = words_of(64);

    about(&object[16]);
    FIRST_STORE("mov %0, %%rdi\n\tmov $9, %%ecx\n\txor %%eax, %%eax\n\trep stosq");
    return SHOJI_OK;
}

static long underflow_store(void)
{
    *about(&words_of(24)[-1]) = 1;
    return SHOJI_OK;
}

static long underflow_page(void)
{
    *about(&words_of(5000)[-1]) = 1;
    return SHOJI_OK;
}

static long shrunk_load(void)
{
    word_t *object = words_of(48);

    memset((void *)object, 0, 48);
    object = seen(realloc((void *)object, 44));
    CHECK(object[10] == 0);
    return *about(&object[11]) * 0;
}

static long freed_load(void)
{
    word_t *object = words_of(24), *other = words_of(24);

    object[2] = 1;
    other[0] = 1; /* so that the page is not empty */
    free((void *)object);
    return *about(&object[2]) * 0;
}

static long freed_store(void)
{
    word_t *object = words_of(24), *other = words_of(24);

    object[2] = other[0] = 1;
    free((void *)object);
    *about(&object[2]) = 1;
    return SHOJI_OK;
}

/* Two pages of a size that nothing else here has. A slab may keep one of them open. */
static long freed_page(void)
{
    word_t *first = words_of(1900), *second = words_of(1900), *object = words_of(1900);

    first[0] = second[0] = object[2] = 1;
    free((void *)first);
    free((void *)second);
    free((void *)object);
    return *about(&object[2]) * 0;
}

static long freed_twice(void)
{
    word_t *object = words_of(24), *other = words_of(24);

    other[0] = 1;
    free((void *)about(object));
    free(seen((void *)object));
    return SHOJI_OK;
}

static long freed_inside(void)
{
    free((void *)about(words_of(64) + 4));
    return SHOJI_OK;
}

static long freed_foreign(void)
{
    static word_t data[16];

    free(seen((void *)about(data)));
    return SHOJI_OK;
}

/* ---- What is lent ---- */

static long lent_freed(void)
{
    word_t *object = words_of(64);
    uint64_t address = (uint64_t)object;

    memset((void *)object, 0, 64);
    object[3] = 9;
    CHECK(mmp_set_perm(address, 64, 2, PEER) == SHOJI_OK);
    CHECK(peer_load(address + 12) == 9 && peer_store(address + 16, 4) == SHOJI_OK && object[4] == 4);
    about(&object[3]);
    free((void *)object);
    CHECK(peer_load(address + 12) == SHOJI_EFAULT);
    /* Nor by the next one that lies there. */
    for (unsigned i = 0; i < 200; i++) {
        object = words_of(64);
        memset((void *)object, 0, 64);
    }
    CHECK(peer_load(address + 12) == SHOJI_EFAULT);
    return SHOJI_OK;
}

static long lent_moved(void)
{
    word_t *object = words_of(64), *behind = words_of(64);
    uint64_t address = (uint64_t)object;

    behind[0] = 0; /* no room to grow */
    memset((void *)object, 0, 64);
    CHECK(mmp_set_perm(address, 64, 1, PEER) == SHOJI_OK && peer_load(address) == 0);
    object = seen(realloc((void *)object, 3000));
    CHECK((uint64_t)object != address && object[0] == 0);
    about((word_t *)address);
    CHECK(peer_load(address) == SHOJI_EFAULT && peer_load((uint64_t)object) == SHOJI_EFAULT);
    return SHOJI_OK;
}

static long lent_unwritten(void)
{
    word_t *object = words_of(64);

    CHECK(mmp_set_perm((uint64_t)object, 64, 2, PEER) == (is_guard() ? SHOJI_EPERM : SHOJI_OK));
    heap_written((void *)object, 64);
    CHECK(mmp_set_perm((uint64_t)object, 64, 2, PEER) == SHOJI_OK);
    CHECK(peer_store((uint64_t)object + 4, 4) == SHOJI_OK && object[1] == 4);
    about(&object[16]);
    CHECK(mmp_set_perm((uint64_t)object, 68, 2, PEER) == (is_guard() ? SHOJI_EPERM : SHOJI_OK));
    return SHOJI_OK;
}

/* ---- Merged ---- */

static component_t self_id;

static long merged_use(void)
{
    word_t *object = words_of(24);
    long status;

    (void)pd_split(PEER); /* from wherever the last try has left it */
    CHECK(pd_merge(self_id, PEER) == SHOJI_OK);
    status = peer_store((uint64_t)object, 3); /* the first store, by whoever is in the domain */
    CHECK(status == SHOJI_OK && peer_load((uint64_t)object) == 3 && object[0] == 3);
    CHECK(pd_split(PEER) == SHOJI_OK);
    about(object);
    CHECK(peer_load((uint64_t)object) == SHOJI_EFAULT);
    return SHOJI_OK;
}

static long merged_overflow(void)
{
    word_t *object = words_of(24);

    object[5] = 0;
    (void)pd_split(PEER); /* from wherever the last try has left it */
    CHECK(pd_merge(self_id, PEER) == SHOJI_OK);
    return peer_store((uint64_t)about(&object[6]),
                      3); /* ends all that is in flight in the domain, this too */
}

static long apart_again(void)
{
    return pd_split(PEER);
}

/* ---- The supervisor's calls, misused ---- */

static long calls_refused(void)
{
    uint64_t object = (uint64_t)words_of(64), next = (uint64_t)words_of(64), page = object & ~4095ull;
    static uint64_t data[1024] __attribute__((aligned(4096)));

    if ((uintptr_t)shoji_heap == SUP_HEAP_PLAIN)
        return sup_heap_free == NULL ? SHOJI_OK : SHOJI_EINVAL;
    CHECK(sup_heap_close((uint64_t)data, 4096) == SHOJI_EPERM && sup_heap_open(0x1000, 4096) == SHOJI_EPERM);
    CHECK(sup_heap_close(page + 64, 4096) == SHOJI_EINVAL && sup_heap_keep(page, 0) == SHOJI_EINVAL);
    CHECK(sup_heap_alloc((uint64_t)data, 64, 1) == SHOJI_EINVAL);
    if (!is_guard()) {
        CHECK(sup_heap_alloc(object, 64, 0) == SHOJI_EINVAL && sup_heap_free(object) == SHOJI_EINVAL);
        return SHOJI_OK;
    }
    CHECK(sup_heap_close(page, 4096) == SHOJI_EBUSY && sup_heap_open(page, 4096) == SHOJI_EBUSY);
    CHECK(sup_heap_keep(page, 4096) == SHOJI_EBUSY && sup_heap_free(object + 4) == SHOJI_EINVAL);
    CHECK(sup_heap_alloc(object + 64, 4, 0) == SHOJI_EBUSY &&
          sup_heap_alloc(object + 32, 4, 0) == SHOJI_EBUSY);
    CHECK(sup_heap_written(object + 32, 64) == SHOJI_EPERM &&
          sup_heap_written(object + 1, 4) == SHOJI_EINVAL);
    CHECK(sup_heap_size(object) == 64 && sup_heap_size(object + 32) == SHOJI_EINVAL);
    CHECK(sup_heap_move(object, object, 1 << 20) == SHOJI_EINVAL);
    CHECK(sup_heap_move(object, object, next - object) == SHOJI_EBUSY);
    CHECK(sup_heap_size(object) == 64 && sup_heap_free(object) == 64);
    CHECK(sup_heap_free(object) == SHOJI_EPERM && sup_heap_written(object, 4) == SHOJI_EPERM);
    CHECK(sup_heap_alloc(object, 64, 0) == SHOJI_OK);
    free((void *)object);
    free((void *)next);
    return SHOJI_OK;
}

/* ---- ---- */

/* In which settings it is tried: elsewhere it would break the heap, and nothing would show it. */
enum {
    PLAIN = 1 << SUP_HEAP_PLAIN,
    SLAB = 1 << SUP_HEAP_SLAB,
    GUARD = 1 << SUP_HEAP_GUARD,
    ALL = PLAIN | SLAB | GUARD
};
#define TRY(name, settings)                                                                                  \
    {                                                                                                        \
#name, name, settings                                                                                \
    }
static const struct {
    const char *name;
    long (*run)(void);
    unsigned settings;
} tries[] = {
    TRY(right_use, ALL),
    TRY(zeroed, ALL),
    TRY(aligned, ALL),
    TRY(grown, ALL),
    TRY(exhausted, ALL),
    TRY(first_stores, ALL),
    TRY(calls_refused, ALL),
    TRY(store_leaves_next, ALL),
    TRY(store_leaves_before, ALL),
    TRY(repeat_leaves_next, ALL),
    TRY(unwritten_load, ALL),
    TRY(unwritten_add, ALL),
    TRY(unwritten_exchange, ALL),
    TRY(unwritten_locked, ALL),
    TRY(unwritten_copy, ALL),
    TRY(unwritten_after_realloc, ALL),
    TRY(overflow_store, SLAB | GUARD),
    TRY(overflow_load, ALL),
    TRY(overflow_byte, SLAB | GUARD),
    TRY(overflow_large, SLAB | GUARD),
    TRY(overflow_string, GUARD),
    TRY(underflow_store, GUARD),
    TRY(underflow_page, GUARD),
    TRY(shrunk_load, ALL),
    TRY(freed_load, ALL),
    TRY(freed_store, SLAB | GUARD),
    TRY(freed_page, SLAB | GUARD),
    TRY(lent_freed, ALL),
    TRY(lent_moved, ALL),
    TRY(lent_unwritten, ALL),
    TRY(merged_use, ALL),
    TRY(merged_overflow, GUARD),
    TRY(apart_again, ALL),
    TRY(freed_inside, SLAB | GUARD),
    TRY(freed_foreign, SLAB | GUARD),
    TRY(freed_twice, SLAB | GUARD),
};

SHOJI_EXPORT long try_name(uint64_t n, uint64_t word)
{
    long text = 0;

    if (n >= sizeof tries / sizeof *tries)
        return SHOJI_ENOENT;
    if (strlen(tries[n].name) > word * 8)
        strncpy((char *)&text, tries[n].name + word * 8, sizeof text);
    return text;
}

SHOJI_EXPORT long try(uint64_t n)
{
    return (tries[n].settings >> (uintptr_t)shoji_heap & 1) != 0 ? tries[n].run() : SHOJI_ENOENT;
}

long component_init(component_t self)
{
    self_id = self;
    return SHOJI_OK;
}
