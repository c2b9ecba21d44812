/* SPDX-License-Identifier: Apache-2.0 */
#include "stack/bound.h"

#include <string.h>

#include "stack/code.h"

/* Code that is read in all, and calls in it: far beyond any firmware. */
enum { MOST_CODE_BYTES = 64 << 20, MOST_CALL_BYTES = 64 << 20 };
enum state { UNSEEN, OPEN, DONE };

/* A function, as far as the search has come. */
struct node {
    enum state state;
    uint32_t frame;
    size_t first, end; /* its calls, in the list of all */
    size_t next;       /* the call to look at */
    size_t caller;     /* while it is open; its own number: none */
    uint64_t below;    /* the most that one of its calls takes, of those looked at */
    size_t deepest;    /* that one; its own number: none */
};

struct search {
    const struct kl_stack_question *question;
    struct kl_elf_code code;
    struct kl_callgraph graph;
    struct kl_arena *arena;
    struct node *nodes;      /* one for each function */
    struct kl_buffer calls;  /* numbers of nodes (uint32_t) */
    struct kl_buffer jumped; /* addresses in the function that is being read */
    uint64_t code_bytes;
    struct kl_diag *diag;
};

bool code_word_at(const struct code_scan *scan, uint32_t address, uint32_t *word)
{
    struct kl_diag ignored = {0};
    const unsigned char *at;
    if (kl_elf_data(scan->elf, address, 4, &at, &ignored) != KL_OK) {
        return false;
    }
    *word = code_u32(at);
    return true;
}

void code_note_address(struct code_scan *scan, uint32_t address)
{
    uint32_t word;
    bool is_own = code_is_inside(scan, address) ||
                  (code_word_at(scan, address, &word) &&
                   (code_is_inside(scan, word & ~1u) || code_is_inside(scan, word + address)));
    scan->knows_own_addresses = scan->knows_own_addresses || is_own;
}

void code_note_call(struct code_scan *scan, uint32_t target)
{
    scan->runs_on = false; /* a function that ends with a call ends with one that never returns */
    if (!code_is_inside(scan, target) || target == scan->start) {
        kl_buffer_append(scan->callees, &target, sizeof target);
    }
}

void code_note_jump(struct code_scan *scan, uint32_t target)
{
    if (!code_is_inside(scan, target)) {
        kl_buffer_append(scan->callees, &target, sizeof target);
    }
}

void code_note_flaw(struct code_scan *scan, uint32_t at, const char *flaw)
{
    if (!scan->flaw) {
        scan->flaw = flaw;
        scan->flaw_at = at;
    }
}

