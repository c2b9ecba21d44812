/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounds of the stack: what GCC says of its functions, and small programs, compiled for each core
 * here, whose bound is known by hand or which have none. Files that were cut or changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/command.h"
#include "base/file.h"
#include "folder.h"
#include "random.h"
#include "stack/bound.h"

#define ARENA_BYTES ((size_t)64 << 20)

/* --- What GCC writes --- */

static const char good_graph[] =
    "graph: { title: \"a.c\"\n"
    "node: { title: \"a.c:inner.constprop.0\" label: \"inner\\na.c:3:5\\n168 bytes (static)\" }\n"
    "node: { title: \"outer\" label: \"outer\\na.c:9:5\\n1592 bytes (dynamic)\" }\n"
    "node: { title: \"memset\" label: \"__builtin_memset\\n<built-in>\" shape : ellipse }\n"
    "edge: { sourcename: \"outer\" targetname: \"__indirect_call\" label: \"a.c:4:41\" }\n"
    "edge: { sourcename: \"outer\" targetname: \"memset\" }\n"
    "}\n";

static enum kl_err read_graph(const char *text, size_t bytes, struct kl_callgraph *graph,
                              struct kl_diag *diag)
{
    struct kl_arena *arena = kl_arena_create(ARENA_BYTES);
    /* A copy of the exact size: a sanitizer sees every byte that is read too much. */
    unsigned char *copy = kl_arena_copy(arena, text, bytes ? bytes : 1);
    struct kl_bytes file = {copy, bytes};
    *diag = (struct kl_diag){0};
    enum kl_err err = kl_callgraph_read(file, arena, graph, diag);
    if (err == KL_OK) {
        const struct kl_callgraph_function *inner = kl_callgraph_find(graph, "inner.constprop.0");
        const struct kl_callgraph_function *outer = kl_callgraph_find(graph, "outer");
        assert_true(inner && inner->frame == 168 && !inner->is_dynamic && !inner->calls_pointer);
        assert_true(outer && outer->frame == 1592 && outer->is_dynamic && outer->calls_pointer);
        assert_null(kl_callgraph_find(graph, "memset"));
        assert_null(kl_callgraph_find(graph, "inner"));
    }
    kl_arena_free(arena);
    return err;
}

static void test_graph(void **state)
{
    struct kl_callgraph graph;
    struct kl_diag diag;
    (void)state;
    assert_int_equal(read_graph(good_graph, strlen(good_graph), &graph, &diag), KL_OK);
    /* Without the newline at its end it is still whole; without the bracket it is not. */
    assert_int_equal(read_graph(good_graph, strlen(good_graph) - 1, &graph, &diag), KL_OK);
    for (size_t bytes = 0; bytes + 1 < strlen(good_graph); bytes++) {
        assert_int_equal(read_graph(good_graph, bytes, &graph, &diag), KL_EINPUT);
        assert_non_null(strstr(diag.message, "cut off or malformed"));
    }
}

static void test_malformed_graph(void **state)
{
    static const char *const texts[] = {
        "graph: { title: \"a.c\"\nnode: { title: \"x\" }\n}\n",
        "graph: { title: \"a.c\"\nnode: { title: \"x\" label: \"x }\n}\n",
        "graph: { title: \"a.c\"\nedge: { sourcename: \"x\" }\n}\n",
        "graph: { title: \"a.c\"\nedge: { sourcename: \"x\" targetname: \"__indirect_call\" }\n}\n",
    };
    struct kl_callgraph graph;
    struct kl_diag diag;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(read_graph(texts[i], strlen(texts[i]), &graph, &diag), KL_EINPUT);
    }
}

/* --- Programs --- */

enum { M0, M4, M55, RV32, CORES };

static const struct core {
    const char *compiler, *flags[4];
} cores[CORES] = {
    [M0] = {"arm-none-eabi-gcc", {"-mcpu=cortex-m0", "-mthumb"}},
    [M4] = {"arm-none-eabi-gcc", {"-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard"}},
    [M55] = {"arm-none-eabi-gcc", {"-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard"}},
    [RV32] = {"riscv64-unknown-elf-gcc", {"-march=rv32imac", "-mabi=ilp32", "-mcmodel=medany"}},
};

