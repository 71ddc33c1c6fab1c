/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Loads the components: images, rights, pools, and the symbols by which they reach each other.
 *
 * 1. A component gets rights to its own slot, to the pools that the manifest gives it, and to nothing else.
 * 2. A gate is made only where an edge of the manifest allows it, one for each (client, function asked for).
 * 3. component_init, component_gone, the upcall and the entries of threads are the kernel's to call: no gate
 * leads to them.
 * 4. Linking a component again finds each of its gates where it was made: they lie in the order of its
 * symbols.
 */
#include "loader/loader.h"

#include "layout/layout.h"
#include "panic.h"
#include "supervisor/pages.h"
#include "shoji/status.h"
#include "supervisor/words.h"
#include "text.h"

#define FAIL(error, ...) (text_format((error)->text, sizeof(error)->text, __VA_ARGS__), false)

static uint32_t symbol_values[ELF_SYMBOLS]; /* of the component that is being linked */

/* What a component offers, for look-ups by name: hashes first. */
#define OFFERS 8192u
struct offer {
    uint32_t hash, symbol;
};
static struct offer offers[OFFERS];
static uint32_t offers_from[MANIFEST_SLOTS + 1];

static uint32_t name_hash(const char *name)
{
    uint32_t hash = 5381;

    while (*name != '\0')
        hash = hash * 33 + (unsigned char)*name++;
    return hash;
}

/* ---- Images ---- */

static const struct boot_file *file_find(const struct boot_file *files, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++) {
        int length = 0;

        while (length < files[i].name_length && name[length] != '\0' && files[i].name[length] == name[length])
            length++;
        if (length == files[i].name_length && name[length] == '\0')
            return &files[i];
    }
    return NULL;
}

/* How far into its slot an image begins, with so many bytes to spare. */
static uint32_t colour(unsigned index, uint32_t room)
{
    return index * SLOT_COLOUR % (room / PAGE_BYTES * PAGE_BYTES + PAGE_BYTES);
}

/* How many pages the supervisor may have to keep word by word for the components up to this one. */
static uint32_t pages_kept(unsigned last)
{
    uint32_t pages = 0;

    for (unsigned i = 0; i <= last; i++)
        if (system_state.manifest.components[i].heap == MANIFEST_HEAP_GUARD)
            pages += system_state.manifest.components[i].memory / PAGE_BYTES;
    return pages;
}

static bool image_load(unsigned index, const struct boot_file *files, unsigned count,
                       struct loader_error *error)
{
    const struct manifest_component *said = &system_state.manifest.components[index];
    struct component *component = &system_state.components[index];
    const struct boot_file *file = file_find(files, count, said->image);
    uint32_t offers_next = offers_from[index];
    const char *wrong;

    if (file == NULL)
        return FAIL(error, "component %s: no boot module %s", said->name, said->image);
    wrong = elf_open(&component->file, file->bytes, file->size, GATES_OFFSET);
    if (wrong != NULL)
        return FAIL(error, "component %s: %s: %s", said->name, said->image, wrong);
    if (said->heap == MANIFEST_HEAP_GUARD && pages_kept(index) > WORDS_PAGES_MAX)
        return FAIL(error, "component %s: budgets of components with `heap guard` are more than %uM together",
                    said->name, WORDS_PAGES_MAX * PAGE_BYTES >> 20);
    if (component->file.image_bytes + (uint64_t)said->memory > GATES_OFFSET)
        return FAIL(error, "component %s: image (%uK) and budget (%uK) are more than the %uK of a slot",
                    said->name, component->file.image_bytes >> 10, said->memory >> 10, GATES_OFFSET >> 10);
    component->base = ARENA_BASE + index * SLOT_BYTES +
                      colour(index, GATES_OFFSET - component->file.image_bytes - said->memory);
    component->gates = ARENA_BASE + index * SLOT_BYTES + GATES_OFFSET + index % GATE_COLOURS * PAGE_BYTES;
    component->heap_base = component->heap_next = component->base + component->file.image_bytes;
    component->heap_end = component->heap_base + said->memory;
    component->budget = said->memory;
    component->parent = NO_COMPONENT;
    pages_give(component->base, component->file.image_bytes, index);
    if (layout_component_add(index, said->id) != SHOJI_OK)
        return FAIL(error, "component %s: no memory for its tables", said->name);
    elf_load(&component->file, (uint8_t *)(uintptr_t)component->base);
    for (uint32_t i = 0; i < component->file.symbols.count; i++) {
        struct elf_symbol symbol = elf_symbol(&component->file, i);

        if (!symbol.offered)
            continue;
        if (offers_next == OFFERS)
            return FAIL(error, "component %s: more exported functions than the kernel has room for",
                        said->name);
        offers[offers_next++] = (struct offer){name_hash(symbol.name), i};
    }
    offers_from[index + 1] = offers_next;
    return true;
}

