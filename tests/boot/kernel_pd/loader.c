/* SPDX-License-Identifier: BSD-2-Clause
 * Makes protection domains, loads a component into them, has it call and be called, and lets it go; tries
 * what it may not. */
#include "pd.h"
#include "kernel_check.h"

#include "image/image.c"

__asm__(".section .rodata\n.balign 8\nchild_file:\n.incbin \"child.elf\"\nchild_file_end:\n.previous");
extern const uint8_t child_file[] __attribute__((visibility("hidden"))),
    child_file_end[] __attribute__((visibility("hidden")));

static uint8_t file[64 * 1024]; /* a copy, to spoil */
static component_t ending;      /* whom loader_end frees */

typedef long call(uint64_t, uint64_t, uint64_t, uint64_t);
static call *deeper; /* whom loader_deep calls */

SHOJI_EXPORT long loader_back(long value)
{
    return value * 2;
}

SHOJI_EXPORT long loader_deep(long value)
{
    long below = deeper((uint64_t)value + 1, 0, 0, 0);

    return below == SHOJI_EFAULT ? value : below; /* how deep it was */
}

SHOJI_EXPORT long loader_end(void)
{
    long status = mmp_free_PD(ending, 0);

    return status;
}

/* ---- Loading ---- */

struct child {
    component_t pd;
    struct image image;
};

/* The functions that the child asks for, and that the loader lets it have. */
static uint64_t resolve(void *context, const char *name)
{
    const struct {
        const char *name;
        uint64_t function;
    } offered[] = {{"server_who", (uint64_t)server_who},
                   {"loader_back", (uint64_t)loader_back},
                   {"loader_end", (uint64_t)loader_end},
                   {"loader_deep", (uint64_t)loader_deep},
                   {"mmp_set_perm", (uint64_t)mmp_set_perm}};

    for (unsigned i = 0; i < sizeof offered / sizeof *offered; i++)
        if (same(name, offered[i].name)) {
            long gate = mmp_set_gate(offered[i].function, EXECUTE, ((struct child *)context)->pd);

            return gate > 0 ? (uint64_t)gate : 0;
        }
    return 0;
}

static struct child load(const char *name)
{
    long pd = mmp_alloc_PD(SUP_PD_USER, 0x4000, name);
    struct child child = {.pd = (component_t)pd};

    CHECK(pd > 0 && pd < 256);
    CHECK(image_load(&child.image, child_file, (uint64_t)(child_file_end - child_file), LOADER, child.pd,
                     false, resolve, &child) == SHOJI_OK);
    return child;
}

/* A gate of the loader's own to a function of the child's. */
static call *entry(const struct child *child, const char *name)
{
    uint64_t function = image_function(&child->image, name);
    long gate = mmp_set_gate(function, EXECUTE, LOADER);

    CHECK(function != 0 && gate > 0);
    return (call *)gate;
}

/* What the loader loaded goes, and so does what it still owns of it. */
static void unload(struct child *child, uint32_t recursive)
{
    uint64_t end = child->image.base + child->image.bytes;

    CHECK(mmp_free_PD(child->pd, recursive) == SHOJI_OK);
    for (uint64_t at = child->image.base; at < end; at += PAGE) {
        long status = mmp_free(LOADER, at, PAGE);

        CHECK(status == SHOJI_OK ||
              status == SHOJI_EINVAL); /* data was the child's, and is nobody's already */
    }
}

static uint64_t used(void)
{
    static struct sup_component components[16];
    long count = sup_components(components, 16);

    for (long i = 0; i < count && i < 16; i++)
        if (components[i].id == LOADER)
            return components[i].memory_budget << 32 | components[i].memory_used;
    return 0;
}

static const struct sup_component *listed(component_t pd)
{
    static struct sup_component components[16];
    long count = sup_components(components, 16);

    for (long i = 0; i < count && i < 16; i++)
        if (components[i].id == pd)
            return &components[i];
    return 0;
}

static uint64_t invocations(component_t client, component_t server)
{
    static struct sup_edge edges[32];
    long count = sup_edges(edges, 32);

    for (long i = 0; i < count && i < 32; i++)
        if (edges[i].client == client && edges[i].server == server)
            return edges[i].invocations;
    return ~0ull;
}

