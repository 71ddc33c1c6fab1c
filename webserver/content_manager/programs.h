/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The programs that content_manager knows (interface/program.h), by name.
 */
#ifndef CONTENT_MANAGER_PROGRAMS_H
#define CONTENT_MANAGER_PROGRAMS_H

#include <stdbool.h>

#include "content.h"

/* Those to which an edge of the manifest leads; `self` is content_manager. SHOJI_OK, also if some have no
 * room: the console says which. */
long programs_begin(component_t self);
/* The program behind a gate of ours answers under its component's name from now on, in place of another of
 * that name, which begins no request any more. SHOJI_EINVAL: no gate; SHOJI_ENOENT: nobody is behind it;
 * SHOJI_EMEMORY: too many. */
long programs_add(uint64_t gate);
/* One that is held begins no request, its clients get 500. SHOJI_EBUSY: it is in one. SHOJI_ENOENT: not
 * known. */
long programs_hold(uint64_t gate, bool hold);
/* It begins no request any more; SHOJI_EBUSY: it is in one, ask again. SHOJI_ENOENT: not known, or ended
 * already. */
long programs_end(uint64_t gate);
/* A component has failed, or is no more: in that case its program ends. */
void programs_gone(component_t component);
/* A request in `piece`, of this shape; `path` is what follows /cgi/ in it. The reply is in the piece, and the
 * result is content_get's. */
long programs_answer(char *piece, const char *path, uint64_t path_bytes, uint64_t shape);

#endif