static bool rights_set(unsigned index, struct loader_error *error)
{
    const struct component *component = &system_state.components[index];
    struct view view = layout_view(index, index);
    uint32_t gates = component->gates;

    for (unsigned i = 0; i < component->file.segment_count; i++) {
        const struct elf_segment *segment = &component->file.segments[i];
        uint32_t pages = (segment->bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);

        view_set(view, component->base + segment->address, pages, segment->right);
    }
    if (component->gate_count != 0) {
        if (view_reserve(view, gates, component->gate_count * GATE_BYTES) != SHOJI_OK)
            return FAIL(error, "component %s: no memory for its tables", system_name(index));
        view_set(view, gates, component->gate_count * GATE_BYTES, RIGHT_EXECUTE);
    }
    return true;
}

static void pools_grant(void)
{
    const struct manifest *manifest = &system_state.manifest;

    for (unsigned i = 0; i < manifest->pool_count; i++) {
        const struct manifest_pool *pool = &manifest->pools[i];
        unsigned slot = manifest->component_count + i;

        for (unsigned c = 0; c < manifest->component_count; c++) {
            if ((pool->writers >> c & 1) != 0)
                layout_grant(c, slot, view_uniform(pool->bytes, RIGHT_WRITE));
            if ((pool->readers >> c & 1) != 0)
                layout_grant(c, slot, view_uniform(pool->bytes, RIGHT_READ));
        }
        __builtin_memset((void *)(uintptr_t)(ARENA_BASE + slot * SLOT_BYTES), 0, pool->bytes);
    }
}

/* ---- Symbols ---- */

uint32_t loader_function(unsigned component, const char *name)
{
    uint32_t hash = name_hash(name);

    for (uint32_t i = offers_from[component]; i < offers_from[component + 1]; i++) {
        if (offers[i].hash != hash)
            continue;
        struct elf_symbol symbol = elf_symbol(&system_state.components[component].file, offers[i].symbol);

        if (text_equal(symbol.name, name))
            return system_state.components[component].base + symbol.value;
    }
    return 0;
}

/* Does the kernel keep this function of the server's to itself? */
static bool is_entry(unsigned server, const char *name)
{
    const struct manifest *manifest = &system_state.manifest;

    if (text_equal(name, "component_init") || text_equal(name, "component_gone") ||
        text_equal(name, "sched_upcall"))
        return true;
    for (unsigned i = 0; i < manifest->thread_count; i++)
        if (manifest->threads[i].component == server && text_equal(name, manifest->threads[i].entry))
            return true;
    return false;
}

/* Has the client, or a device of its, anything of the pool? */
static bool pool_concerns(unsigned client, unsigned pool)
{
    const struct manifest *manifest = &system_state.manifest;

    for (unsigned i = 0; i < manifest->device_count; i++)
        if (manifest->devices[i].component == client && manifest->devices[i].pool == pool)
            return true;
    return ((manifest->pools[pool].writers | manifest->pools[pool].readers | manifest->pools[pool].knowers) >>
                client &
            1) != 0;
}

