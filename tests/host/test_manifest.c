/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The manifest's reader: each kind of line, each refusal with its line and words, and input that is none.
 */
// links: kernel/manifest.c kernel/text.c tests/host/seeded.c
// includes: kernel tests/host
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "manifest.h"
#include "seeded.h"

static struct manifest manifest;
static struct manifest_error wrong;

/* A copy of exactly that length: a byte read behind it is an error of the sanitizer's. */
static bool parse_bytes(const char *text, size_t bytes)
{
    char *copy = malloc(bytes != 0 ? bytes : 1);
    bool accepted;

    memcpy(copy, text, bytes);
    accepted = manifest_parse(copy, bytes, &manifest, &wrong);
    free(copy);
    return accepted;
}

#define HEAD "system s\ncomponent a 1 a.elf memory 64K\ncomponent b 2 b.elf memory 1M # two\n"

static void accept_text(const char *text)
{
    if (!parse_bytes(text, strlen(text)))
        fail_msg("line %u: %s", wrong.line, wrong.text);
}

/* HEAD has three lines; what follows is line 4. */
static void refuse_line(const char *line, const char *reason)
{
    char text[4000];

    snprintf(text, sizeof text, HEAD "%s\n# end", line);
    assert_false(parse_bytes(text, strlen(text)));
    assert_int_equal(wrong.line, 4);
    if (strstr(wrong.text, reason) == NULL)
        fail_msg("`%s`: `%s` does not tell `%s`", line, wrong.text, reason);
}

static void test_options_of_components(void **state)
{
    (void)state;
    accept_text(
        HEAD "component c 3 c.elf memory 4K heap guard time 20\n"
             "component d 4 c.elf memory 4K time 30 heap slab\ncomponent e 5 c.elf memory 4K heap plain\n");
    assert_int_equal(manifest.components[0].heap, MANIFEST_HEAP_PLAIN);
    assert_int_equal(manifest.components[0].time_ms, MANIFEST_TIME_DEFAULT);
    assert_int_equal(manifest.components[2].heap, MANIFEST_HEAP_GUARD);
    assert_int_equal(manifest.components[2].time_ms, 20);
    assert_int_equal(manifest.components[3].heap, MANIFEST_HEAP_SLAB);
    assert_int_equal(manifest.components[3].time_ms, 30);
    assert_int_equal(manifest.components[4].heap, MANIFEST_HEAP_PLAIN);
    assert_int_equal(manifest.edge_count, 2);
    assert_int_equal(manifest.edges[1].client, 3);
    assert_int_equal(manifest.edges[1].server, MANIFEST_SUPERVISOR);
    assert_string_equal(manifest_groups[manifest.edges[1].group], "heap");
    static const char twice[] = HEAD "component c 3 c.elf memory 4K heap slab\nedge c supervisor:heap\n";
    assert_false(parse_bytes(twice, sizeof twice - 1));
    assert_non_null(strstr(wrong.text, "the edge to `supervisor:heap` is there already"));
}

static void test_accepted(void **state)
{
    (void)state;
    accept_text("# a comment\n\n" HEAD
                "edge a b supervisor:console supervisor:memory\r\n\tedge b supervisor:thread\n"
                "pool p 1M rw a ro b\npool q 512K rw b at a\ndevice a virtio-net\nthread t b t_entry priority 3");
    assert_string_equal(manifest.system, "s");
    assert_int_equal(manifest.component_count, 2);
    assert_string_equal(manifest.components[1].name, "b");
    assert_string_equal(manifest.components[1].image, "b.elf");
    assert_int_equal(manifest.components[1].memory, 1 << 20);
    assert_int_equal(manifest.edge_count, 4);
    assert_int_equal(manifest.edges[0].server, 1);
    assert_int_equal(manifest.edges[1].server, MANIFEST_SUPERVISOR);
    assert_string_equal(manifest_groups[manifest.edges[2].group], "memory");
    assert_int_equal(manifest.pool_count, 2);
    assert_int_equal(manifest.pools[0].writers, 1);
    assert_int_equal(manifest.pools[0].readers, 2);
    assert_int_equal(manifest.pools[0].knowers, 0);
    assert_int_equal(manifest.pools[1].writers, 2);
    assert_int_equal(manifest.pools[1].readers, 0);
    assert_int_equal(manifest.pools[1].knowers, 1);
    assert_int_equal(manifest.device_count, 1);
    assert_int_equal(manifest.thread_count, 1);
    assert_string_equal(manifest.threads[0].entry, "t_entry");
    assert_int_equal(manifest.threads[0].priority, 3);
}

