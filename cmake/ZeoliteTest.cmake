# SPDX-License-Identifier: Apache-2.0
#
# zeolite_add_test(<target> SOURCES files... [LINK libraries...] [LABELS labels...]): a Catch2 program of this
# repository, each of whose test cases is a CTest entry. Tests include <zeolite/testing/catch.hpp>, which serves Catch2
# 2 and 3. Cases tagged [threads] get the label `threads` as well: the thread sanitizer runs those alone.
function(zeolite_add_test target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK;LABELS")
  _zeolite_add_test_program(${target} "${arg_SOURCES}" "${arg_LABELS}" "${PROJECT_BINARY_DIR}/plugins")
  target_link_libraries(${target} PRIVATE ${arg_LINK})
endfunction()
