/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Slabs. A page is free, holds objects of one class, or belongs to a large object. Invariants:
 *
 * 1. A page of a class is in its list exactly if it has objects that are not allocated. At most one of them
 * has none that is: then it is the class's empty one, which spares opening and closing a page again and
 * again.
 * 2. slab: a page is open to the component exactly if an object may lie in it. guard: every page is kept, and the
 * supervisor knows an allocation exactly for each object.
 * 3. guard: each object is followed by a word at least that is of none, and the first one of a page comes
 * after 16 such bytes.
 * 4. The next object of a page that is allocated is the one behind the last: what was freed stays so for a
 * while.
 */
#include "slabs.h"

#include <stdint.h>
#include <string.h>

#include "heap.h"
#include "memory_mapper.h"
#include "runtime.h"

#define PAGE 4096u
#define PAGES 1024u /* of a component's slot */
#define GROW_PAGES 4u
#define OBJECTS_MAX 128u
#define CLASSES 23u
#define NO_PAGE                                                                                              \
    0u /* the first page of a slot is never the heap's: an image comes before it, or a page of these records \
        */

/* Sizes up to 256 bytes, and then so many objects a page. */
static const uint16_t small_sizes[] = {32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256};
static const uint8_t large_counts[] = {12, 10, 9, 8, 7, 6, 5, 4, 3, 2};
#define SMALL (sizeof small_sizes / sizeof *small_sizes)
_Static_assert(SMALL + sizeof large_counts < CLASSES, "there is a class for each");

enum { PAGE_ABSENT, PAGE_FREE, PAGE_LARGE, PAGE_LARGE_REST, PAGE_CLASS0 };

struct page {
    uint8_t kind; /* PAGE_CLASS0 + class: objects of that class */
    uint8_t used; /* objects allocated */
    uint8_t last; /* allocated last */
    uint16_t next, previous;
    uint16_t pages;   /* PAGE_LARGE */
    uint32_t object;  /* PAGE_LARGE: its address, within the slot */
    uint64_t free[2]; /* a bit for each object that is not allocated */
};

#define PAGES_A_RECORD (PAGE / sizeof(struct page))
static struct page *records[PAGES / PAGES_A_RECORD + 1];
static uintptr_t slot;
static uint32_t first_free, end; /* no page below is free; no page from end on is known */
static uint32_t classes, first_object;
static uint16_t class_bytes[CLASSES], class_objects[CLASSES];
static uint16_t class_pages[CLASSES]; /* the list: its first page */
static uint16_t class_empty[CLASSES]; /* NO_PAGE: none */

static bool is_guard(void)
{
    return heap_setting() == SUP_HEAP_GUARD;
}

/* ---- Pages ---- */

static struct page *page_of(uint32_t number)
{
    struct page *part = records[number / PAGES_A_RECORD];

    return part == NULL ? NULL : &part[number % PAGES_A_RECORD];
}

static bool is_free(uint32_t number)
{
    const struct page *page = page_of(number);

    return page != NULL && page->kind == PAGE_FREE;
}

static uintptr_t address_of(uint32_t number)
{
    return slot + (uintptr_t)number * PAGE;
}

/* Records of the pages from..end - 1 exist, or nothing happens. */
static bool records_make(uint32_t from, uint32_t to)
{
    for (uint32_t part = from / PAGES_A_RECORD; part <= (to - 1) / PAGES_A_RECORD; part++) {
        if (records[part] != NULL)
            continue;
        long at = mem_grow(PAGE); /* zeroed */

        if (at < 0)
            return false;
        records[part] = (struct page *)at;
    }
    return true;
}

static bool grow(uint32_t count)
{
    uint32_t bytes = count * PAGE;
    long at = mem_grow(bytes);
    uint32_t number;

    if (at < 0)
        return false;
    slot = (uintptr_t)at & ~(uintptr_t)(PAGES * PAGE - 1);
    number = (uint32_t)((uintptr_t)at - slot) / PAGE;
    if (!records_make(number, number + count) ||
        (is_guard() ? sup_heap_keep((uint64_t)at, bytes) : sup_heap_close((uint64_t)at, bytes)) != SHOJI_OK) {
        (void)mem_free((uint64_t)at, bytes); /* all of them are ours: it cannot fail */
        return false;
    }
    for (uint32_t i = number; i < number + count; i++)
        page_of(i)->kind = PAGE_FREE;
    if (first_free == NO_PAGE || number < first_free)
        first_free = number;
    if (end < number + count)
        end = number + count;
    return true;
}

/* The first of so many free pages side by side. */
static uint32_t run_find(uint32_t count)
{
    uint32_t run = 0;

    while (first_free < end && !is_free(first_free))
        first_free++;
    for (uint32_t i = first_free; i < end; i++) {
        run = is_free(i) ? run + 1 : 0;
        if (run == count)
            return i + 1 - count;
    }
    return NO_PAGE;
}