static void test_devices(void **state)
{
    static const char large[] = HEAD "pool p 1M rw a\ndevice b virtio-net checked p rw 512K ro 516K";
    static const char odd[] = HEAD "pool p 1M rw a\ndevice b virtio-net checked p rw 5K ro 0K";

    (void)state;
    accept_text(HEAD "device a virtio-net");
    assert_false(manifest.devices[0].checked);
    assert_int_equal(manifest.devices[0].pool, MANIFEST_NO_POOL);
    accept_text(HEAD "device b virtio-net checked");
    assert_true(manifest.devices[0].checked);
    assert_int_equal(manifest.devices[0].pool, MANIFEST_NO_POOL);
    accept_text(HEAD "pool o 1M rw a\npool p 1M rw a\ndevice b virtio-net checked p rw 4K ro 1020K");
    assert_int_equal(manifest.devices[0].component, 1);
    assert_true(manifest.devices[0].checked);
    assert_int_equal(manifest.devices[0].pool, 1);
    assert_int_equal(manifest.devices[0].writes, 4 << 10);
    assert_int_equal(manifest.devices[0].reads, 1020 << 10);
    assert_false(parse_bytes(large, sizeof large - 1));
    assert_non_null(strstr(wrong.text, "pool `p` has 1024K: less than rw and ro together"));
    assert_false(parse_bytes(odd, sizeof odd - 1));
    assert_non_null(strstr(wrong.text, "multiple of 4K"));
}

static void test_prefixes(void **state)
{
    (void)state;
    accept_text(HEAD "component c 3 b.elf memory 4K\nedge a b c as other_ supervisor:console\nedge b c as "
                     "x2345678901234\n");
    assert_int_equal(manifest.edge_count, 4);
    assert_string_equal(manifest.edges[0].prefix, "");
    assert_int_equal(manifest.edges[1].server, 2);
    assert_string_equal(manifest.edges[1].prefix, "other_");
    assert_int_equal(manifest.edges[2].server, MANIFEST_SUPERVISOR);
    assert_string_equal(manifest.edges[2].prefix, "");
    assert_string_equal(manifest.edges[3].prefix, "x2345678901234");
    accept_text(
        HEAD
        "component c 3 b.elf memory 4K\n"
        "edge a b transitive c as other_ transitive supervisor:pd supervisor:share transitive\nedge b c\n");
    assert_int_equal(manifest.edge_count, 5);
    assert_true(manifest.edges[0].transitive && manifest.edges[1].transitive && manifest.edges[3].transitive);
    assert_false(manifest.edges[2].transitive || manifest.edges[4].transitive);
    assert_string_equal(manifest.edges[1].prefix, "other_");
    assert_string_equal(manifest_groups[manifest.edges[2].group], "pd");
}

static void test_policy_lines(void **state)
{
    static char text[64 * 1024];
    size_t bytes;

    (void)state;
    accept_text(HEAD "  label x a b   # who\nrule r apart a b\r\nweight a risk 3");
    assert_int_equal(manifest.policy_line_count, 3);
    assert_int_equal(manifest.policy_lines[0].bytes, 11);
    assert_memory_equal(manifest.policy_lines[0].text, "label x a b", 11);
    assert_memory_equal(manifest.policy_lines[1].text, "rule r apart a b", manifest.policy_lines[1].bytes);
    assert_int_equal(manifest.policy_lines[2].bytes, sizeof "weight a risk 3" - 1);

    /* The longest line, and as many lines as there may be; then one more. */
    bytes = (size_t)sprintf(text, "%srule %0*d", HEAD, MANIFEST_POLICY_BYTES - 6, 0);
    assert_true(parse_bytes(text, bytes));
    bytes = (size_t)sprintf(text, "%srule %0*d", HEAD, MANIFEST_POLICY_BYTES - 5, 0);
    assert_false(parse_bytes(text, bytes));
    assert_non_null(strstr(wrong.text, "the line is too long"));
    bytes = (size_t)sprintf(text, "%s", HEAD);
    for (unsigned i = 0; i < MANIFEST_POLICY_LINES; i++)
        bytes += (size_t)sprintf(text + bytes, "label l%u a\n", i);
    assert_true(parse_bytes(text, bytes));
    bytes += (size_t)sprintf(text + bytes, "label more a\n");
    assert_false(parse_bytes(text, bytes));
    assert_non_null(strstr(wrong.text, "too many lines"));
}