/* ---- Tests ---- */

static void calls_both_ways(void)
{
    uint64_t before = used();
    struct child child = load("worker");
    call *add = entry(&child, "child_add"), *back = entry(&child, "child_back"),
         *who = entry(&child, "child_who");
    const struct sup_component *it = listed(child.pd);

    CHECK(it != 0 && it->parent == LOADER && it->name[0] == 'w' && it->memory_budget >= 0x4000);
    CHECK(add(2, 0, 0, 0) == 42 && add(1, 0, 0, 0) == 43);
    CHECK(back(20, 0, 0, 0) == 41);
    CHECK((component_t)who(0, 0, 0, 0) == child.pd);
    CHECK(invocations(LOADER, child.pd) == 4 && invocations(child.pd, SERVER) == 1);
    CHECK(invocations(child.pd, LOADER) == 1 && invocations(child.pd, HIDDEN) == ~0ull);
    /* Its data are its own, its text is nobody's to write, and it sees no more than it was given. */
    CHECK(server_load(child.image.base) == SHOJI_EFAULT);
    CHECK(entry(&child, "child_load")((uint64_t)&ending, 0, 0, 0) == SHOJI_EFAULT);
    CHECK(entry(&child, "child_store")(child.image.base, 0, 0, 0) == SHOJI_EFAULT);
    CHECK(mmp_set_perm(child.image.base, PAGE, WRITE, LOADER) == SHOJI_EPERM);
    CHECK(entry(&child, "child_call")((uint64_t)hidden_who, 0, 0, 0) == SHOJI_EFAULT);
    /* A fault ends the invocation. */
    CHECK(entry(&child, "child_fault")(0, 0, 0, 0) == SHOJI_EFAULT && add(0, 0, 0, 0) == 7);
    /* Merged and apart again, like any other. */
    CHECK(pd_merge(LOADER, child.pd) == SHOJI_OK && add(1, 0, 0, 0) == 8 && back(1, 0, 0, 0) == 3);
    CHECK(pd_split(child.pd) == SHOJI_OK && add(1, 0, 0, 0) == 9);
    CHECK(pd_merge(SERVER, child.pd) == SHOJI_OK && (component_t)who(0, 0, 0, 0) == child.pd);
    unload(&child, 0); /* out of one domain with another */
    CHECK(listed(child.pd) == 0 && server_who() == LOADER);
    CHECK(used() == before);
    /* The gates that led to it lead nowhere, and the caller goes on. */
    CHECK(add(1, 0, 0, 0) == SHOJI_ECLOSED && back(1, 0, 0, 0) == SHOJI_ECLOSED);
    CHECK(mmp_free_PD(child.pd, 0) == SHOJI_ENOENT);
}

