#include "trace/trace-target_i386_tcg_system_mmp.h"
