# SPDX-License-Identifier: Apache-2.0
#
# Reads the contract's headers and writes a C program that prints where every member of every struct lies and what every
# enumerator is. It knows the plain style of those headers and stops at what it does not understand.

function trim(text) {
  gsub(/[ \t\n]+/, " ", text)
  gsub(/^ | $/, "", text)
  return text
}

function give_up(what, text) {
  print "tests/abi/generate.awk cannot read this " what ": " text > "/dev/stderr"
  failed = 1
  exit 1
}

# The name a declaration declares: of a function pointer, an array or a plain member.
function name_of(declaration, parts, n) {
  if (match(declaration, /\(\*[a-z0-9_]+\)/)) return substr(declaration, RSTART + 2, RLENGTH - 3)
  if (declaration ~ /[,{}()]/) give_up("member", declaration)
  sub(/ *\[.*\]$/, "", declaration)
  n = split(declaration, parts, /[ *]/)
  return parts[n]
}

function print_struct(name, body, members, n, i, member) {
  printf "  printf(\"struct %s: %%zu bytes\\n\", sizeof(%s));\n", name, name
  n = split(body, members, ";")
  for (i = 1; i < n; i++) {
    member = name_of(trim(members[i]))
    printf "  printf(\"%s.%s: %%zu bytes at %%zu, %s\\n\", sizeof(((%s*)0)->%s), offsetof(%s, %s));\n", \
      name, member, trim(members[i]), name, member, name, member
  }
  if (trim(members[n]) != "") give_up("struct", body)
}

function print_enumerators(body, items, n, i, parts) {
  n = split(body, items, ",")
  for (i = 1; i <= n; i++) {
    if (trim(items[i]) == "") continue
    split(trim(items[i]), parts, " ")
    printf "  printf(\"enumerator %s: %%lld\\n\", (long long)%s);\n", parts[1], parts[1]
  }
}

/^#/ { next }
{ text = text $0 "\n" }

END {
  if (failed) exit 1
  while (match(text, /\/\*/)) {
    length_of_comment = index(substr(text, RSTART + 2), "*/") + 3
    text = substr(text, 1, RSTART - 1) substr(text, RSTART + length_of_comment)
  }
  gsub(/extern "C" \{/, "", text)
  print "#include <stddef.h>\n#include <stdio.h>\n#include <zeolite/abi/plugin.h>"
  print "#include <zeolite/abi/storage_transformer.h>\n\nint main(void) {"
  while (match(text, /(struct [a-z_0-9]+|enum) \{[^}]*\}/)) {
    head = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    body = head
    sub(/^[^{]*\{/, "", body)
    sub(/\}$/, "", body)
    if (head ~ /^enum/) {
      print_enumerators(body)
    } else {
      split(head, words, " ")
      print_struct(words[2], body)
    }
  }
  if (text ~ /\{/) give_up("rest", text)
  print "  return 0;\n}"
}