static void refusals(void)
{
    struct child child = load(0);
    uint64_t slot = (uint64_t)mmp_pd_slot(child.pd), function = image_function(&child.image, "child_add");
    char name[40] = "far_too_long_a_name_for_a_component";

    CHECK(mmp_alloc_PD(SUP_PD_KERNEL, 0, 0) == SHOJI_EPERM);
    CHECK(mmp_alloc_PD(7, 0, 0) == SHOJI_EINVAL && mmp_alloc_PD(SUP_PD_USER, 4, 0) == SHOJI_EINVAL);
    CHECK(mmp_alloc_PD(SUP_PD_USER, 1 << 20, 0) == SHOJI_EMEMORY);
    CHECK(mmp_alloc_PD(SUP_PD_USER, 0, name) == SHOJI_EINVAL);
    CHECK(mmp_alloc_PD(SUP_PD_USER, 0, "server") == SHOJI_EBUSY &&
          mmp_alloc_PD(SUP_PD_USER, 0, "") == SHOJI_EINVAL);
    CHECK(mmp_alloc_PD(SUP_PD_USER, 0, "a b") == SHOJI_EINVAL);
    CHECK(mmp_alloc_PD(SUP_PD_USER, 0, (const char *)0x100000) == SHOJI_EINVAL);
    CHECK(mmp_free_PD(SERVER, 0) == SHOJI_EPERM && mmp_free_PD(LOADER, 1) == SHOJI_EPERM);
    CHECK(mmp_free_PD(99, 0) == SHOJI_ENOENT && mmp_free_PD(0, 0) == SHOJI_ENOENT);
    CHECK(mmp_open_PD(child.pd) == SHOJI_ESAME && mmp_open_PD(SERVER) == SHOJI_EPERM);
    CHECK(mmp_time_PD(child.pd, 19) == SHOJI_EINVAL && mmp_time_PD(child.pd, 10001) == SHOJI_EINVAL);
    CHECK(mmp_time_PD(SERVER, 100) == SHOJI_EPERM && mmp_time_PD(LOADER, 100) == SHOJI_EPERM);
    CHECK(mmp_time_PD(99, 100) == SHOJI_ENOENT && mmp_time_PD(child.pd, 100) == SHOJI_OK);
    CHECK(mmp_pd_slot(SERVER) == SHOJI_EPERM && mmp_pd_slot(77) == SHOJI_ENOENT);
    /* Memory: for itself and what it made, in slots of what it made. */
    CHECK(mmp_alloc(SERVER, PAGE) == SHOJI_EPERM && mmp_free(SERVER, slot, PAGE) == SHOJI_EPERM);
    CHECK(mmp_alloc_at(LOADER, 0x8000000, PAGE) == SHOJI_EPERM);
    CHECK(mmp_alloc_at(child.pd, 0x8000000, PAGE) == SHOJI_EPERM);
    CHECK(mmp_alloc_at(LOADER, slot + 0x3f0000, PAGE) == SHOJI_EINVAL);
    CHECK(mmp_alloc_at(LOADER, child.image.base, PAGE) == SHOJI_EBUSY);
    CHECK(mmp_alloc_at(child.pd, slot + 0x100000, 5 * PAGE) == SHOJI_EMEMORY);
    CHECK(mmp_alloc_at(child.pd, slot + 0x100000, 3 * PAGE) > 0);
    CHECK(mmp_set_perm(slot + 0x100000, PAGE, READ, LOADER) == SHOJI_EINVAL); /* the child's now */
    CHECK(mmp_mem_chown(slot + 0x100000, PAGE, SERVER) == SHOJI_EPERM);
    /* Gates: only to what is its own, or is its to pass on, for whom it may give any. */
    CHECK(mmp_set_gate((uint64_t)hidden_who, EXECUTE, child.pd) == SHOJI_EPERM);
    CHECK(mmp_set_gate((uint64_t)mmp_alloc_PD, EXECUTE, child.pd) == SHOJI_EPERM);
    CHECK(mmp_set_gate((uint64_t)server_who, EXECUTE, HIDDEN) == SHOJI_EPERM);
    CHECK(mmp_set_gate((uint64_t)server_who + 4, EXECUTE, child.pd) == SHOJI_EINVAL);
    CHECK(mmp_set_gate((uint64_t)server_who, EXECUTE, LOADER) == SHOJI_EINVAL);
    CHECK(mmp_set_gate((uint64_t)server_who, WRITE, child.pd) == SHOJI_EINVAL);
    CHECK(mmp_set_gate((uint64_t)server_who, EXECUTE, 99) == SHOJI_ENOENT);
    CHECK(mmp_set_gate((uint64_t)component_init, EXECUTE, child.pd) == SHOJI_EINVAL);
    CHECK(mmp_set_gate((uint64_t)&ending, EXECUTE, child.pd) == SHOJI_EINVAL);
    CHECK(mmp_set_gate(function, EXECUTE, child.pd) == SHOJI_EINVAL);
    CHECK(mmp_set_gate(0x8000000, EXECUTE, child.pd) == SHOJI_EPERM);
    CHECK(mmp_set_gate(1ull << 32 | function, EXECUTE, LOADER) == SHOJI_EPERM);
    CHECK(mmp_set_gate(function, NONE, SERVER) == SHOJI_ENOENT);
    /* Code: whole pages, in the slot of whom it is for, written by nobody. */
    CHECK(mmp_alloc_at(LOADER, slot + 0x200000, 2 * PAGE) > 0);
    CHECK(mmp_set_perm(slot + 0x200000, 64, EXECUTE, child.pd) == SHOJI_EINVAL);
    CHECK(mmp_set_perm(slot + 0x200000, PAGE, EXECUTE, SERVER) == SHOJI_EPERM);
    CHECK(mmp_set_perm(slot + 0x200000, PAGE, EXECUTE, LOADER) == SHOJI_EPERM);
    CHECK(mmp_set_perm(slot + 0x200000, 4, WRITE, SERVER) == SHOJI_OK);
    CHECK(mmp_set_perm(slot + 0x200000, PAGE, EXECUTE, child.pd) == SHOJI_EPERM);
    CHECK(mmp_set_perm(slot + 0x200000, 4, NONE, SERVER) == SHOJI_OK);
    CHECK(mmp_set_perm(slot + 0x200000, PAGE, EXECUTE, child.pd) == SHOJI_OK);
    CHECK(mmp_set_perm(slot + 0x200000, PAGE, WRITE, LOADER) == SHOJI_EPERM);
    CHECK(mmp_set_perm(slot + 0x200000, PAGE, WRITE, SERVER) == SHOJI_EPERM);
    CHECK(mmp_set_perm(slot + 0x200000, PAGE, NONE, child.pd) == SHOJI_OK);
    CHECK(mmp_set_perm(slot + 0x200000, PAGE, WRITE, LOADER) == SHOJI_OK);
    CHECK(mmp_free(LOADER, slot + 0x200000, 2 * PAGE) == SHOJI_OK);
    unload(&child, 0);
}

