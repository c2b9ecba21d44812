/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text templates over JSON data, in Mustache's notation (mustache(5)): {{path.to.value}},
 * {{#list}}...{{/list}}, {{^missing}}...{{/missing}}, {{.}}, {{! comment}}. No escaping: what is
 * made is Markdown or YAML. A section's tag or a comment alone on its line takes the line with it.
 * Partials and other delimiters are refused.
 *
 * A path is looked up in the innermost section first, then outwards; list items by number. Keys may
 * contain dots: the longest that leads to a value wins. A list of texts is joined by commas, an
 * object is shown by its member "text", a boolean as yes or no. Missing, null, false, [] and "" are
 * empty for sections; 0 is not.
 */
#ifndef KINGLET_REPORT_TEMPLATE_H
#define KINGLET_REPORT_TEMPLATE_H

#include <jansson.h>

#include "base/buffer.h"
#include "base/diag.h"

/*
 * Render. `origin` names the template in messages ("origin:line: ..."). A value that is not there
 * renders as "(not stated: path.to.value)", so that a gap is seen. KL_EINPUT for an unclosed or
 * crossed section, KL_ELIMIT past 16 levels, 64 Ki tags, 4 Mi repetitions or the buffer's maximum.
 */
enum kl_err kl_template_render(const char *text, const char *origin, const json_t *data,
                               struct kl_buffer *out, struct kl_diag *diag) KL_MUST_CHECK;

#endif