/* Functions of programs: root is where counting begins, step what it may call by a pointer. */
#define KEEP "__attribute__((noipa)) "
#define USE "void use(volatile char *p) { p[0] = 1; }\n"

struct program {
    const char *what, *source;
    uint32_t bytes[CORES];  /* 0: not tried there */
    const char *refusal;    /* what the message has, where there is no bound */
    bool without_graph;     /* as in a firmware of others */
    const char *more_flags; /* or NULL */
};

static const struct program programs[] = {
    {.what = "a frame and a leaf",
     .source = KEEP USE "void root(void) { volatile char a[100]; use(a); }",
     .bytes = {[M0] = 112, [M4] = 112, [M55] = 112, [RV32] = 128}},
    {.what = "the deeper of two calls",
     .source = KEEP USE KEEP "int low(void) { volatile char a[40]; use(a); return a[1]; }\n" KEEP
                             "int high(void) { volatile char a[400]; use(a); return a[1]; }\n"
                             "int root(int x) { return low() + high() + low() + x; }",
     .bytes = {[M4] = 424, [RV32] = 432}},
    {.what = "a large frame",
     .source = KEEP USE "void root(void) { volatile char a[6000]; use(a); }",
     .bytes = {[M0] = 6008, [M4] = 6008, [M55] = 6008, [RV32] = 6016}},
    {.what = "a large frame, from the code alone",
     .source = KEEP USE "void root(void) { volatile char a[6000]; use(a); }",
     .bytes = {[M0] = 6008, [M4] = 6008, [M55] = 6008, [RV32] = 6016},
     .without_graph = true},
    {.what = "float registers",
     .source = KEEP "float f(float x) { return x; }\n"
                    "float root(float a, float b) { return f(a) + f(b) * f(a + b); }",
     .bytes = {[M4] = 24, [M55] = 24}},
    {.what = "a switch, from the code alone",
     .source = KEEP USE "int root(int n, int x) { volatile char a[64]; use(a); switch (n) {\n"
                        "case 0: return x * 3; case 1: return x ^ 9; case 2: return x + a[1];\n"
                        "case 3: return 8 - x; case 4: return x * x; case 5: return x << 3;\n"
                        "case 6: return ~x; case 7: return x | 5; default: return 1; } }",
     .bytes = {[M0] = 80, [M4] = 80, [RV32] = 80},
     .without_graph = true},
    {.what = "code that runs on into the next function",
     .source =
         "__asm__(\".syntax unified\\n.thumb\\n.text\\n.global root\\n\"\n"
         "\".type root,%function\\n.thumb_func\\nroot: push {r4-r7}\\n pop {r4-r7}\\n\"\n"
         "\".size root,.-root\\n.type next,%function\\n.thumb_func\\nnext: push {r0-r7}\\n\"\n"
         "\"add sp,#32\\n bx lr\\n.size next,.-next\\n\");",
     .bytes = {[M0] = 48, [M4] = 48}},
    {.what = "marks of data at addresses of code, in what is not loaded",
     .source =
         "__asm__(\".syntax unified\\n.thumb\\n.section .notes,\\\"\\\",%progbits\\n\"\n"
         "\"nop\\n.word 0\\n.text\\n.global root\\n.type root,%function\\n.thumb_func\\n\"\n"
         "\"root: nop\\n nop\\n push {r0-r7}\\n add sp,#32\\n bx lr\\n.size root,.-root\\n\");",
     .bytes = {[M0] = 32, [M4] = 32}},
    {.what = "stores that move the stack pointer",
     .source = "__asm__(\".syntax unified\\n.thumb\\n.text\\n.global root\\n\"\n"
               "\".type root,%function\\n.thumb_func\\nroot: str r4,[sp,#-4]!\\n\"\n"
               "\"strd r4,r5,[sp,#-24]!\\n stmdb sp!,{r4,r8}\\n vpush {d8-d9}\\n\"\n"
               "\"subw sp,sp,#100\\n sub.w sp,sp,#256\\n b .\\n.size root,.-root\\n\");",
     .bytes = {[M4] = 408, [M55] = 408}},
    {.what = "calls through a pointer in the root",
     .source = KEEP USE KEEP "void step(void) { volatile char a[96]; use(a); }\n"
                             "void root(void (*const *f)(void)) { f[0](); f[1](); }",
     .bytes = {[M0] = 112, [M4] = 112, [RV32] = 128}},
    {.what = "calls through a pointer elsewhere",
     .source = KEEP "int f(int (*g)(int), int x) { return g(x) + 1; }\n"
                    "int root(int (*g)(int), int x) { return f(g, x) + 2; }",
     .bytes = {1, 1, 1, 1},
     .refusal = "f calls through a pointer"},
    {.what = "a call through a pointer at the end of a function",
     .source = KEEP "int f(int (*const *g)(int), int x) { return g[x](x); }\n"
                    "int root(int (*const *g)(int), int x) { return f(g, x) + 2; }",
     .bytes = {1, 1, 1, 1},
     .refusal = "f calls through a pointer"},
    {.what = "the same, from the code alone",
     .source = KEEP "int f(int (*const *g)(int), int x) { return g[x](x); }\n"
                    "int root(int (*const *g)(int), int x) { return f(g, x) + 2; }",
     .bytes = {1, 1, 1, 1},
     .without_graph = true,
     .refusal = "f calls through a pointer"},
    {.what = "recursion",
     .source = KEEP "int a(int x);\n" KEEP "int b(int x) { return x ? a(x - 1) * x : 1; }\n" KEEP
                    "int a(int x) { return x > 9 ? b(x / 2) + x : x; }\n"
                    "int root(int x) { return a(x) + 1; }",
     .bytes = {1, 1, 1, 1},
     .refusal = "which is recursion"},
    {.what = "a frame of a size that is known at run time",
     .source = KEEP USE "void root(int n) { volatile char a[n]; use(a); }",
     .bytes = {1, 1, 1, 1},
     .refusal = "known at run time only"},
    {.what = "the same, from the code alone",
     .source = KEEP USE "void root(int n) { volatile char a[n]; use(a); }",
     .bytes = {1, 1, 1, 1},
     .without_graph = true,
     .refusal = "so that there is no bound"},
    {.what = "a stack pointer from elsewhere",
     .source = "__attribute__((naked)) void root(void) { __asm__(\"mov sp, r1\\nbx lr\"); }",
     .bytes = {[M0] = 1, [M4] = 1},
     .refusal = "the stack pointer"},
    {.what = "a stack pointer from a special register",
     .source = "__attribute__((naked)) void root(void) { __asm__(\"msr msp, r1\\nbx lr\"); }",
     .bytes = {[M4] = 1},
     .refusal = "the stack pointer"},
    {.what = "frames that the library takes",
     .source = KEEP "int f(int x) { return x; }\n"
                    "int root(int x) { return f(x) + f(x + 1) * f(x + 2); }",
     .bytes = {[RV32] = 1},
     .without_graph = true,
     .more_flags = "-msave-restore",
     .refusal = "-msave-restore"},
};