static void gates_that_close(void)
{
    struct child child = load("lent");
    call *who = entry(&child, "child_who"), *add = entry(&child, "child_add");
    long gate;

    /* Taken back from the child: it learns so when it invokes. */
    CHECK((component_t)who(0, 0, 0, 0) == child.pd);
    CHECK(mmp_set_gate((uint64_t)server_who, NONE, child.pd) == SHOJI_OK);
    CHECK(who(0, 0, 0, 0) == SHOJI_ECLOSED);
    CHECK(mmp_set_gate((uint64_t)server_who, NONE, child.pd) == SHOJI_ENOENT);
    CHECK(mmp_set_gate((uint64_t)server_who, EXECUTE, child.pd) > 0 &&
          (component_t)who(0, 0, 0, 0) == child.pd); /* at its old place */
    /* To a component of the manifest with an edge to the loader: it may call what was loaded. */
    gate = mmp_set_gate((uint64_t)image_function(&child.image, "child_add"), EXECUTE, SERVER);
    CHECK(gate > 0 && server_call((uint64_t)gate) == 43 && add(0, 0, 0, 0) == 43);
    CHECK(hidden_load((uint64_t)gate) == SHOJI_EFAULT);
    unload(&child, 0);
    CHECK(server_call((uint64_t)gate) == SHOJI_ECLOSED);
    CHECK(mmp_set_gate((uint64_t)gate, EXECUTE, SERVER) == SHOJI_EPERM);
}

/* A child's child: what passes down, who is whose when one in between goes. */
static void generations(void)
{
    struct child child = load("parent");
    uint64_t before;
    long gate, mine;
    call *(raw) = entry(&child, "child_call");
    component_t grandchild;

    /* The child may make others only when it may call for it; nobody gave it that. */
    CHECK(raw((uint64_t)mmp_alloc_PD, 0, 0, 0) == SHOJI_EFAULT);
    /* Two of its kind: one does not reach the other. */
    struct child other = load("other");
    CHECK(entry(&child, "child_load")(other.image.base, 0, 0, 0) == SHOJI_EFAULT);
    mine = mmp_set_gate(image_function(&other.image, "child_add"), EXECUTE, LOADER);
    gate = mmp_set_gate(image_function(&other.image, "child_add"), EXECUTE, child.pd);
    CHECK(gate > 0 && raw((uint64_t)gate, 0, 0, 0) == 43);
    CHECK(entry(&child, "child_call")((uint64_t)mine, 0, 0, 0) == SHOJI_EFAULT); /* not the loader's gate */
    unload(&other, 0);
    CHECK(raw((uint64_t)gate, 0, 0, 0) == SHOJI_ECLOSED);
    unload(&child, 1);
    /* Ids come back, not at once. */
    before = used();
    grandchild = (component_t)mmp_alloc_PD(SUP_PD_USER, 0, 0);
    CHECK(grandchild != child.pd && grandchild != other.pd);
    CHECK(mmp_free_PD(grandchild, 1) == SHOJI_OK && used() == before);
}

