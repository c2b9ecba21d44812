/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "flow/project.h"

/* Sources and what is found in them. */
#define PROJECT_LIMIT ((size_t)1 << 30)

struct import_options {
    struct kl_common common;
    const char *folder;
};

static void print_group(const struct kl_project *project, const char *group, const char *title)
{
    bool any = false;
    for (int32_t i = 0; i < project->finding_count; i++) {
        const struct kl_finding *f = &project->findings[i];
        if (strcmp(f->group, group) != 0) {
            continue;
        }
        if (!any) {
            printf("\n%s\n", title);
            any = true;
        }
        printf("  %-8s %-28s %-16s %s\n", kl_maps_name(f->maps), f->name, f->value, f->note);
    }
}

/* Does kinglet compile it, and in how much memory? */
static enum kl_err try_model(const struct kl_project_model *model, struct kl_model_job *job,
                             struct kl_diag *problem)
{
    KL_TRY(kl_model_job_open_bytes(job, model->name, model->content, problem));
    return kl_model_job_plan(job, KL_KERNELS_PORTABLE, NULL, problem);
}

static enum kl_err report_model(const struct import_options *o,
                                const struct kl_project_model *model, const char *path,
                                json_t *list)
{
    char size[KL_NUMBER_BYTES], arena[KL_NUMBER_BYTES];
    struct kl_model_job job;
    struct kl_diag problem = {0};
    enum kl_err err = try_model(model, &job, &problem);
    size_t bytes = err ? 0 : job.plan->arena_bytes;
    if (!o->common.json) {
        printf("%s%s%s in %s, %s bytes: ", kl_bold(), model->name, kl_plain(), model->file,
               kl_grouped((long long)model->content.size, size));
        if (err) {
            printf("%s\n", problem.message);
        } else {
            printf("compiles, arena %s bytes\n", kl_grouped((long long)bytes, arena));
        }
    }
    json_array_append_new(list,
                          json_pack("{s:s, s:s, s:I, s:b, s:s?, s:s?, s:I}", "name", model->name,
                                    "file", model->file, "bytes", (json_int_t)model->content.size,
                                    "compiles", !err, "problem", err ? problem.message : NULL,
                                    "written", path, "arena_bytes", (json_int_t)bytes));
    kl_model_job_free(&job);
    return KL_OK;
}

static enum kl_err write_model(const struct import_options *o, const struct kl_project *project,
                               int32_t index, char path[4200], struct kl_diag *diag)
{
    const struct kl_bytes *content = &project->models[index].content;
    if (project->model_count == 1) {
        snprintf(path, 4200, "%.4000s/model.tflite", o->folder);
    } else {
        snprintf(path, 4200, "%.4000s/model-%d.tflite", o->folder, index + 1);
    }
    KL_TRY(kl_dir_create_above(path, diag));
    return kl_file_write(path, content->data, content->size, diag);
}

static enum kl_err report_models(const struct import_options *o, const struct kl_project *project,
                                 struct kl_result *result, struct kl_diag *diag)
{
    json_t *list = json_array();
    enum kl_err err = KL_OK;
    for (int32_t i = 0; i < project->model_count && err == KL_OK; i++) {
        char path[4200];
        err = o->folder ? write_model(o, project, i, path, diag) : KL_OK;
        if (err == KL_OK) {
            err = report_model(o, &project->models[i], o->folder ? path : NULL, list);
        }
    }
    kl_result_detail(result, "models", list);
    return err;
}

static json_t *findings_json(const struct kl_project *project)
{
    json_t *list = json_array();
    for (int32_t i = 0; i < project->finding_count; i++) {
        const struct kl_finding *f = &project->findings[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "group", f->group,
                                              "name", f->name, "value", f->value, "file", f->file,
                                              "maps", kl_maps_name(f->maps), "note", f->note));
    }
    return list;
}

static int32_t count_maps(const struct kl_project *project, enum kl_maps maps)
{
    int32_t count = 0;
    for (int32_t i = 0; i < project->finding_count; i++) {
        count += project->findings[i].maps == maps;
    }
    return count;
}

static void report_findings(const struct import_options *o, const struct kl_project *project,
                            struct kl_result *result)
{
    static const enum kl_maps all[] = {KL_MAPS_SAME, KL_MAPS_CHANGED, KL_MAPS_MANUAL, KL_MAPS_NONE};
    kl_result_detail(result, "kind", json_string(project->kind));
    kl_result_detail(result, "findings", findings_json(project));
    kl_result_count(result, "files", project->file_count, "1", KL_COUNTED);
    for (size_t i = 0; i < 4; i++) {
        char name[32];
        snprintf(name, sizeof name, "maps.%s", kl_maps_name(all[i]));
        kl_result_count(result, name, count_maps(project, all[i]), "1", KL_COUNTED);
    }
    if (o->common.json) {
        return;
    }
    print_group(project, "call", "calls of the application");
    print_group(project, "setting", "settings");
    print_group(project, "dsp", "signal processing");
    print_group(project, "label", "labels");
}

/* A project without a model has one in a form that is none. */
static enum kl_err need_model(const struct kl_project *project, const char *path,
                              struct kl_diag *diag)
{
    if (project->model_count > 0) {
        return KL_OK;
    }
    if (project->compiled_model) {
        return kl_fail(diag, KL_EUNSUPPORTED,
                       "%.200s holds the network as code of another compiler, not as a model: "
                       "export it again without that compiler (for Edge Impulse: a C++ library "
                       "with TensorFlow Lite as inferencing engine), or download the .tflite file",
                       path);
    }
    return kl_fail(diag, KL_EINPUT,
                   "%.200s: %d files, and no array of bytes or .tflite file among them is a "
                   "TensorFlow Lite model",
                   path, project->file_count);
}

static enum kl_err import_project(const struct import_options *o, const char *path,
                                  struct kl_arena *arena, struct kl_result *result,
                                  struct kl_diag *diag)
{
    struct kl_project project;
    KL_TRY(kl_project_read(path, arena, &project, diag));
    if (!o->common.json) {
        printf("%s: %s, %d files\n\n", path, project.kind, project.file_count);
    }
    KL_TRY(report_models(o, &project, result, diag));
    report_findings(o, &project, result);
    KL_TRY(need_model(&project, path, diag));
    if (!o->common.json && o->folder) {
        printf(
            "\nwrote the model to %s; next: kinglet compile %s/model%s.tflite --board B -o DIR\n",
            o->folder, o->folder, project.model_count == 1 ? "" : "-1");
    }
    return KL_OK;
}

int kl_cmd_import_project(int argc, char **argv, const struct kl_command *self)
{
    struct import_options o = {0};
    const struct kl_option options[] = {
        {.name = "--output-folder",
         .argument = "DIR",
         .help = "write the model there",
         .text = &o.folder},
        {.name = NULL},
    };
    const char *path;
    struct kl_diag diag = {0};
    struct kl_result result;
    int status;
    if (!kl_options_begin(self, argc, argv, options, &o.common, &path, 1, &status)) {
        return status;
    }
    kl_result_init(&result, self->name);
    struct kl_arena *arena = kl_arena_create(PROJECT_LIMIT);
    enum kl_err err =
        arena ? import_project(&o, path, arena, &result, &diag) : KL_FAIL_MEMORY(&diag);
    kl_arena_free(arena);
    return kl_finish(&result, &o.common, err, false, &diag);
}
