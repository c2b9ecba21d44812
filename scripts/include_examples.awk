# SPDX-License-Identifier: Apache-2.0
# Copies a Markdown page and writes the code block after each line
#     <!-- include: FILE -->
# anew, from FILE (relative to the page). So the code that readers see is code that is compiled.

{ print }

/^<!-- include: .* -->$/ {
    file = FILENAME
    sub(/[^\/]*$/, "", file)
    file = file $3
    if ((getline <= 0) || $0 !~ /^```/) {
        print FILENAME ": no code block after the include of " file > "/dev/stderr"
        exit 1
    }
    print
    while ((status = (getline line < file)) > 0) {
        print line
    }
    close(file)
    if (status < 0) {
        print FILENAME ": cannot read " file > "/dev/stderr"
        exit 1
    }
    # Skip the old content.
    while ((getline) > 0 && $0 != "```") {
    }
    print
}