/* The loader is called by what it loaded, and frees it: the invocation ends with an error, the loader goes
 * on. */
static void freed_by_its_caller(void)
{
    struct child child = load("caller");
    call *end = entry(&child, "child_end"), *who = entry(&child, "child_who");
    uint64_t base = child.image.base;

    ending = child.pd;
    CHECK(end(0, 0, 0, 0) == SHOJI_EFAULT);
    CHECK(listed(child.pd) == 0 && who(0, 0, 0, 0) == SHOJI_ECLOSED);
    for (uint64_t at = base; at < base + child.image.bytes; at += PAGE)
        (void)mmp_free(LOADER, at, PAGE); /* what was not the child's */
    child = load("caller");
    CHECK(entry(&child, "child_add")(1, 0, 0, 0) == 41);
    unload(&child, 0);
}

/* Two that call each other until there is no stack left: the innermost invocation ends, and all others
 * return. */
static void too_deep(void)
{
    struct child child = load("deep");

    deeper = entry(&child, "child_deep");
    for (int round = 0; round < 3; round++) {
        long depth = loader_deep(0);

        CHECK(depth > 6 && depth < 64);
    }
    CHECK(entry(&child, "child_add")(2, 0, 0, 0) == 42);
    unload(&child, 0);
}

static void everything_used_up(void)
{
    uint64_t before = used();
    static component_t pds[64];
    unsigned count = 0;
    long pd;

    for (int round = 0; round < 5; round++) {
        for (count = 0; count < 64 && (pd = mmp_alloc_PD(SUP_PD_USER, PAGE, 0)) > 0; count++)
            pds[count] = (component_t)pd;
        CHECK(count > 30 && pd == SHOJI_EMEMORY);
        while (count > 0)
            CHECK(mmp_free_PD(pds[--count], 0) == SHOJI_OK);
        CHECK(used() == before);
    }
    struct child child = load("gates");
    uint64_t function = image_function(&child.image, "child_add");
    while ((pd = mmp_set_gate(function, EXECUTE, LOADER)) > 0)
        count++;
    CHECK(count > 100 && pd == SHOJI_EMEMORY);
    CHECK(mmp_set_gate(function, NONE, LOADER) == SHOJI_OK && mmp_set_gate(function, EXECUTE, LOADER) > 0);
    unload(&child, 0);
    for (int round = 0; round < 300; round++) { /* no leak of ids, domains, tables or gates */
        child = load("again");
        CHECK(entry(&child, "child_add")(2, 0, 0, 0) == 42);
        unload(&child, 0);
    }
    CHECK(used() == before);
}

static void hostile_files(void)
{
    uint64_t bytes = (uint64_t)(child_file_end - child_file), state = 12345;
    uint64_t before = used();

    CHECK(bytes <= sizeof file);
    for (int round = 0; round < 300; round++) {
        struct child child = {.pd = (component_t)mmp_alloc_PD(SUP_PD_USER, 0, 0)};

        copy(file, child_file, bytes);
        for (int i = 0; i < 3; i++) {
            state = state * 6364136223846793005ull + 1442695040888963407ull;
            file[(state >> 33) % (round % 2 == 0 ? 512 : bytes)] = (uint8_t)(state >> 24);
        }
        (void)image_load(&child.image, file, round % 5 == 0 ? bytes / 2 : bytes, LOADER, child.pd, false,
                         resolve, &child);
        CHECK(mmp_free_PD(child.pd, 1) == SHOJI_OK);
        for (uint64_t at = child.image.base; at < child.image.base + child.image.bytes && at != 0; at += PAGE)
            (void)mmp_free(LOADER, at, PAGE);
        CHECK(used() == before);
    }
}