static void write_source(const char *source)
{
    char path[64];
    struct kl_diag diag = {0};
    snprintf(path, sizeof path, "%s/p.c", kt_folder);
    assert_int_equal(kl_file_write(path, source, strlen(source), &diag), KL_OK);
}

static void build(const struct core *core, const struct program *p)
{
    char elf[64], source[64], dumps[64];
    snprintf(elf, sizeof elf, "%s/p.elf", kt_folder);
    snprintf(source, sizeof source, "%s/p.c", kt_folder);
    snprintf(dumps, sizeof dumps, "%s/", kt_folder);
    /* Debug information has marks of code and data, too, and addresses from 0 on. */
    const char *argv[20] = {
        core->compiler, "-O2", "-g", "-nostdlib", "-Wl,-e,root", "-Wl,-Ttext=0",
        "-dumpdir",     dumps, "-o", elf,         source,        "-fcallgraph-info=su"};
    size_t count = 12;
    for (size_t i = 0; i < 4 && core->flags[i]; i++) {
        argv[count++] = core->flags[i];
    }
    argv[count++] = "-lgcc";
    argv[count] = p->more_flags;
    struct kl_buffer output = KL_BUFFER(65536);
    struct kl_diag diag = {0};
    int status = 1;
    write_source(p->source);
    enum kl_err err = kl_command_run(argv, &output, &status, &diag);
    if (err != KL_OK || status != 0) {
        print_error("%s: %s\n", p->what, output.data ? output.data : diag.message);
    }
    assert_int_equal(status, 0);
    kl_buffer_free(&output);
}

