/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Boot: from the boot loader's information to the first component, one step after the other; then components
 * run and this file is done. What cannot be had stops the boot with a sentence.
 */
#include <stddef.h>

#include "boot/multiboot.h"
#include "console.h"
#include "cpu/cpu.h"
#include "cpu/interrupt.h"
#include "device/virtio.h"
#include "layout/layout.h"
#include "loader/loader.h"
#include "panic.h"
#include "reboot.h"
#include "scheduling.h"
#include "shoji/supervisor.h"
#include "supervisor/calls.h"
#include "supervisor/stack.h"
#include "system.h"
#include "text.h"
#include "thread.h"

#define FILES_MAX (MANIFEST_SLOTS + 4u)
#define VERSION "0.1"

extern const char kernel_end[];

static struct boot_file files[FILES_MAX];
static unsigned next_init; /* component whose component_init comes next */

void kernel_main(uint32_t magic, const struct multiboot_info *info);

/* ---- Boot modules ---- */

static void file_name(struct boot_file *file, const char *command_line)
{
    const char *name = command_line, *end = command_line;

    while (*end != '\0' && *end != ' ')
        if (*end++ == '/')
            name = end;
    file->name = name;
    file->name_length = (int)(end - name);
}

static unsigned files_find(const struct multiboot_info *info)
{
    const struct multiboot_module *modules = (const struct multiboot_module *)(uintptr_t)info->modules;

    if ((info->flags & MULTIBOOT_HAS_MODULES) == 0 || info->module_count == 0)
        panic("no boot modules: the first is the manifest, the others are its components' files");
    if (info->module_count > FILES_MAX)
        panic("%u boot modules: at most %u", info->module_count, FILES_MAX);
    for (unsigned i = 0; i < info->module_count; i++) {
        file_name(&files[i], (const char *)(uintptr_t)modules[i].command_line);
        files[i].bytes = (const uint8_t *)(uintptr_t)modules[i].from;
        files[i].size = modules[i].end - modules[i].from;
        if (modules[i].from < (uintptr_t)kernel_end || modules[i].end > MODULES_END ||
            modules[i].from > modules[i].end)
            panic("boot module %.*s lies at 0x%x: expected between the kernel and 0x%x", files[i].name_length,
                  files[i].name, modules[i].from, MODULES_END);
    }
    return info->module_count;
}

/* ---- The steps ---- */

static void memory_check(const struct multiboot_info *info)
{
    uint64_t end = 0x100000 + (uint64_t)info->memory_high * 1024;

    if ((info->flags & MULTIBOOT_HAS_MEMORY) == 0 || end < ARENA_END)
        panic("%lu MiB of memory: needs %u MiB (-m 512M)", end >> 20, MEMORY_NEEDED >> 20);
    console_print("memory: %lu MiB, kernel %u KiB\n", end >> 20,
                  ((uint32_t)(uintptr_t)kernel_end - KERNEL_BASE) >> 10);
}

static void global_start(void)
{
    struct shoji_global *global = (struct shoji_global *)(uintptr_t)GLOBAL_BASE;
    struct view view;
    long status = view_create(&view);

    ASSERT(status == SHOJI_OK, "there are tables at boot");
    __builtin_memset((void *)global, 0, PAGE_BYTES);
    global->tick_us = 1000000 / TIMER_HZ;
    view_set(view, GLOBAL_BASE, PAGE_BYTES, RIGHT_READ);
    protection_global(GLOBAL_BASE / SLOT_BYTES, view);
}

static void devices_start(void)
{
    const struct manifest *manifest = &system_state.manifest;

    for (unsigned i = 0; i < manifest->device_count; i++) {
        const char *wrong = virtio_net_start(&manifest->devices[i]);

        if (wrong != NULL)
            panic("device %s of %s: %s", manifest->devices[i].kind,
                  system_name(manifest->devices[i].component), wrong);
    }
}

static void threads_make(void)
{
    const struct manifest *manifest = &system_state.manifest;

    if (manifest->thread_count != 0 && system_state.scheduler == NO_COMPONENT)
        panic("the manifest has threads, but no component with an edge to supervisor:thread");
    for (unsigned i = 0; i < manifest->thread_count; i++) {
        const struct manifest_thread *thread = &manifest->threads[i];
        uint32_t entry = loader_function(thread->component, thread->entry);

        if (entry == 0)
            panic("thread %s: component %s exports no function %s", thread->name,
                  system_name(thread->component), thread->entry);
        if (thread_create(thread->name, thread->component, entry, thread->priority) == NULL)
            panic("thread %s: no room", thread->name);
    }
    reboot_prepare();
}

static void components_print(void)
{
    for (unsigned i = 0; i < system_state.manifest.component_count; i++) {
        const struct component *component = &system_state.components[i];

        console_print("component: %s %u, domain %u at 0x%08x, image %uK, budget %uK, %u gates\n",
                      system_name(i), system_state.manifest.components[i].id, layout_domain(i).number,
                      component->base, component->file.image_bytes >> 10, component->budget >> 10,
                      component->gate_count);
    }
}

/* ---- Initialisation of the components, on thread 0 ---- */

static void init_next(void) __attribute__((noreturn));

static void init_next(void)
{
    const struct manifest *manifest = &system_state.manifest;
    struct thread *thread = thread_current();

    if (next_init < manifest->component_count) {
        thread->component = next_init;
        thread->entry = loader_function(next_init, "component_init");
        if (thread->entry == 0)
            panic("component %s: it exports no component_init", system_name(next_init));
        thread->argument = manifest->components[next_init].id;
        thread->interruptible = false;
        thread_begin(thread);
        thread_run(thread, SHOJI_OK);
    }
    console_line_begin();
    console_print("ready\n");
    if (system_state.scheduler == NO_COMPONENT)
        panic("no component has an edge to supervisor:thread: nothing to run after component_init");
    uint32_t upcall = loader_function(system_state.scheduler, "sched_upcall");
    if (upcall == 0)
        panic("component %s: it exports no sched_upcall", system_name(system_state.scheduler));
    timer_start();
    reboot_start();
    scheduling_start(upcall);
}

void thread_base_returned(long status)
{
    struct thread *thread = thread_current();

    stack_returned(status);
    if (reboot_thread_returned(status))
        scheduling_continue();
    if (!thread->interruptible) {
        if (status < 0)
            panic("component %s: component_init returned %ld", system_name(thread->component), status);
        next_init++;
        init_next();
    }
    thread->faults = 0;
    thread_begin(thread);
    scheduling_continue();
}

void kernel_main(uint32_t magic, const struct multiboot_info *info)
{
    struct manifest_error wrong;
    struct loader_error unloaded;
    struct call_stack *first;
    unsigned count;

    console_start();
    console_print("Shoji " VERSION "\n");
    cpu_start();
    if (magic != MULTIBOOT_LOADED)
        panic("not started by a multiboot loader");
    if (!protection_present())
        panic("this processor has no MMP. Shoji needs -cpu mmp: start it with `make run`");
    memory_check(info);
    count = files_find(info);
    if (!manifest_parse((const char *)files[0].bytes, files[0].size, &system_state.manifest, &wrong))
        panic("%.*s:%u: %s", files[0].name_length, files[0].name, wrong.line, wrong.text);
    layout_reset();
    global_start();
    if (!loader_run(files + 1, count - 1, supervisor_calls, &unloaded))
        panic("%s", unloaded.text);
    interrupts_start();
    devices_start();
    first = threads_start();
    threads_make();
    components_print();
    protection_start(first, SUPERVISOR_STACK_END);
    init_next();
}
