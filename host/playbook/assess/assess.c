/* SPDX-License-Identifier: Apache-2.0 */
#include "playbook/assess.h"

#include <string.h>

#include "playbook/assess/tools.h"

const struct kl_assessment kl_assessments[] = {
    {"battery", "how long the battery lasts, over a day and over the years",
     "requirements hardware.workload hardware.chosen evidence", kl_assess_battery},
    {"bundle", "the files of the release with their hashes, and the versions they belong to",
     "product release", kl_assess_bundle},
    {"business", "what it costs, what it brings, and which assumption matters most",
     "product.currency requirements use_case", kl_assess_business},
    {"compliance",
     "what the evidence shows for EN 303 645, the Cyber Resilience Act, and each threat",
     "product requirements chapters evidence", kl_assess_compliance},
    {"feasibility", "whether any board could do it, from the requirements alone",
     "requirements hardware.need hardware.reserved hardware.candidates", kl_assess_feasibility},
    {"maintenance", "what must be done before anything fails, how often, and what expires when",
     "requirements monitoring production.calibration security.key_ceremony evidence",
     kl_assess_maintenance},
    {"readiness", "how much of each chapter is stated, shown and written",
     "product requirements chapters evidence", kl_assess_readiness},
    {"sampling", "how many samples each condition and class needs, and what is missing",
     "requirements.accuracy data", kl_assess_sampling},
    {"sbom", "the software bill of materials, in CycloneDX 1.5",
     "product release hardware.models hardware.chosen", kl_assess_sbom},
    {"success", "the business measures over time, against baseline and target",
     "use_case.measures learning.success", kl_assess_success},
    {"test-plan", "test cases with acceptance criteria and sample sizes, from the requirements",
     "product requirements chapters evidence", kl_assess_test_plan},
};
const size_t kl_assessment_count = sizeof kl_assessments / sizeof kl_assessments[0];

const struct kl_assessment *kl_assessment_find(const char *name)
{
    for (size_t i = 0; i < kl_assessment_count; i++) {
        if (strcmp(kl_assessments[i].name, name) == 0) {
            return &kl_assessments[i];
        }
    }
    return NULL;
}