static void test_webserver(void **state)
{
    static char text[65536];
    FILE *file = fopen("webserver/webserver.manifest", "r");

    (void)state;
    assert_non_null(file);
    size_t bytes = fread(text, 1, sizeof text, file);
    fclose(file);
    if (!parse_bytes(text, bytes))
        fail_msg("line %u: %s", wrong.line, wrong.text);
    assert_int_equal(manifest.component_count, 25);
}

static void test_refused(void **state)
{
    static const struct {
        const char *line, *reason;
    } cases[] = {
        {"componnt c 3 c.elf memory 4K", "no kind of line"},
        {"component c 3 c.elf memory",
         "expected `component NAME ID IMAGE memory BUDGET [time MS] [heap SETTING]`"},
        {"component c 3 c.elf budget 4K", "expected `component"},
        {"component c 3 c.elf memory 4K 4K", "expected `component"},
        {"component c 3 c.elf memory 4K tome 20", "expected `component"},
        {"component c 3 c.elf memory 4K time 19", "time 19: expected at least 20 (ms)"},
        {"component c 3 c.elf memory 4K time 10001", "expected at most 10000"},
        {"component c 3 c.elf memory 4K time x", "`x` is no number"},
        {"component c 3 c.elf memory 4K time", "[time MS] [heap SETTING]"},
        {"component c 3 c.elf memory 4K heap", "[time MS] [heap SETTING]"},
        {"component c 3 c.elf memory 4K heap plane", "heap `plane`: expected plain, slab or guard"},
        {"component c 3 c.elf memory 4K heap slab heap guard", "[time MS] [heap SETTING]"},
        {"component c 0 c.elf memory 4K", "id 0"},
        {"component c 256 c.elf memory 4K", "at most 255"},
        {"component c -1 c.elf memory 4K", "no number"},
        {"component c 99999999999999999999 c.elf memory 4K", "too large"},
        {"component c 2 c.elf memory 4K", "id 2 is b's already"},
        {"component b 3 c.elf memory 4K", "component `b` already"},
        {"component supervisor 3 c.elf memory 4K", "is a word of manifests"},
        {"component as 3 c.elf memory 4K", "is a word of manifests"},
        {"component transitive 3 c.elf memory 4K", "is a word of manifests"},
        {"edge a transitive", "no component `transitive`"},
        {"edge a b transitive transitive", "no component `transitive`"},
        {"edge a b transitive as x", "no component `as`"},
        {"component c-d 3 c.elf memory 4K", "no name"},
        {"component c2345678901234567890123456789012 3 c.elf memory 4K", "too long"},
        {"component c 3 c.elf memory 4", "no size"},
        {"component c 3 c.elf memory K", "no size"},
        {"component c 3 c.elf memory 4G", "no size"},
        {"component c 3 c.elf memory 5K", "multiple of 4K"},
        {"component c 3 c.elf memory 4M", "too large"},
        {"component c 3 c.elf memory 4294967300K", "too large"},
        {"edge a", "expected `edge CLIENT SERVER...`"},
        {"edge a c", "no component `c`"},
        {"edge c a", "no component `c`"},
        {"edge a a", "edge to itself"},
        {"edge a b b", "there already"},
        {"edge a as", "no component `as`"},
        {"edge a b as", "expected a prefix behind `as`"},
        {"edge a b as x as y", "no component `as`"},
        {"edge a b as x-", "no name"},
        {"edge a b as x234567890123456", "at most 15"},
        {"edge a b as x b", "there already"},
        {"edge a supervisor:console as x", "the supervisor's calls have no prefix"},
        {"edge a supervisor:root", "no group `root`"},
        {"edge a supervisor:", "no component"},
        {"edge a supervisor", "no component"},
        {"pool p 1M", "expected `pool"},
        {"pool p 1M ro a", "expected `pool"},
        {"pool p 1M rw ro a", "nobody may write"},
        {"pool p 1M rw a ro a", "named twice"},
        {"pool p 1M rw a at a", "named twice"},
        {"pool p 1M at a", "expected `pool"},
        {"pool p 0K rw a", "empty"},
        {"pool p 256K rw a", "multiple of 512K"},
        {"pool p 5M rw a", "too large"},
        {"pool p 1M rw c", "no component `c`"},
        {"device a", "expected `device"},
        {"device a e1000", "expected virtio-net"},
        {"device c virtio-net", "no component `c`"},
        {"device a virtio-net check", "expected `device"},
        {"device a virtio-net checked p", "expected `device"},
        {"device a virtio-net checked p ro 4K rw 4K", "expected `device"},
        {"device a virtio-net checked p rw 4K ro 4K", "no pool `p`"},
        {"thread t a f", "expected `thread"},
        {"thread t a f priority 32", "at most 31"},
        {"thread t c f priority 1", "no component `c`"},
        {"thread t a f:g priority 1", "no name"},
        {"system t", "a name already"},
        {"edge \x01", "printable"},
        {"edge a \xc3\xa4", "printable"},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse_line(cases[i].line, cases[i].reason);
}

static void test_order(void **state)
{
    (void)state;
    assert_false(parse_bytes("", 0));
    assert_false(parse_bytes("system s\n", 9));
    assert_false(parse_bytes("component a 1 a.elf memory 4K", 29));
    assert_non_null(strstr(wrong.text, "system"));
    static const char late[] = HEAD "pool p 1M rw a\ncomponent c 3 c.elf memory 4K";
    assert_false(parse_bytes(late, sizeof late - 1));
    assert_int_equal(wrong.line, 5);
    assert_non_null(strstr(wrong.text, "before pools"));
}

static void test_too_many(void **state)
{
    static char text[200000];
    int at = sprintf(text, "system s\n");

    (void)state;
    for (int i = 1; i <= 60; i++)
        at += sprintf(text + at, "component c%d %d c.elf memory 4K\n", i, i);
    assert_true(parse_bytes(text, (size_t)at));
    int full = at;
    at += sprintf(text + at, "pool p 1M rw c1\n");
    assert_false(parse_bytes(text, (size_t)at));
    assert_int_equal(wrong.line, 62);
    at = full;
    for (int client = 1; client <= 9; client++) {
        at += sprintf(text + at, "edge c%d", client);
        for (int server = 1; server <= 60; server++)
            if (server != client)
                at += sprintf(text + at, " c%d", server);
        at += sprintf(text + at, "\n");
    }
    assert_false(parse_bytes(text, (size_t)at));
    assert_non_null(strstr(wrong.text, "too many edges"));
    at = full;
    for (int i = 0; i < 63; i++)
        at += sprintf(text + at, "thread t%d c1 f priority 1\n", i);
    assert_false(parse_bytes(text, (size_t)at));
    assert_non_null(strstr(wrong.text, "too many threads"));
    at = full;
    for (int i = 0; i < 70; i++)
        at += sprintf(text + at, "%s", "edge ");
    assert_false(parse_bytes(text, (size_t)at));
    assert_non_null(strstr(wrong.text, "words"));
}

/* Whatever comes: an answer, and no byte outside what was given. */
static void test_hostile(void **state)
{
    static const char *const words[] = {
        "system",     "component", "edge",         "pool", "device",     "thread", "priority",
        "memory",     "rw",        "ro",           "as",   "transitive", "a",      "b",
        "1",          "4K",        "1M",           "\n",   "\n",         "#",      "supervisor:thread",
        "virtio-net", "s",         "999999999999", "",     "\t"};
    static char text[4096];

    (void)state;
    random_start("hostile");
    for (unsigned round = 0; round < 20000; round++) {
        size_t bytes = 0;

        if (random_one_in(2)) {
            memcpy(text, HEAD, sizeof HEAD - 1);
            bytes = sizeof HEAD - 1;
        }
        for (unsigned i = 0; i < 60; i++) {
            const char *word = words[random_below(sizeof words / sizeof *words)];

            bytes += (size_t)sprintf(text + bytes, "%s ", word);
        }
        for (unsigned i = 0; i < random_below(3); i++)
            text[random_below(bytes)] = (char)random_bits();
        bytes = random_one_in(4) ? random_below(bytes) : bytes;
        if (!parse_bytes(text, bytes)) {
            assert_true(wrong.line >= 1);
            assert_true(strlen(wrong.text) > 0 && strlen(wrong.text) < sizeof wrong.text);
        }
    }
    static char long_word[100000];
    memset(long_word, 'x', sizeof long_word);
    assert_false(parse_bytes(long_word, sizeof long_word));
    memset(long_word, 0, sizeof long_word);
    assert_false(parse_bytes(long_word, sizeof long_word));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),     cmocka_unit_test(test_options_of_components),
        cmocka_unit_test(test_prefixes),     cmocka_unit_test(test_devices),
        cmocka_unit_test(test_policy_lines), cmocka_unit_test(test_webserver),
        cmocka_unit_test(test_refused),      cmocka_unit_test(test_order),
        cmocka_unit_test(test_too_many),     cmocka_unit_test(test_hostile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