bool loader_keeps(unsigned component, uint32_t function)
{
    const struct component *it = &system_state.components[component];

    for (uint32_t i = offers_from[component]; i < offers_from[component + 1]; i++) {
        struct elf_symbol symbol = elf_symbol(&it->file, offers[i].symbol);

        if (it->base + symbol.value == function && is_entry(component, symbol.name))
            return true;
    }
    return false;
}

/* pool_NAME and pool_NAME_end, if the manifest gives the client that pool, or its device a part of it. 0: not
 * such a symbol. */
static uint32_t pool_symbol(unsigned client, const char *name)
{
    const struct manifest *manifest = &system_state.manifest;

    for (unsigned i = 0; i < manifest->pool_count; i++) {
        const struct manifest_pool *pool = &manifest->pools[i];
        uint32_t base = ARENA_BASE + (manifest->component_count + i) * SLOT_BYTES;
        char symbol[MANIFEST_NAME_BYTES + 16];

        if (!pool_concerns(client, i))
            continue;
        text_format(symbol, sizeof symbol, "pool_%s", pool->name);
        if (text_equal(name, symbol))
            return base;
        text_format(symbol, sizeof symbol, "pool_%s_end", pool->name);
        if (text_equal(name, symbol))
            return base + pool->bytes;
    }
    return 0;
}

/* A client's name for a server's function, without the edge's prefix; NULL if it does not begin with it. */
static const char *unprefixed(const char *name, const char *prefix)
{
    for (; *prefix != '\0'; prefix++)
        if (*name++ != *prefix)
            return NULL;
    return name;
}

/* The supervisor's call of this name, if it is in the group. */
static bool call_find(const struct loader_call *calls, const char *group, const char *name, struct gate *out)
{
    for (const struct loader_call *call = calls; call->name != NULL; call++)
        if (text_equal(call->group, group) && text_equal(call->name, name)) {
            out->target = (uint32_t)(uintptr_t)call->entry;
            out->server = PD_SUPERVISOR_ID;
            return true;
        }
    return false;
}

/* each_N_FUNCTION asks for the FUNCTION of the N-th, from 0, of those servers that offer it: returns
 * FUNCTION, and N. Other names ask for the first one's. */
static const char *each_read(const char *name, unsigned *number)
{
    const char *rest = unprefixed(name, "each_"), *digits = rest;

    *number = 0;
    if (rest == NULL)
        return name;
    for (; *rest >= '0' && *rest <= '9' && *number < MANIFEST_SLOTS; rest++)
        *number = *number * 10 + (unsigned)(*rest - '0');
    if (rest != digits && *rest == '_')
        return rest + 1;
    *number = 0;
    return name;
}

/* Where a gate for this symbol would lead. False: no edge of the client's allows it. */
static bool target_find(unsigned client, const char *name, const struct loader_call *calls, struct gate *out)
{
    const struct manifest *manifest = &system_state.manifest;
    unsigned before;
    const char *wanted = each_read(name, &before);

    for (unsigned i = 0; i < manifest->edge_count; i++) {
        const struct manifest_edge *edge = &manifest->edges[i];
        const char *function = unprefixed(wanted, edge->prefix);

        if (edge->client != client || function == NULL)
            continue;
        if (edge->server == MANIFEST_SUPERVISOR) {
            if (call_find(calls, manifest_groups[edge->group], name, out))
                return true;
        } else if ((out->target = loader_function(edge->server, function)) != 0 &&
                   !is_entry(edge->server, function) && before-- == 0) {
            out->server = pd_home(manifest->components[edge->server].id);
            return true;
        }
    }
    return false;
}

