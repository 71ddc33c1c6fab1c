/* SPDX-License-Identifier: BSD-2-Clause
 * What the components of this test offer each other. */
#ifndef PD_H
#define PD_H

#include "export.h"

enum { LOADER = 1, SERVER = 4, HIDDEN = 5 };
enum { NONE, READ, WRITE, EXECUTE, TRANSITIVE = SUP_PERM_TRANSITIVE };

/* server: who called; and what it may do */
long server_who(void);
long server_load(uint64_t address);
long server_store(uint64_t address, uint32_t value);
long server_call(uint64_t gate);
long server_own(uint64_t address, uint64_t bytes, uint32_t perm, component_t to); /* mmp_set_perm */
long server_pass(uint64_t address, uint64_t bytes, component_t to);               /* mmp_mem_chown */
long server_join(component_t group);
long server_leave(component_t group);
long hidden_who(void);
long hidden_load(uint64_t address);

/* loader, for what it has loaded */
long loader_back(long value);
long loader_deep(long value); /* calls the child that calls it, till one of them may not any more */
long loader_end(void);        /* frees the domain that calls it */

#endif