static struct kl_bytes read_built(const char *name, struct kl_arena *arena)
{
    char path[64];
    struct kl_bytes bytes;
    struct kl_diag diag = {0};
    snprintf(path, sizeof path, "%s/%s", kt_folder, name);
    assert_int_equal(kl_file_read(path, ARENA_BYTES / 2, arena, &bytes, &diag), KL_OK);
    return bytes;
}

static enum kl_err bound_program(struct kl_bytes elf, struct kl_bytes graph, struct kl_arena *arena,
                                 struct kl_stack_bound *bound, struct kl_diag *diag)
{
    uint32_t step;
    struct kl_diag ignored = {0};
    bool has_step = kl_elf_symbol(elf, "step", &step, &ignored) == KL_OK;
    const struct kl_stack_question question = {
        .elf = elf, .root = "root", .steps = &step, .step_count = has_step, .callgraph = graph};
    return kl_stack_bound(&question, arena, bound, diag);
}

static int try_program(const struct program *p, int core)
{
    struct kl_arena *arena = kl_arena_create(ARENA_BYTES);
    struct kl_stack_bound bound = {0};
    struct kl_diag diag = {0};
    struct kl_bytes graph = {NULL, 0};
    build(&cores[core], p);
    struct kl_bytes elf = read_built("p.elf", arena);
    if (!p->without_graph) {
        graph = read_built("p.ci", arena);
    }
    enum kl_err err = bound_program(elf, graph, arena, &bound, &diag);
    bool right = p->refusal ? err == KL_EUNSUPPORTED && strstr(diag.message, p->refusal) != NULL
                            : err == KL_OK && bound.bytes == p->bytes[core];
    if (!right) {
        print_error("%s, core %d: %u bytes, '%s'\n", p->what, core, bound.bytes, diag.message);
    }
    kl_arena_free(arena);
    return right ? 0 : 1;
}

static bool has_compilers(void)
{
    return kl_command_exists(cores[M0].compiler) && kl_command_exists(cores[RV32].compiler);
}

static void test_programs(void **state)
{
    int wrong = 0;
    (void)state;
    if (!has_compilers()) {
        skip();
    }
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
        for (int core = 0; core < CORES; core++) {
            wrong += programs[i].bytes[core] ? try_program(&programs[i], core) : 0;
        }
    }
    assert_int_equal(wrong, 0);
}

/* A firmware that was cut or changed gives a bound or a message, and reads nothing else. */
static void test_hostile_firmware(void **state)
{
    struct kt_random random = {.state = 7};
    (void)state;
    if (!has_compilers()) {
        skip();
    }
    for (int core = 0; core < CORES; core++) {
        struct kl_arena *arena = kl_arena_create(ARENA_BYTES);
        build(&cores[core], &programs[1]);
        struct kl_bytes good = read_built("p.elf", arena);
        for (int i = 0; i < 2000; i++) {
            struct kl_arena *scratch = kl_arena_create(ARENA_BYTES);
            struct kl_stack_bound bound;
            struct kl_diag diag = {0};
            size_t bytes =
                i % 4 ? good.size : (size_t)kt_random_between(&random, 0, (int32_t)good.size - 1);
            unsigned char *bad = kl_arena_copy(scratch, good.data, bytes ? bytes : 1);
            for (int k = 0; bytes > 0 && k < 1 + i % 9; k++) {
                bad[kt_random_between(&random, 0, (int32_t)bytes - 1)] ^=
                    (unsigned char)kt_random_between(&random, 1, 255);
            }
            struct kl_bytes elf = {bad, bytes};
            enum kl_err err =
                bound_program(elf, (struct kl_bytes){NULL, 0}, scratch, &bound, &diag);
            assert_true(err == KL_OK || diag.message[0] != '\0');
            kl_arena_free(scratch);
        }
        kl_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_graph),
        cmocka_unit_test(test_malformed_graph),
        cmocka_unit_test(test_programs),
        cmocka_unit_test(test_hostile_firmware),
    };
    return cmocka_run_group_tests(tests, kt_folder_open, kt_folder_close);
}
