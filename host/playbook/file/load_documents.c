/* SPDX-License-Identifier: Apache-2.0 */
/* All documents of all chapters. */
#include <string.h>

#include "base/builtin.h"
#include "base/nearest.h"
#include "playbook/file/load.h"

static const char folder[] = "templates/documents/";
static const char ending[] = ".md";
enum { MOST_TEMPLATES = 64 };

/* Is it a built-in template's file? Then its name and the length of that. */
static const char *template_name(const char *path, size_t *length)
{
    size_t all = strlen(path);
    size_t frame = strlen(folder) + strlen(ending);
    if (all <= frame || strncmp(path, folder, strlen(folder)) != 0 ||
        strcmp(path + all - strlen(ending), ending) != 0) {
        return NULL;
    }
    *length = all - frame;
    return path + strlen(folder);
}

/* The built-in template that is most like it. */
static const char *nearest_template(struct kl_loader *loader, const char *name)
{
    const char *names[MOST_TEMPLATES];
    size_t count = 0;
    for (size_t i = 0; i < kl_builtin_count && count < MOST_TEMPLATES; i++) {
        size_t length;
        const char *known = template_name(kl_builtins[i].path, &length);
        char *copy = known ? kl_arena_printf(loader->arena, "%.*s", (int)length, known) : NULL;
        if (copy) {
            names[count++] = copy;
        }
    }
    return kl_nearest(name, names, count);
}

static void check_template(struct kl_loader *loader, const struct kl_document *document)
{
    const struct kl_yaml *node = kl_yaml_get(document->node, "template");
    const char *name = document->template_name;
    const char *path = kl_arena_printf(loader->arena, "%s%s%s", folder, name, ending);
    if (!path || kl_builtin_find(path) || kl_load_exists(loader, name)) {
        return;
    }
    const char *near = nearest_template(loader, name);
    kl_loader_error(loader, node ? node : document->node,
                    "there is neither a built-in template nor a file '%.100s'%s%s%s", name,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static enum kl_err read_document(struct kl_loader *loader, const struct kl_chapter *chapter,
                                 const struct kl_yaml *node, struct kl_document *document)
{
    const char *name = kl_yaml_text(kl_yaml_get(node, "name"), "");
    const char *title = kl_yaml_text(kl_yaml_get(node, "title"), "");
    const char *template_text = kl_yaml_text(kl_yaml_get(node, "template"), "");
    const char *output = kl_yaml_text(kl_yaml_get(node, "output"), "");
    name = name[0] ? name : "unnamed";
    *document = (struct kl_document){
        .name = name,
        .chapter = chapter->id,
        .title = title[0] ? title : name,
        .template_name = template_text[0] ? template_text : name,
        .output = output[0] ? output : kl_arena_printf(loader->arena, "documents/%s.md", name),
        .node = node};
    if (!document->output) {
        return KL_FAIL_MEMORY(loader->diag);
    }
    check_template(loader, document);
    return KL_OK;
}

/* The document of that name in this chapter or one before, but not this one. */
static const struct kl_document *find_other(const struct kl_playbook *playbook,
                                            const struct kl_document *document)
{
    for (size_t i = 0; i < playbook->chapter_count; i++) {
        for (size_t k = 0; k < playbook->chapters[i].document_count; k++) {
            const struct kl_document *other = playbook->chapters[i].documents[k];
            if (other != document && strcmp(other->name, document->name) == 0) {
                return other;
            }
        }
    }
    return NULL;
}

static enum kl_err load_chapter(struct kl_loader *loader, struct kl_chapter *chapter, size_t *total)
{
    const struct kl_yaml *list = kl_load_list(chapter, "documents");
    size_t count = list ? list->count : 0;
    *total += count;
    if (*total > KL_MAX_DOCUMENTS) {
        return kl_fail(loader->diag, KL_ELIMIT, "%s: more than %d documents",
                       loader->playbook->path, KL_MAX_DOCUMENTS);
    }
    struct kl_document *documents = KL_NEW(loader->arena, struct kl_document, count);
    const struct kl_document **pointers = KL_NEW(loader->arena, const struct kl_document *, count);
    if (!documents || !pointers) {
        return KL_FAIL_MEMORY(loader->diag);
    }
    chapter->documents = pointers;
    for (size_t i = 0; i < count; i++) {
        if (list->items[i]->kind != KL_YAML_MAP) {
            continue;
        }
        struct kl_document *document = &documents[chapter->document_count];
        KL_TRY(read_document(loader, chapter, list->items[i], document));
        const struct kl_document *other = find_other(loader->playbook, document);
        if (other) {
            kl_loader_error(loader, list->items[i],
                            "the document name '%.60s' appears twice (first at %s:%u); rename one",
                            document->name, other->node->origin, other->node->line);
        }
        pointers[chapter->document_count++] = document;
    }
    return KL_OK;
}

enum kl_err kl_load_documents(struct kl_loader *loader)
{
    size_t total = 0;
    for (size_t i = 0; i < loader->playbook->chapter_count; i++) {
        KL_TRY(load_chapter(loader, &loader->playbook->chapters[i], &total));
    }
    return KL_OK;
}
