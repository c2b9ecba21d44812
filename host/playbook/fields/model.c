/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the chapters about the model and its optimisation. */
#include "playbook/fields/tables.h"

static const struct kl_field guideline_fields[] = {
    FIELD("rule", TEXT, "Guideline", "How models are built here, such as: no layer above 64 KiB.",
          .required = true),
    FIELD("why", TEXT, "Why", "Which limit it comes from."),
    END,
};

static const struct kl_field candidate_fields[] = {
    FIELD("name", TEXT, "Candidate", "Short name.", .required = true),
    FIELD("architecture", TEXT, "Architecture", "Kind of network, or of another method."),
    FIELD("file", PATH, "File", "The model."),
    FIELD("parameters", NUMBER, "Parameters", "How many weights it has."),
    FIELD("macs", NUMBER, "Multiplications", "Multiply-accumulates of one inference."),
    FIELD("accuracy", SHARE, "Accuracy", "On the validation data, as stated."),
    FIELD("why", TEXT, "Why", "What speaks for and against it.", .expected = true),
    FIELD("status", CHOICE, "Status", "What became of it.",
          .choices = "idea tried rejected chosen"),
    END,
};

static const struct kl_field search_fields[] = {
    FIELD("space", PROSE, "Space", "What was varied: depth, width, input rate, features."),
    FIELD("method", TEXT, "Method", "How candidates were picked."),
    FIELD("budget", TEXT, "Budget", "How many were tried, or how long."),
    FIELD("result", PROSE, "Result", "What was found."),
    END,
};

static const struct kl_field simple_fields[] = {
    FIELD("what", TEXT, "Method", "The simplest thing that could work: a threshold, a rule.",
          .expected = true),
    FIELD("accuracy", SHARE, "Accuracy", "What it reaches on the same data.", .expected = true),
    END,
};

static const struct kl_field card_fields[] = {
    FIELD("version", TEXT, "Version", "Of the model."),
    FIELD("intended_use", PROSE, "Intended use", "What it is for, and for whom.", .expected = true),
    FIELD("out_of_scope", PROSE, "Not for", "Uses that it must not be put to.", .expected = true),
    FIELD("training_data", TEXT, "Training data", "Name and version."),
    FIELD("evaluation_data", TEXT, "Evaluation data", "Name and version."),
    FIELD("limits", LIST, "Limits", "Where it is known to be weak.", .item = ITEM(TEXT),
          .expected = true),
    FIELD("fairness", PROSE, "Fairness", "For whom or what it works worse."),
    FIELD("licence", TEXT, "Licence", "What others may do with it."),
    FIELD("contact", TEXT, "Contact", "Who knows more."),
    END,
};

const struct kl_field kl_model_fields[] = {
    FIELD("task", CHOICE, "Task", "What the model does.",
          .choices = "classification detection regression anomaly keyword-spotting segmentation "
                     "forecasting other",
          .expected = true),
    FIELD("input", TEXT, "Input", "What goes in: sensor, window, rate, features."),
    FIELD("output", TEXT, "Output", "What comes out, and what is made of it."),
    FIELD("guidelines", LIST, "Guidelines", "How models are built within the limits.",
          .item = ITEM(RECORD, .fields = guideline_fields)),
    FIELD("simple", RECORD, "Simple method", "What the model must beat to be worth its cost.",
          .fields = simple_fields, .expected = true),
    FIELD("candidates", LIST, "Candidates", "Models that were looked at.",
          .item = ITEM(RECORD, .fields = candidate_fields), .expected = true),
    FIELD("search", RECORD, "Search", "How the candidates were found.", .fields = search_fields),
    FIELD("chosen", TEXT, "Chosen", "Name of the candidate.", .expected = true),
    FIELD("rationale", PROSE, "Rationale", "Why this one.", .expected = true),
    FIELD("card", RECORD, "Model card", "What somebody must know who uses this model.",
          .fields = card_fields, .expected = true),
    END,
};

static const struct kl_field rung_fields[] = {
    FIELD("step", TEXT, "Step", "What is done to the model.", .required = true),
    FIELD("technique", CHOICE, "Technique", "Which kind of step it is.",
          .choices = "architecture training quantisation pruning distillation clustering folding "
                     "compilation other"),
    FIELD("why", TEXT, "Why", "What it is expected to bring.", .expected = true),
    FIELD("stop_when", TEXT, "Stop when", "When no further step is taken.", .expected = true),
    FIELD("model", PATH, "Model", "The file that the step gave."),
    FIELD("evidence", NAME, "Evidence", "Step of this playbook that measured it."),
    FIELD("accuracy", SHARE, "Accuracy", "As stated, when no evidence says it."),
    END,
};

static const struct kl_field loss_fields[] = {
    FIELD("accuracy_loss", SHARE, "Loss of accuracy",
          "Largest loss against the first rung that is acceptable."),
    FIELD("who_decides", TEXT, "Who decides", "Who may accept more."),
    END,
};

const struct kl_field kl_optimisation_fields[] = {
    FIELD("goal", PROSE, "Goal", "Which limits the model must get under."),
    FIELD("ladder", LIST, "Ladder", "Steps from mild to harsh; each is measured.",
          .item = ITEM(RECORD, .fields = rung_fields), .expected = true),
    FIELD("limits", RECORD, "Limits", "What may be lost on the way.", .fields = loss_fields),
    FIELD("trade_off", PROSE, "Trade-off", "What was given up for what, in figures.",
          .expected = true),
    FIELD("chosen", TEXT, "Chosen", "The step at which it was good enough.", .expected = true),
    FIELD("rationale", PROSE, "Rationale", "Why not one step less or more.", .expected = true),
    END,
};