static void run_open(uint32_t number, uint32_t count)
{
    if (!is_guard())
        heap_sure(sup_heap_open(address_of(number), (uint64_t)count * PAGE));
}

static void run_give(uint32_t number, uint32_t count)
{
    for (uint32_t i = number; i < number + count; i++)
        page_of(i)->kind = PAGE_FREE;
    if (number < first_free)
        first_free = number;
    if (!is_guard())
        heap_sure(sup_heap_close(address_of(number), (uint64_t)count * PAGE));
}

/* ---- Classes ---- */

static void classes_make(void)
{
    first_object = is_guard() ? SLAB_ALIGN : 0;
    for (; classes < SMALL + sizeof large_counts; classes++) {
        uint32_t room = PAGE - first_object;
        uint32_t bytes = classes < SMALL ? small_sizes[classes] : room / large_counts[classes - SMALL] & ~15u;

        class_bytes[classes] = (uint16_t)bytes;
        class_objects[classes] = (uint16_t)(room / bytes);
    }
}

/* The smallest class with room for so much; `classes` if there is none. */
static uint32_t class_for(size_t bytes)
{
    uint32_t class = 0;

    while (class < classes && class_bytes[class] < bytes)
        class ++;
    return class;
}

static void page_list(uint32_t number, uint32_t class)
{
    struct page *page = page_of(number);

    page->previous = NO_PAGE;
    page->next = class_pages[class];
    if (page->next != NO_PAGE)
        page_of(page->next)->previous = (uint16_t)number;
    class_pages[class] = (uint16_t)number;
}

static void page_unlist(uint32_t number, uint32_t class)
{
    struct page *page = page_of(number);

    if (page->previous != NO_PAGE)
        page_of(page->previous)->next = page->next;
    else
        class_pages[class] = page->next;
    if (page->next != NO_PAGE)
        page_of(page->next)->previous = page->previous;
}

/* The empty pages become free. False: there was none. */
static bool empties_give(void)
{
    bool any = false;

    for (uint32_t class = 0; class < classes; class ++)
        if (class_empty[class] != NO_PAGE) {
            page_unlist(class_empty[class], class);
            run_give(class_empty[class], 1);
            class_empty[class] = NO_PAGE;
            any = true;
        }
    return any;
}

static uint32_t run_take(uint32_t count)
{
    uint32_t tail = 0, found = run_find(count);

    if (found != NO_PAGE)
        return found;
    while (tail < count && tail < end && is_free(end - 1 - tail))
        tail++;
    if (tail == 0 && count < GROW_PAGES && grow(GROW_PAGES))
        return run_find(count);
    if (tail != 0 && grow(count - tail) && (found = run_find(count)) != NO_PAGE)
        return found;
    if (grow(count) || empties_give())
        return run_find(count);
    return NO_PAGE;
}

/* A free object of the page, the next one after the last. */
static uint32_t object_take(struct page *page)
{
    uint32_t from = page->last + 1u, object;
    uint64_t later;

    for (uint32_t half = from / 64; half < 2; half++) {
        later = page->free[half] & (half == from / 64 ? ~0ull << from % 64 : ~0ull);
        if (later != 0) {
            object = half * 64 + (uint32_t)__builtin_ctzll(later);
            goto found;
        }
    }
    object = page->free[0] != 0 ? (uint32_t)__builtin_ctzll(page->free[0])
                                : 64 + (uint32_t)__builtin_ctzll(page->free[1]);
found:
    page->free[object / 64] &= ~(1ull << object % 64);
    page->last = (uint8_t)object;
    page->used++;
    return object;
}

/* The place of an object of that class; 0: no memory. */
static uintptr_t small_take(uint32_t class)
{
    uint32_t number = class_pages[class], object;
    struct page *page;

    if (number == NO_PAGE) {
        if ((number = run_take(1)) == NO_PAGE)
            return 0;
        page = page_of(number);
        *page = (struct page){.kind = (uint8_t)(PAGE_CLASS0 + class), .last = OBJECTS_MAX - 1};
        for (uint32_t i = 0; i < class_objects[class]; i++)
            page->free[i / 64] |= 1ull << i % 64;
        run_open(number, 1);
        page_list(number, class);
    }
    if (number == class_empty[class])
        class_empty[class] = NO_PAGE;
    page = page_of(number);
    object = object_take(page);
    if (page->used == class_objects[class])
        page_unlist(number, class);
    return address_of(number) + first_object + object * class_bytes[class];
}

static uintptr_t large_take(size_t bytes, size_t align)
{
    uint32_t before = align > SLAB_ALIGN ? (uint32_t)align : first_object, count, number;

    if (bytes > PAGES * PAGE)
        return 0;
    count = (uint32_t)((before + bytes + PAGE - 1) / PAGE);
    if ((number = run_take(count)) == NO_PAGE)
        return 0;
    *page_of(number) =
        (struct page){.kind = PAGE_LARGE, .pages = (uint16_t)count, .object = number * PAGE + before};
    for (uint32_t i = number + 1; i < number + count; i++)
        page_of(i)->kind = PAGE_LARGE_REST;
    run_open(number + before / PAGE, count - before / PAGE);
    return address_of(number) + before;
}

