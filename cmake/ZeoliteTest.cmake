# SPDX-License-Identifier: Apache-2.0
#
# zeolite_add_test(<target> SOURCES files... [LINK libraries...] [LABELS labels...]): a Catch2 program of this
# repository, each of whose test cases is a CTest entry. Tests include <zeolite/testing/catch.hpp>, which serves Catch2
# 2 and 3. Cases tagged [threads] get the label `threads` as well: the thread sanitizer runs those alone.
#
# ZEOLITE_TEST_DATA is a folder of arrays that other implementations wrote, which are not part of this repository; tests
# that want it are skipped where it is absent.
set(ZEOLITE_TEST_DATA "${PROJECT_SOURCE_DIR}/../shared/data" CACHE PATH "Arrays that other implementations wrote")
if(NOT IS_DIRECTORY "${ZEOLITE_TEST_DATA}")
  message(STATUS "There is no ${ZEOLITE_TEST_DATA}: tests that need ZEOLITE_TEST_DATA will be skipped")
endif()

function(zeolite_add_test target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK;LABELS")
  _zeolite_add_test_program(${target} "${arg_SOURCES}" "${arg_LABELS}" "${PROJECT_BINARY_DIR}/plugins")
  target_link_libraries(${target} PRIVATE ${arg_LINK})
endfunction()