/* gates_next: how many of the client's gates the symbols before this one needed. */
static bool symbol_resolve(unsigned client, const struct elf_symbol *symbol, const struct loader_call *calls,
                           uint32_t *gates_next, uint32_t *value, struct loader_error *error)
{
    struct component *component = &system_state.components[client];
    struct gate gate = {.badge = system_state.manifest.components[client].id};

    if (symbol->defined) {
        *value = component->base + symbol->value;
        return true;
    }
    if (symbol->name[0] == '\0') {
        *value = 0;
        return true;
    }
    if (text_equal(symbol->name, "shoji_global")) {
        *value = GLOBAL_BASE;
        return true;
    }
    if (text_equal(symbol->name, "shoji_heap")) {
        *value = system_state.manifest.components[client].heap;
        return true;
    }
    *value = pool_symbol(client, symbol->name);
    if (*value != 0)
        return true;
    if (!target_find(client, symbol->name, calls, &gate)) {
        if (symbol->weak)
            return true;
        return FAIL(error,
                    "component %s: symbol %s: no edge of the manifest leads to a component that offers it",
                    system_name(client), symbol->name);
    }
    *value = component->gates + *gates_next * GATE_BYTES;
    if ((*gates_next)++ < component->gate_count)
        return true;
    if (component->gate_count == GATES_PER_COMPONENT)
        return FAIL(error, "component %s: more than %u gates", system_name(client), GATES_PER_COMPONENT);
    component->gate_count++;
    gate_write(*value, &gate);
    return true;
}

static bool component_link(unsigned client, const struct loader_call *calls, struct loader_error *error)
{
    const struct component *component = &system_state.components[client];
    const struct elf_file *file = &component->file;
    uint32_t gates_next = 0;

    for (uint32_t i = 0; i < file->symbols.count; i++) {
        struct elf_symbol symbol = elf_symbol(file, i);

        if (!symbol_resolve(client, &symbol, calls, &gates_next, &symbol_values[i], error))
            return false;
    }
    for (unsigned table = 0; table < 2; table++)
        for (uint32_t i = 0; i < file->relocations[table].count; i++) {
            struct elf_relocation relocation = elf_relocation(file, table, i);
            uint64_t value =
                relocation.kind == ELF_RELATIVE ? component->base : symbol_values[relocation.symbol];

            if (relocation.kind != ELF_SLOT)
                value += relocation.addend;
            __builtin_memcpy((void *)(uintptr_t)(component->base + relocation.offset), &value, sizeof value);
        }
    return true;
}

void loader_reload(unsigned component, const struct loader_call *calls, bool keep)
{
    const struct component *it = &system_state.components[component];
    struct loader_error error;

    elf_load_data(&it->file, (uint8_t *)(uintptr_t)it->base, keep);
    ASSERT(component_link(component, calls, &error), "what could be linked once can be linked again");
}

bool loader_run(const struct boot_file *files, unsigned count, const struct loader_call *calls,
                struct loader_error *error)
{
    const struct manifest *manifest = &system_state.manifest;

    __builtin_memset(system_state.index_of_id, NO_COMPONENT, sizeof system_state.index_of_id);
    system_state.scheduler = NO_COMPONENT;
    for (unsigned i = 0; i < manifest->component_count; i++) {
        system_state.index_of_id[manifest->components[i].id] = (uint8_t)i;
        system_state.present |= 1ull << i;
        if (!image_load(i, files, count, error))
            return false;
    }
    for (unsigned i = 0; i < manifest->edge_count; i++) {
        const struct manifest_edge *edge = &manifest->edges[i];

        if (edge->server != MANIFEST_SUPERVISOR || !text_equal(manifest_groups[edge->group], "thread"))
            continue;
        if (system_state.scheduler != NO_COMPONENT)
            return FAIL(error, "component %s: %s has supervisor:thread already, and there is one scheduler",
                        system_name(edge->client), system_name(system_state.scheduler));
        system_state.scheduler = edge->client;
    }
    for (unsigned i = 0; i < manifest->component_count; i++)
        if (!component_link(i, calls, error) || !rights_set(i, error))
            return false;
    pools_grant();
    return true;
}
