# SPDX-License-Identifier: Apache-2.0
#
# compare.awk <snapshot> <list of now>: exits with 1 when something is broken, 3 when something was only appended, else 0.

# The struct a line belongs to, "zeo_call:"; nothing for enumerators.
function owner(line) {
  if (line ~ /^enumerator/) return ""
  sub(/^struct /, "", line)
  sub(/[.:].*/, "", line)
  return line ":"
}

function complain(why, was, is) {
  print why "\n  was: " was
  if (is != "") print "  is:  " is
  broken++
}

function compare_struct(s, was, k) {
  if (!((2, s) in size)) {
    complain("a struct is gone", was)
    return
  }
  for (k = 1; k <= count[1, s]; k++) {
    if (line[1, s, k] != line[2, s, k]) {
      complain("a member changed, moved or is gone", line[1, s, k], line[2, s, k])
      return
    }
  }
  if (count[2, s] == count[1, s]) {
    if (size[1, s] != size[2, s]) complain("a struct has another size", was, size[2, s])
  } else if (line[1, s, 1] !~ /\.(struct_size|object):/) {
    complain("a struct that does not begin with struct_size is frozen, and has grown", was, size[2, s])
  } else {
    print "appended to " s " " line[2, s, count[1, s] + 1]
    appended++
  }
}

function compare_enumerator(name, was) {
  if (value[2, name] == was) return
  if (name == "ZEO_ABI_MINOR:") appended++
  else complain("an enumerator changed or is gone", was, value[2, name])
}

FNR == 1 { file++ }
/^struct / { size[file, $2] = $0 }
/^enumerator / { value[file, $2] = $0 }
/^zeo_/ { s = owner($0); line[file, s, ++count[file, s]] = $0 }
file == 1 { old[++n] = $0 }

END {
  if (file != 2) {
    print "one of the two lists is empty"
    exit 1
  }
  for (i = 1; i <= n; i++) {
    split(old[i], words, " ")
    if (words[1] == "struct") compare_struct(words[2], old[i])
    if (words[1] == "enumerator") compare_enumerator(words[2], old[i])
  }
  for (key in size) {
    split(key, part, SUBSEP)
    if (part[1] == 2 && !((1, part[2]) in size)) { print "new struct " part[2]; appended++ }
  }
  for (key in value) {
    split(key, part, SUBSEP)
    if (part[1] == 2 && !((1, part[2]) in value)) { print "new enumerator " part[2]; appended++ }
  }
  print n " lines compared, " broken + 0 " places broken"
  if (broken) exit 1
  if (appended) exit 3
}