/* Reports look into the file when they are made, whatever has become of it since it was told of. The test
 * reads what they say. */
static void told_of_its_file(void)
{
    const uint64_t bytes = (uint64_t)(child_file_end - child_file);
    struct child child = load("told");
    call *fault = entry(&child, "child_fault");
    uint64_t state = 54321;

    copy(file, child_file, bytes);
    CHECK(fault(0, 0, 0, 0) == SHOJI_EFAULT);
    CHECK(mmp_file_PD(child.pd, file, bytes) == SHOJI_OK && fault(0, 0, 0, 0) == SHOJI_EFAULT);
    CHECK(mmp_file_PD(child.pd, file, bytes / 2) == SHOJI_EINVAL &&
          mmp_file_PD(child.pd, file, bytes) == SHOJI_OK);
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 3; i++) {
            state = state * 6364136223846793005ull + 1442695040888963407ull;
            file[(state >> 33) % (round % 2 == 0 ? 512 : bytes)] = (uint8_t)(state >> 24);
        }
        CHECK(fault(0, 0, 0, 0) == SHOJI_EFAULT);
        copy(file, child_file, bytes);
    }
    file[0] = 0;
    CHECK(fault(0, 0, 0, 0) == SHOJI_EFAULT);
    copy(file, child_file, bytes);
    CHECK(fault(0, 0, 0, 0) == SHOJI_EFAULT);
    CHECK(mmp_file_PD(child.pd, 0, 0) == SHOJI_OK && fault(0, 0, 0, 0) == SHOJI_EFAULT);
    /* Only in pages that are the loader's. */
    const uint64_t whole = (bytes + PAGE - 1) & ~(PAGE - 1);
    long pages = mmp_alloc(LOADER, whole);

    CHECK(pages > 0);
    copy((uint8_t *)pages, child_file, bytes);
    CHECK(mmp_file_PD(child.pd, (const void *)pages, bytes) == SHOJI_OK && fault(0, 0, 0, 0) == SHOJI_EFAULT);
    CHECK(mmp_mem_chown((uint64_t)pages, whole, SERVER) == SHOJI_OK && fault(0, 0, 0, 0) == SHOJI_EFAULT);
    CHECK(mmp_file_PD(child.pd, (const void *)pages, bytes) == SHOJI_EINVAL);
    CHECK(server_pass((uint64_t)pages, whole, LOADER) == SHOJI_OK &&
          mmp_free(LOADER, (uint64_t)pages, whole) == SHOJI_OK);
    unload(&child, 0);
}

/* A gate by the server's and the function's names, for which the loader needs none itself. */
static void passed_by_name(void)
{
    struct child child = load("by_name");
    call *ask = entry(&child, "child_call");
    uint64_t before = used();
    long gate = mmp_pass_gate(SERVER, "server_who", child.pd);

    CHECK(gate > 0 && ask((uint64_t)gate, 0, 0, 0) == (long)child.pd);
    CHECK(invocations(child.pd, SERVER) == 1);
    CHECK(mmp_pass_gate(HIDDEN, "hidden_who", child.pd) == SHOJI_EPERM);
    CHECK(mmp_pass_gate(HIDDEN, "hidden_what", child.pd) == SHOJI_ENOENT);
    CHECK(mmp_pass_gate(SERVER, "component_init", child.pd) == SHOJI_ENOENT);
    CHECK(mmp_pass_gate(SERVER, "server_who", LOADER) == SHOJI_EPERM);
    CHECK(mmp_pass_gate(SERVER, "server_who", SERVER) == SHOJI_EPERM);
    CHECK(mmp_pass_gate(SERVER, "server_who", HIDDEN) == SHOJI_EPERM); /* no edge to the loader */
    CHECK(mmp_pass_gate(SERVER, "server_who", 99) == SHOJI_ENOENT);
    CHECK(mmp_pass_gate(99, "server_who", child.pd) == SHOJI_ENOENT);
    CHECK(mmp_pass_gate(child.pd, "child_add", LOADER) == SHOJI_ENOENT);
    CHECK(mmp_pass_gate(SERVER, "server-who", child.pd) == SHOJI_EINVAL);
    CHECK(mmp_pass_gate(SERVER, "", child.pd) == SHOJI_EINVAL);
    CHECK(mmp_pass_gate(SERVER, (const char *)0x1000, child.pd) == SHOJI_EINVAL);
    CHECK(ask((uint64_t)mmp_pass_gate, 0, 0, 0) == SHOJI_EFAULT); /* nor may it pass anything on by ours */
    CHECK(used() == before);
    unload(&child, 0);
}

