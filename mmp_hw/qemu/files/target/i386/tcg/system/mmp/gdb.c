/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The MMP unit's registers as gdb sees them: gdb-xml/i386-mmp.xml, in that order. They cannot be written.
 */
#include "qemu/osdep.h"
#include "cpu.h"
#include "exec/gdbstub.h"
#include "gdbstub/helpers.h"
#include "unit.h"

static int gdb_get(CPUState *cs, GByteArray *buf, int reg)
{
    const struct mmp_state *s = mmp_state_of(cpu_env(cs));

    switch (reg) {
    case 0:
        return gdb_get_reg32(buf, s->pdid);
    case 1:
        return gdb_get_reg32(buf, s->pdid == MMP_PD_SUPERVISOR ? 0 : s->root);
    case 2:
        return gdb_get_reg64(buf, s->fb);
    case 3:
        return gdb_get_reg64(buf, s->sl);
    case 4:
        return gdb_get_reg64(buf, s->xsp);
    case 5:
        return gdb_get_reg64(buf, s->xbase);
    case 6:
        return gdb_get_reg64(buf, s->xlimit);
    case 7:
        return gdb_get_reg64(buf, s->stack);
    default:
        return 0;
    }
}

static int gdb_set(CPUState *cs, uint8_t *buf, int reg)
{
    return reg <= 1 ? 4 : reg <= 7 ? 8 : 0;
}

void mmp_gdb_init(CPUState *cs)
{
    gdb_register_coprocessor(cs, gdb_get, gdb_set, gdb_find_static_feature("i386-mmp.xml"), 0);
}
