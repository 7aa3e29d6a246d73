# SPDX-License-Identifier: Apache-2.0
#
# zeolite_add_plugin(<name> POINT <point> SOURCES files... [LANGUAGE C] [LINK libraries...] [TESTS files...])
#
# Builds the plugin library zeolite_<point>_<name>.so, which exports one symbol, and beside it its manifest, which the
# library itself is asked for; installs both. TESTS become a Catch2 program, each of whose test cases is a CTest entry
# with the label <point>, and which finds the plugin; they are built when BUILD_TESTING is on. With LANGUAGE C the
# plugin is given the C headers of the contract alone and needs no C++ library. Use <name> once per <point>.
#
# Works the same inside Zeolite's own tree, after find_package(Zeolite) and after add_subdirectory(). Tests need the
# component `testing` of the package.
include_guard(GLOBAL)
define_property(GLOBAL PROPERTY ZEOLITE_PLUGIN_CMAKE_DIR BRIEF_DOCS "Where ZeolitePlugin.cmake and its companions are")
set_property(GLOBAL PROPERTY ZEOLITE_PLUGIN_CMAKE_DIR "${CMAKE_CURRENT_LIST_DIR}")

function(zeolite_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "POINT;LANGUAGE" "SOURCES;LINK;TESTS")
  set(points store codec data_type chunk_grid chunk_key_encoding storage_transformer)
  if(NOT arg_POINT IN_LIST points)
    message(FATAL_ERROR "zeolite_add_plugin(${name}): POINT is \"${arg_POINT}\"; it must be one of: ${points}")
  elseif(NOT arg_SOURCES)
    message(FATAL_ERROR "zeolite_add_plugin(${name}): SOURCES is missing")
  elseif(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "zeolite_add_plugin(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  get_property(here GLOBAL PROPERTY ZEOLITE_PLUGIN_CMAKE_DIR)

  # All plugins of a build lie in one folder, as they will when installed.
  set(folder "${CMAKE_BINARY_DIR}/plugins")
  if(DEFINED Zeolite_BINARY_DIR)
    set(folder "${Zeolite_BINARY_DIR}/plugins")
  endif()

  set(target zeolite_${arg_POINT}_${name})
  add_library(${target} MODULE ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES
    PREFIX "" LIBRARY_OUTPUT_DIRECTORY "${folder}"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(arg_LANGUAGE STREQUAL "C")
    target_link_libraries(${target} PRIVATE Zeolite::abi ${arg_LINK})
  else()
    target_link_libraries(${target} PRIVATE Zeolite::sdk ${arg_LINK})
  endif()

  # Hidden visibility is not enough: what comes out of static libraries and the C++ library's templates has its own.
  set(symbols "${here}/zeolite_plugin.map")
  target_link_options(${target} PRIVATE "LINKER:--version-script=${symbols}" LINKER:--no-undefined-version)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${symbols}")

  # A library with the address sanitizer in it can only be opened by a program that has it too.
  set(sanitizer "")
  get_directory_property(options COMPILE_OPTIONS)
  set(flags "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS} ${options}")
  if(flags MATCHES "-fsanitize=[^ ;]*address" AND NOT TARGET zeolite_manifest)
    execute_process(COMMAND "${CMAKE_CXX_COMPILER}" -print-file-name=libasan.so OUTPUT_VARIABLE asan
      OUTPUT_STRIP_TRAILING_WHITESPACE)
    set(sanitizer "${CMAKE_COMMAND}" -E env "LD_PRELOAD=${asan}" ASAN_OPTIONS=detect_leaks=0)
  endif()
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${sanitizer} "$<TARGET_FILE:Zeolite::manifest>" "$<TARGET_FILE:${target}>"
    BYPRODUCTS "${folder}/${target}.zeolite.json"
    COMMENT "Asking ${target} what it provides" VERBATIM)

  if(NOT DEFINED ZEOLITE_INSTALL OR ZEOLITE_INSTALL)
    include(GNUInstallDirs)
    install(TARGETS ${target} LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}/zeolite/plugins")
    install(FILES "${folder}/${target}.zeolite.json" DESTINATION "${CMAKE_INSTALL_LIBDIR}/zeolite/plugins")
  endif()

  if(BUILD_TESTING)
    add_test(NAME "${target}: exports one symbol"
      COMMAND "${CMAKE_COMMAND}" "-DNM=${CMAKE_NM}" "-DLIBRARY=$<TARGET_FILE:${target}>"
              -P "${here}/ZeoliteExports.cmake")
    set_tests_properties("${target}: exports one symbol" PROPERTIES LABELS "${arg_POINT}")
    if(arg_TESTS)
      _zeolite_add_test_program(${target}_test "${arg_TESTS}" "${arg_POINT}" "${folder}")
      target_link_libraries(${target}_test PRIVATE ${arg_LINK})
      add_dependencies(${target}_test ${target})
    endif()
  elseif(arg_TESTS AND NOT DEFINED BUILD_TESTING)
    message(NOTICE "zeolite_add_plugin(${name}): TESTS are not built; include(CTest) before it, or set BUILD_TESTING")
  endif()
endfunction()

# A Catch2 program that finds the plugins in the folder `plugins`, in a sanitized build with strict sanitizers. Its test
# cases become CTest entries with these labels, and with the label `threads` too where they have the tag [threads].
function(_zeolite_add_test_program target sources labels plugins)
  find_package(Catch2 REQUIRED)
  if(NOT TARGET Zeolite::testing)
    message(FATAL_ERROR "Tests of a plugin need find_package(Zeolite COMPONENTS testing)")
  endif()
  get_property(here GLOBAL PROPERTY ZEOLITE_PLUGIN_CMAKE_DIR)
  if(NOT TARGET zeolite_test_main)
    # Catch2 itself is slow to compile, with sanitizers most of all: once, for all test programs, and without.
    add_library(zeolite_test_main STATIC "${here}/testing_main.cpp")
    target_compile_options(zeolite_test_main PRIVATE -g0 -fno-sanitize=all)
    target_link_libraries(zeolite_test_main PRIVATE Zeolite::sdk Catch2::Catch2)
  endif()
  add_executable(${target} ${sources})
  target_link_libraries(${target} PRIVATE zeolite_test_main Zeolite::testing)

  # Catch2's own catch_discover_tests() neither turns tags into labels in version 2 nor takes properties that are lists.
  set(tests "${CMAKE_CURRENT_BINARY_DIR}/${target}.ctest.cmake")
  string(JOIN "|" environment  # "|" stands for ";", which would not survive the command line
    "ZEOLITE_PLUGIN_PATH=${plugins}" "XDG_DATA_HOME=${CMAKE_CURRENT_BINARY_DIR}/no_user_plugins"
    "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1" "UBSAN_OPTIONS=print_stacktrace=1"
    "TSAN_OPTIONS=second_deadlock_stack=1")
  if(IS_DIRECTORY "${ZEOLITE_TEST_DATA}")
    string(APPEND environment "|ZEOLITE_TEST_DATA=${ZEOLITE_TEST_DATA}")
  endif()
  string(JOIN "|" labels ${labels})
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND "${CMAKE_COMMAND}" "-DPROGRAM=$<TARGET_FILE:${target}>" -DPREFIX=${target} -DCATCH2=${Catch2_VERSION}
            "-DLABELS=${labels}" "-DENVIRONMENT=${environment}" "-DOUTPUT=${tests}" -P "${here}/ZeoliteDiscover.cmake"
    BYPRODUCTS "${tests}" COMMENT "Listing the test cases of ${target}" VERBATIM)
  file(CONFIGURE OUTPUT "${tests}.in" @ONLY CONTENT [[
include("@tests@" OPTIONAL RESULT_VARIABLE built)
if(NOT built)
  add_test("@target@: is not built" "@target@")
endif()
]])
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${tests}.in")
endfunction()
