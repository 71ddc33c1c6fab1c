/* SPDX-License-Identifier: BSD-2-Clause
 *
 * differential SEED FIRST COUNT           a line for each program: its number, the model's and the oracle's
 * result differential SEED NUMBER program        the program differential SEED NUMBER model|oracle   what is
 * seen after each of its exceptions
 *
 * A fifth word is a mask of operations that are left out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "interpreter.h"
#include "program.h"

int main(int argc, char **argv)
{
    uint64_t seed, first;

    if (argc != 4 && argc != 5)
        return 2;
    program_without = argc == 5 ? strtoull(argv[4], NULL, 0) : 0;
    setvbuf(stdout, NULL, _IOLBF, 0); /* nothing is lost should the interpreter give up */
    seed = strtoull(argv[1], NULL, 0);
    first = strtoull(argv[2], NULL, 0);
    if (strcmp(argv[3], "program") == 0) {
        static struct program program;

        program_generate(&program, seed, first);
        program_print(&program);
        return 0;
    }
    if (strcmp(argv[3], "model") == 0 || strcmp(argv[3], "oracle") == 0) {
        verbose = true;
        interpret(argv[3][0] == 'm' ? &engine_model : &engine_oracle, seed, first);
        return 0;
    }
    for (uint64_t i = first; i < first + strtoull(argv[3], NULL, 0); i++) {
        unsigned long long model = interpret(&engine_model, seed, i),
                           oracle = interpret(&engine_oracle, seed, i);

        printf("%llu %016llx %016llx\n", (unsigned long long)i, model, oracle);
    }
    return 0;
}