/* ---- Objects ---- */

struct place {
    uint32_t number; /* page */
    struct page *page;
    uint32_t object; /* its number in the page */
    size_t room;     /* bytes up to its end, guard words included */
};

/* False: no object that is allocated begins there. */
static bool place_find(const void *object, struct place *out)
{
    uintptr_t offset = (uintptr_t)object - slot, inside = offset % PAGE - first_object;
    uint32_t class;

    if (offset / PAGE >= end || (out->page = page_of((uint32_t)(offset / PAGE))) == NULL)
        return false;
    out->number = (uint32_t)(offset / PAGE);
    if (out->page->kind < PAGE_CLASS0) {
        /* An alignment of a page puts the object behind its first one. */
        if (out->page->kind == PAGE_LARGE_REST && out->number > 0) {
            out->number--;
            out->page = page_of(out->number);
        }
        out->object = 0;
        out->room = out->number * PAGE + out->page->pages * PAGE - offset;
        return out->page->kind == PAGE_LARGE && out->page->object == offset;
    }
    class = out->page->kind - PAGE_CLASS0;
    out->object = (uint32_t)inside / class_bytes[class];
    out->room = class_bytes[class];
    return offset % PAGE >= first_object && inside % class_bytes[class] == 0 &&
           out->object < class_objects[class] &&
           (out->page->free[out->object / 64] >> out->object % 64 & 1) == 0;
}

static size_t whole_words(size_t bytes)
{
    return bytes == 0 ? 4 : (bytes + 3) & ~(size_t)3;
}

/* A place for an object, of which the supervisor does not know yet. */
static uintptr_t place_take(size_t bytes, size_t align)
{
    size_t room = is_guard() ? whole_words(bytes) + 4 : bytes == 0 ? 1 : bytes;
    uint32_t class = align > SLAB_ALIGN ? classes : class_for(room);

    return class < classes ? small_take(class) : large_take(room, align);
}

static void place_give(const struct place *place)
{
    struct page *page = place->page;
    uint32_t class = page->kind - PAGE_CLASS0;

    if (page->kind == PAGE_LARGE) {
        run_give(place->number, page->pages);
        return;
    }
    if (page->used == class_objects[class])
        page_list(place->number, class);
    page->free[place->object / 64] |= 1ull << place->object % 64;
    if (--page->used != 0)
        return;
    if (class_empty[class] == NO_PAGE && !is_guard()) {
        class_empty[class] = (uint16_t)place->number;
        return;
    }
    page_unlist(place->number, class);
    run_give(place->number, 1);
}

static void bad(const char *what, const void *object) __attribute__((noreturn));

static void bad(const char *what, const void *object)
{
    print_line("free or realloc of %p: %s", object, what);
    runtime_fault();
}

static struct place place_of(const void *object)
{
    struct place place;

    if (place_find(object, &place))
        return place;
    if (is_guard() && sup_heap_free((uint64_t)object) == SHOJI_EPERM)
        bad("it has been freed already", object);
    bad(is_guard() ? "nothing was allocated there"
                   : "nothing is allocated there; it may have been freed before",
        object);
}

void *slab_alloc(size_t bytes, size_t align, bool zeroed)
{
    uintptr_t at;

    if (classes == 0)
        classes_make();
    if (align > SLAB_ALIGN_MAX || (at = place_take(bytes, align)) == 0)
        return NULL;
    if (is_guard())
        heap_sure(sup_heap_alloc(at, whole_words(bytes), zeroed));
    if (zeroed)
        memset((void *)at, 0, bytes);
    return (void *)at;
}

void slab_free(void *object)
{
    struct place place = place_of(object);

    if (is_guard())
        heap_sure(sup_heap_free((uint64_t)object));
    else
        heap_take_back(object, place.room);
    place_give(&place);
}

void *slab_resize(void *object, size_t bytes)
{
    struct place place = place_of(object);
    size_t room = is_guard() ? whole_words(bytes) + 4 : bytes;
    uintptr_t to;

    if (room <= place.room && room > place.room / 2) {
        if (is_guard())
            heap_sure(sup_heap_move((uint64_t)object, (uint64_t)object, whole_words(bytes)));
        else
            heap_take_back((char *)object + whole_words(bytes), place.room - whole_words(bytes));
        return object;
    }
    if ((to = place_take(bytes, SLAB_ALIGN)) == 0)
        return NULL;
    if (is_guard()) {
        heap_sure(sup_heap_move((uint64_t)object, to, whole_words(bytes)));
    } else {
        memcpy((void *)to, object, bytes < place.room ? bytes : place.room);
        heap_take_back(object, place.room);
    }
    place_give(&place);
    return (void *)to;
}

size_t slab_size(const void *object)
{
    struct place place = place_of(object);

    return is_guard() ? (size_t)sup_heap_size((uint64_t)object) : place.room;
}
