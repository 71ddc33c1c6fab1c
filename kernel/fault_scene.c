/* SPDX-License-Identifier: BSD-2-Clause
 *
 * 1. Nothing that the component could have written is believed: who ran is told by frames, gates and domains.
 */
#include "fault_scene.h"

#include <stddef.h>

#include "cpu/interrupt.h"
#include "layout/layout.h"
#include "system.h"
#include "thread.h"

unsigned scene_component_at(uint64_t address)
{
    unsigned slot = address >> 32 == 0 ? layout_slot_of((uint32_t)address) : NO_SLOT;

    return system_has(slot) ? slot : NO_COMPONENT;
}

/* Code of a component outside the domain cannot have run; then it is whoever was entered last. */
static unsigned component_running(const struct scene *scene)
{
    unsigned component = scene_component_at(scene->registers->rip);

    if (component != NO_COMPONENT && (layout_members(scene->pd) >> component & 1) != 0)
        return component;
    if (scene->at_base)
        return scene->thread->component;
    return scene_component_at(gate_read((uint32_t)scene->call.gate).target);
}

struct scene scene_look(const struct registers *registers)
{
    struct scene scene = {.registers = registers, .thread = thread_current()};

    call_stack_save(&scene.thread->stack);
    scene.interrupted = call_stack_frame(&scene.thread->stack, 0);
    scene.call = call_stack_frame(&scene.thread->stack, 1);
    scene.at_base = scene.call.gate == 0;
    scene.pd = pd_named((struct pd_id){scene.interrupted.id});
    scene.component = component_running(&scene);
    return scene;
}

unsigned scene_budget(unsigned component)
{
    return system_state.manifest.components[component].time_ms / (1000 / TIMER_HZ);
}
