# SPDX-License-Identifier: Apache-2.0
#
# zeolite_add_test(<target> SOURCES files... [LINK libraries...] [LABELS labels...]): a Catch2 program, each of whose test
# cases is a CTest entry. Tests include <zeolite/testing/catch.hpp>, which serves Catch2 2 and 3. Cases tagged [threads] get
# the label `threads` as well: the thread sanitizer runs those alone.
include("${CMAKE_CURRENT_LIST_DIR}/../sdk/cmake/ZeolitePlugin.cmake")

function(zeolite_add_test target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK;LABELS")
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE zeolite_test_main Zeolite::testing ${arg_LINK})
  _zeolite_discover_tests(${target} "${arg_LABELS}" "${PROJECT_BINARY_DIR}/plugins")
endfunction()