static void renamed(void)
{
    struct child child = load("before"), other = load("other");

    CHECK(mmp_name_PD(child.pd, "after") == SHOJI_OK && same(listed(child.pd)->name, "after"));
    CHECK(mmp_name_PD(child.pd, "other") == SHOJI_EBUSY && mmp_name_PD(child.pd, "server") == SHOJI_EBUSY);
    CHECK(mmp_name_PD(child.pd, "supervisor") == SHOJI_EBUSY && same(listed(child.pd)->name, "after"));
    CHECK(mmp_name_PD(other.pd, "before") == SHOJI_OK);
    CHECK(mmp_name_PD(LOADER, "me") == SHOJI_EPERM && mmp_name_PD(SERVER, "you") == SHOJI_EPERM);
    CHECK(mmp_file_PD(99, 0, 0) == SHOJI_ENOENT && mmp_file_PD(SERVER, 0, 0) == SHOJI_EPERM);
    CHECK(mmp_file_PD(LOADER, 0, 0) == SHOJI_EPERM && mmp_file_PD(child.pd, 0, 0) == SHOJI_OK);
    CHECK(mmp_file_PD(child.pd, (const void *)0x100000, 4096) == SHOJI_EINVAL); /* the supervisor's */
    CHECK(mmp_file_PD(child.pd, (const void *)-4096l, 8192) == SHOJI_EINVAL);
    CHECK(mmp_file_PD(child.pd, &child, sizeof child) == SHOJI_EINVAL); /* its own, but no file */
    CHECK(mmp_name_PD(99, "nobody") == SHOJI_ENOENT && mmp_name_PD(child.pd, "a b") == SHOJI_EINVAL);
    CHECK(mmp_name_PD(child.pd, "abcdefghijklmnopqrstuvwxyz012345") == SHOJI_EINVAL);
    unload(&child, 0);
    unload(&other, 0);
}

/* Who is behind a gate of one's own, and of nobody else's. */
static void who_is_behind(void)
{
    struct child child = load("behind");
    call *add = entry(&child, "child_add");
    char name[SHOJI_NAME_BYTES];

    CHECK(sup_gate_server((uint64_t)add, name) == (long)child.pd && same(name, "behind"));
    CHECK(mmp_name_PD(child.pd, "ahead") == SHOJI_OK);
    CHECK(sup_gate_server((uint64_t)add, name) == (long)child.pd && same(name, "ahead"));
    CHECK(sup_gate_server((uint64_t)hidden_who, name) == HIDDEN && same(name, "hidden"));
    CHECK(sup_gate_server((uint64_t)sup_gate_server, name) == SHOJI_ENOENT);
    CHECK(sup_gate_server((uint64_t)add + 8, name) == SHOJI_EINVAL);
    CHECK(sup_gate_server((uint64_t)name, name) == SHOJI_EINVAL);
    CHECK(sup_gate_server((uint64_t)add, (char *)child_file) == SHOJI_EINVAL);
    unload(&child, 0);
    CHECK(sup_gate_server((uint64_t)add, name) == SHOJI_ENOENT);
}

SHOJI_EXPORT long component_init(component_t self)
{
    CHECK(self == LOADER);
    passed_by_name();
    renamed();
    told_of_its_file();
    who_is_behind();
    calls_both_ways();
    refusals();
    gates_that_close();
    generations();
    freed_by_its_caller();
    too_deep();
    everything_used_up();
    hostile_files();
    sup_console_write(3, 0x0a6470, 0, 0, 0); /* "pd\n" */
    sup_exit(0);
    return SHOJI_EINVAL;
}
