# SPDX-License-Identifier: Apache-2.0
#
# Run after a Catch2 program was linked: asks it for its test cases and writes a ctest entry for each of them to OUTPUT.
# Variables: PROGRAM, PREFIX, CATCH2 (its version), LABELS and ENVIRONMENT (lists, "|" between their items), OUTPUT.
string(REPLACE "|" ";" LABELS "${LABELS}")
string(REPLACE "|" ";" ENVIRONMENT "${ENVIRONMENT}")
if(CATCH2 VERSION_LESS 3)
  set(list_names --list-test-names-only)
else()
  set(list_names --list-tests --verbosity quiet)
endif()

set(script "")
foreach(spec IN ITEMS "~[threads]" "[threads]")
  # Version 2 exits with the number of names, so only silence tells that something went wrong.
  execute_process(COMMAND "${PROGRAM}" ${spec} ${list_names}
    OUTPUT_VARIABLE output ERROR_VARIABLE error RESULT_VARIABLE result)
  if(output STREQUAL "" AND NOT result EQUAL 0)
    message(FATAL_ERROR "${PROGRAM} cannot list its test cases (${result}): ${error}")
  elseif(output MATCHES "[][;\\]")
    message(FATAL_ERROR "${PROGRAM}: CMake cannot carry [, ], ; and backslashes in names of test cases: ${output}")
  endif()
  set(labels "${LABELS}")
  if(spec STREQUAL "[threads]")
    list(APPEND labels threads)
  endif()
  string(REGEX MATCHALL "[^\n]+" names "${output}")
  foreach(name IN LISTS names)
    string(STRIP "${name}" name)
    string(REPLACE "," "\\," pattern "${name}")  # a comma separates patterns
    string(APPEND script "add_test([==[${PREFIX}: ${name}]==] [==[${PROGRAM}]==] [==[${pattern}]==])\n"
      "set_tests_properties([==[${PREFIX}: ${name}]==] PROPERTIES TIMEOUT 300\n"
      "  SKIP_RETURN_CODE 77\n"  # skipped_exit_code of zeolite/testing/skip.hpp
      "  LABELS [==[${labels}]==]\n  ENVIRONMENT [==[${ENVIRONMENT}]==])\n")
  endforeach()
endforeach()
file(WRITE "${OUTPUT}" "${script}")