/* Number of the function that an address lies in; false when there is none. */
static bool find_function(const struct kl_elf_code *code, uint32_t address, size_t *number)
{
    size_t low = 0, high = code->function_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (code->functions[middle].address <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *number = low - 1;
    return low > 0 && address - code->functions[low - 1].address < code->functions[low - 1].bytes;
}

static enum kl_err add_call(struct search *s, uint32_t address, const char *from)
{
    size_t found;
    if (!find_function(&s->code, address, &found)) {
        return kl_fail(s->diag, KL_EUNSUPPORTED,
                       "stack bound: %.80s goes on at 0x%08x, where the file names no function: is "
                       "it stripped?",
                       from, address);
    }
    uint32_t number = (uint32_t)found;
    kl_buffer_append(&s->calls, &number, sizeof number);
    return KL_OK;
}

static enum kl_err refuse(struct search *s, const char *function, const char *what)
{
    return kl_fail(s->diag, KL_EUNSUPPORTED, "stack bound: %.80s %s, so that there is no bound",
                   function, what);
}

/* Read the code of a function. */
static enum kl_err scan_function(struct search *s, const struct kl_elf_function *function,
                                 struct code_scan *scan)
{
    s->code_bytes += function->bytes;
    if (s->code_bytes > MOST_CODE_BYTES) {
        return kl_fail(s->diag, KL_ELIMIT, "stack bound: more than %d MiB of code",
                       MOST_CODE_BYTES >> 20);
    }
    s->jumped.size = 0;
    *scan = (struct code_scan){.elf = s->question->elf,
                               .code = &s->code,
                               .start = function->address,
                               .end = function->address + function->bytes,
                               .callees = &s->jumped};
    KL_TRY(kl_elf_data(scan->elf, scan->start, function->bytes, &scan->bytes, s->diag));
    if (s->code.is_arm) {
        code_scan_thumb(scan);
    } else {
        code_scan_rv32(scan);
    }
    return KL_OK;
}

static enum kl_err settle_frame(struct search *s, const struct code_scan *scan,
                                const struct kl_callgraph_function *compiled, const char *name,
                                struct node *node)
{
    uint64_t frame = scan->frame;
    if (compiled && compiled->is_dynamic) {
        return refuse(s, name, "takes a frame whose size is known at run time only");
    }
    /* The compiler says 0 of a naked function, whatever it does. */
    bool is_mended = compiled && compiled->frame > 0 && compiled->frame >= frame;
    if (scan->flaw && !is_mended) {
        return kl_fail(s->diag, KL_EUNSUPPORTED,
                       "stack bound: %.80s %s at 0x%08x, so that there is no bound", name,
                       scan->flaw, scan->flaw_at);
    }
    frame = compiled && compiled->frame > frame ? compiled->frame : frame;
    if (frame > INT32_MAX) {
        return refuse(s, name, "takes more stack than there are addresses");
    }
    node->frame = (uint32_t)frame;
    return KL_OK;
}

/* Where calls and jumps lead that have their target in a register. */
static enum kl_err settle_pointers(struct search *s, const struct code_scan *scan,
                                   const struct kl_callgraph_function *compiled, const char *name,
                                   bool is_root)
{
    bool is_switch =
        compiled ? !compiled->calls_pointer || scan->calls_pointer : scan->knows_own_addresses;
    if (!scan->calls_pointer && (!scan->jumps_to_register || is_switch)) {
        return KL_OK;
    }
    if (!is_root) {
        return refuse(s, name, "calls through a pointer");
    }
    for (size_t i = 0; i < s->question->step_count; i++) {
        KL_TRY(add_call(s, s->question->steps[i], name));
    }
    return KL_OK;
}

/* Read a function, and list its calls. */
static enum kl_err open_node(struct search *s, size_t number, size_t caller, bool is_root)
{
    struct node *node = &s->nodes[number];
    const struct kl_elf_function *function = &s->code.functions[number];
    const struct kl_callgraph_function *compiled = kl_callgraph_find(&s->graph, function->name);
    struct code_scan scan;
    *node = (struct node){.state = OPEN, .caller = caller, .deepest = number};
    node->first = s->calls.size / sizeof(uint32_t);
    KL_TRY(scan_function(s, function, &scan));
    KL_TRY(settle_frame(s, &scan, compiled, function->name, node));
    for (size_t at = 0; at < s->jumped.size; at += sizeof(uint32_t)) {
        uint32_t address;
        memcpy(&address, s->jumped.data + at, sizeof address);
        KL_TRY(add_call(s, address, function->name));
    }
    if (scan.runs_on) {
        KL_TRY(add_call(s, scan.end, function->name));
    }
    KL_TRY(settle_pointers(s, &scan, compiled, function->name, is_root));
    node->next = node->first;
    node->end = s->calls.size / sizeof(uint32_t);
    return s->calls.failed || s->jumped.failed ? KL_FAIL_MEMORY(s->diag) : KL_OK;
}

/* A call was looked at whole: does it go deeper than those before? */
static void note_depth(struct search *s, size_t caller, size_t called)
{
    uint64_t depth = s->nodes[called].frame + s->nodes[called].below;
    struct node *node = &s->nodes[caller];
    if (depth > node->below || node->deepest == caller) {
        node->below = depth;
        node->deepest = called;
    }
}

static enum kl_err refuse_cycle(struct search *s, size_t caller, size_t called)
{
    const struct kl_elf_function *functions = s->code.functions;
    return kl_fail(s->diag, KL_EUNSUPPORTED,
                   "stack bound: %.80s calls %.80s, which is recursion, so that there is no bound",
                   functions[caller].name, functions[called].name);
}

/* All that is called from one function, without recursion of our own: chains may be long. */
static enum kl_err visit(struct search *s, size_t start, bool is_root)
{
    size_t at = start;
    if (s->nodes[start].state == DONE) {
        return KL_OK;
    }
    KL_TRY(open_node(s, start, start, is_root));
    for (;;) {
        struct node *node = &s->nodes[at];
        if (node->next == node->end) {
            node->state = DONE;
            if (at == start) {
                return KL_OK;
            }
            note_depth(s, node->caller, at);
            at = node->caller;
            continue;
        }
        uint32_t called;
        memcpy(&called, s->calls.data + sizeof called * node->next++, sizeof called);
        if (s->nodes[called].state == OPEN) {
            return refuse_cycle(s, at, called);
        }
        if (s->nodes[called].state == DONE) {
            note_depth(s, at, called);
        } else {
            KL_TRY(open_node(s, called, at, false));
            at = called;
        }
    }
}

static enum kl_err report(struct search *s, size_t deepest, struct kl_stack_bound *bound)
{
    uint64_t total = (uint64_t)s->nodes[deepest].frame + s->nodes[deepest].below;
    uint32_t align = s->code.is_arm ? 8 : 16;
    size_t count = 1;
    if (total > INT32_MAX) {
        return refuse(s, s->code.functions[deepest].name,
                      "takes, with what it calls, more stack than there are addresses");
    }
    for (size_t at = deepest; s->nodes[at].deepest != at; at = s->nodes[at].deepest) {
        count++;
    }
    *bound = (struct kl_stack_bound){.bytes = ((uint32_t)total + align - 1) / align * align,
                                     .chain = KL_NEW(s->arena, struct kl_stack_frame, count),
                                     .chain_count = count};
    if (!bound->chain) {
        return KL_FAIL_MEMORY(s->diag);
    }
    size_t at = deepest;
    for (size_t i = 0; i < count; i++, at = s->nodes[at].deepest) {
        bound->chain[i] = (struct kl_stack_frame){s->code.functions[at].name, s->nodes[at].frame};
    }
    return KL_OK;
}

/* The deepest of the steps, when nothing around them is asked for. */
static enum kl_err bound_steps(struct search *s, struct kl_stack_bound *bound)
{
    size_t deepest = 0;
    uint64_t most = 0;
    *bound = (struct kl_stack_bound){0};
    for (size_t i = 0; i < s->question->step_count; i++) {
        size_t number;
        if (!find_function(&s->code, s->question->steps[i], &number)) {
            return kl_fail(s->diag, KL_EINPUT, "stack bound: no function at 0x%08x, of step %zu",
                           s->question->steps[i], i);
        }
        KL_TRY(visit(s, number, false));
        uint64_t depth = s->nodes[number].frame + s->nodes[number].below;
        if (i == 0 || depth > most) {
            most = depth;
            deepest = number;
        }
    }
    return s->question->step_count ? report(s, deepest, bound) : KL_OK;
}

static enum kl_err bound_root(struct search *s, struct kl_stack_bound *bound)
{
    uint32_t address;
    size_t number;
    const char *root = s->question->root;
    KL_TRY(kl_elf_symbol(s->question->elf, root, &address, s->diag));
    if (!find_function(&s->code, address, &number) ||
        s->code.functions[number].address != address) {
        return kl_fail(s->diag, KL_EINPUT, "stack bound: '%.80s' is no function", root);
    }
    KL_TRY(visit(s, number, true));
    return report(s, number, bound);
}

enum kl_err kl_stack_bound(const struct kl_stack_question *question, struct kl_arena *arena,
                           struct kl_stack_bound *bound, struct kl_diag *diag)
{
    struct search s = {.question = question,
                       .arena = arena,
                       .calls = KL_BUFFER(MOST_CALL_BYTES),
                       .jumped = KL_BUFFER(MOST_CALL_BYTES),
                       .diag = diag};
    if (question->callgraph.data) {
        KL_TRY(kl_callgraph_read(question->callgraph, arena, &s.graph, diag));
    }
    KL_TRY(kl_elf_code(question->elf, arena, &s.code, diag));
    s.nodes = KL_NEW(arena, struct node, s.code.function_count + 1);
    if (!s.nodes) {
        return KL_FAIL_MEMORY(diag);
    }
    enum kl_err err = question->root ? bound_root(&s, bound) : bound_steps(&s, bound);
    kl_buffer_free(&s.calls);
    kl_buffer_free(&s.jumped);
    return err;
}
