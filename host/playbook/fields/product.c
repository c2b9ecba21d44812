/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the product and of the people around it. */
#include "playbook/fields/tables.h"

const struct kl_field kl_product_fields[] = {
    FIELD("name", NAME, "Name", "Short name without blanks; files and evidence carry it.",
          .required = true),
    FIELD("title", TEXT, "Title", "The name that people use.", .expected = true),
    FIELD("version", TEXT, "Version", "Version of the product that this playbook describes.",
          .required = true),
    FIELD("owner", TEXT, "Owner", "The person who answers for the product.", .expected = true),
    FIELD("currency", CHOICE, "Currency", "All amounts of money are in it; EUR if left out.",
          .choices = "EUR USD GBP CHF JPY CNY INR KRW"),
    FIELD("description", PROSE, "Description", "What it does, for somebody who never saw it.",
          .expected = true),
    FIELD("customer", TEXT, "Customer", "Who gets it: a company, a department, the public."),
    FIELD("field", TEXT, "Field of use", "Branch or kind of place, such as water supply."),
    FIELD("stage", CHOICE, "Stage", "Where the product is in its life.",
          .choices = "idea prototype pilot production retired"),
    FIELD("contact", TEXT, "Contact", "Where questions about the product go."),
    FIELD("confidentiality", TEXT, "Confidentiality", "Who may read the report."),
    END,
};

const struct kl_field kl_person_fields[] = {
    FIELD("name", TEXT, "Name", "Full name, as it appears in the report.", .required = true),
    FIELD("role", TEXT, "Role", "What the person does in this project."),
    FIELD("mail", TEXT, "Mail", "Where the person can be reached."),
    FIELD("deputy", NAME, "Deputy", "Id of the person who stands in."),
    END,
};
