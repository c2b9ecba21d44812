/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does the attack on packs see when a condition of the validator is missing?
 *
 *     pack_faults ACCEPTED [FIRST LAST]
 *
 * The validator's sources were rewritten so that each of their conditions can be left out (see
 * plant_faults.py). A first pass over all attacks notes for each condition which of them it
 * refused. Then each condition is left out once, in a process of its own, and these attacks are run
 * again: the sanitizers, or a clock, must end the process. Prints the conditions that nothing
 * missed. ACCEPTED is a file with those that are known and why; exits 1 when another one survives,
 * or one of the file's does not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pack_attack.h"
#include "planted.h"

struct place {
    const char *function, *condition;
};

static const struct place places[] = {
#include "places.inc"
};

enum {
    PLACES = sizeof places / sizeof places[0],
    KEPT = 300, /* attacks of one condition */
    RANDOM_ATTACKS = 40000,
    SECONDS = 20, /* until an attack counts as one without an end */
    MAX_ACCEPTED = 512,
    LINE_BYTES = 512
};

/* Attacks that a condition refused: the first ones, and later ones in their place by chance. */
struct noted {
    int32_t attacks[KEPT];
    int32_t count, seen;
    int32_t last; /* attack that was noted */
    bool accepted, survived;
};

static struct noted noted[PLACES + 1];
static int32_t attack;     /* number of the current one */
static int planted;        /* the condition that is left out; 0: none */
static const bool *wanted; /* attacks of this process, by number; NULL: all */
static uint32_t chance = 1;

static void note(struct noted *n)
{
    if (n->last == attack) {
        return;
    }
    n->last = attack;
    n->seen++;
    if (n->count < KEPT) {
        n->attacks[n->count++] = attack;
        return;
    }
    chance = chance * 1664525u + 1013904223u;
    if (chance / 256 % (uint32_t)n->seen < KEPT) {
        n->attacks[chance / 256 % KEPT] = attack;
    }
}

bool kl_planted(int number, bool holds)
{
    if (!holds && planted == 0) {
        note(&noted[number]);
    }
    return holds || number == planted;
}

bool kl_planted_any(void)
{
    return planted != 0;
}

static bool is_wanted(void *context)
{
    (void)context;
    attack++;
    return !wanted || wanted[attack];
}

static void run_attacks(void)
{
    struct pack_attack_outcome outcome = {0, 0};
    attack = 0;
    for (int32_t i = 0; i < pack_attack_count(); i++) {
        pack_attack_fields(i, 1, &outcome);
    }
    pack_attack_randomly(RANDOM_ATTACKS, 2024, &outcome);
}

/* Leave out the condition, in this process. */
static void run_without(int number, int32_t attacks)
{
    bool *mine = calloc((size_t)attacks + 1, sizeof *mine);
    if (!mine || !freopen("/dev/null", "w", stderr)) {
        abort();
    }
    for (int32_t i = 0; i < noted[number].count; i++) {
        mine[noted[number].attacks[i]] = true;
    }
    planted = number;
    wanted = mine;
    alarm(SECONDS);
    run_attacks();
    _exit(0);
}

/* Does leaving out this condition go unseen? */
static bool survives(int number, int32_t attacks)
{
    int status = 0;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        run_without(number, attacks);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("pack_faults");
        exit(2);
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Mark the places of a line "function: condition". */
static bool accept_line(const char *line)
{
    bool found = false;
    for (int i = 0; i < PLACES; i++) {
        char place[LINE_BYTES];
        snprintf(place, sizeof place, "%s: %s", places[i].function, places[i].condition);
        if (strcmp(place, line) == 0) {
            noted[i + 1].accepted = found = true;
        }
    }
    return found;
}

/* Lines with a place; reasons begin with '#'. Names places that are not there. */
static void read_accepted(const char *path)
{
    char line[LINE_BYTES];
    FILE *file = fopen(path, "r");
    if (!file) {
        perror(path);
        exit(2);
    }
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] && line[0] != '#' && !accept_line(line)) {
            printf("not there: %s\n", line);
        }
    }
    fclose(file);
}

/* Symbols of a report that nobody reads take longer than all else. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
    return "symbolize=0:detect_leaks=0:allocator_may_return_null=0";
}

const char *__ubsan_default_options(void)
{
    return "symbolize=0";
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 4) {
        fputs("usage: pack_faults ACCEPTED [FIRST LAST]\n", stderr);
        return 2;
    }
    const int first = argc == 4 ? (int)strtol(argv[2], NULL, 10) : 1;
    const int last = argc == 4 ? (int)strtol(argv[3], NULL, 10) : PLACES;
    int32_t failures = 0, survived = 0, reached = 0;
    read_accepted(argv[1]);
    pack_attack_begin();
    pack_attack_filter(is_wanted, NULL);
    run_attacks();
    const int32_t attacks = attack;
    for (int number = first; number <= last && number <= PLACES; number++) {
        struct noted *n = &noted[number];
        const struct place *place = &places[number - 1];
        reached += n->count > 0;
        n->survived = survives(number, attacks);
        survived += n->survived;
        if (n->survived != n->accepted) {
            printf("%s (%d attacks) %s: %s\n", n->survived ? "unseen" : "accepted, but seen",
                   (int)n->seen, place->function, place->condition);
            failures += n->survived;
        }
    }
    printf("%d attacks; %d conditions left out, %d of them refuse an attack; %d go unseen\n",
           (int)attacks, last - first + 1, (int)reached, (int)survived);
    pack_attack_end();
    return failures > 0;
}
