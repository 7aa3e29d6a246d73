# SPDX-License-Identifier: Apache-2.0
#
# zeolite_add_plugin(<name> POINT <point> SOURCES files... [LANGUAGE C|CXX] [LINK libraries...] [TESTS files...])
#
# Builds the plugin library zeolite_<point>_<name>.so, which exports one symbol, and beside it its manifest, which the
# library itself is asked for. TESTS become a Catch2 program that finds the plugin. Works inside Zeolite's own tree, with
# find_package(Zeolite) and with add_subdirectory().
include_guard(GLOBAL)
set(ZEOLITE_PLUGIN_CMAKE_DIR "${CMAKE_CURRENT_LIST_DIR}" CACHE INTERNAL "Where ZeolitePlugin.cmake is")

function(zeolite_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "POINT;LANGUAGE" "SOURCES;LINK;TESTS")
  set(points store codec data_type chunk_grid chunk_key_encoding storage_transformer)
  if(NOT arg_POINT IN_LIST points)
    message(FATAL_ERROR "zeolite_add_plugin(${name}): POINT is \"${arg_POINT}\"; it must be one of: ${points}")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "zeolite_add_plugin(${name}): SOURCES is missing")
  endif()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "zeolite_add_plugin(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()

  foreach(list IN ITEMS arg_SOURCES arg_TESTS)
    foreach(file IN LISTS ${list})
      if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
        message(WARNING "zeolite_add_plugin(${name}): skipped, ${file} is missing")
        list(REMOVE_ITEM ${list} "${file}")
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}")
      endif()
    endforeach()
  endforeach()
  if(NOT arg_SOURCES)
    return()
  endif()

  # All plugins of a build lie in one folder, as they will when installed.
  if(TARGET zeolite_core)
    get_target_property(folder zeolite_core BINARY_DIR)
    cmake_path(GET folder PARENT_PATH folder)
  else()
    set(folder "${CMAKE_BINARY_DIR}")
  endif()
  set(folder "${folder}/plugins")

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

  # Hidden visibility is not enough: templates of the C++ library and static libraries that are linked in have their own.
  set(symbols "${ZEOLITE_PLUGIN_CMAKE_DIR}/zeolite_plugin.map")
  target_link_options(${target} PRIVATE "LINKER:--version-script=${symbols}" LINKER:--no-undefined-version)
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS "${symbols}")

  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND Zeolite::manifest "$<TARGET_FILE:${target}>"
    BYPRODUCTS "${folder}/${target}.zeolite.json"
    COMMENT "Asking ${target} what it provides" VERBATIM)

  if(BUILD_TESTING)
    find_program(CMAKE_NM nm)
    add_test(NAME ${target}.exports_one_symbol
      COMMAND ${CMAKE_COMMAND} "-DNM=${CMAKE_NM}" "-DLIBRARY=$<TARGET_FILE:${target}>"
              -P "${ZEOLITE_PLUGIN_CMAKE_DIR}/ZeoliteExports.cmake")
    set_tests_properties(${target}.exports_one_symbol PROPERTIES LABELS "${arg_POINT}")
    if(arg_TESTS)
      add_executable(${target}_test ${arg_TESTS})
      target_link_libraries(${target}_test PRIVATE Zeolite::test_main Zeolite::testing ${arg_LINK})
      add_dependencies(${target}_test ${target})
      _zeolite_discover_tests(${target}_test "${arg_POINT}" "${folder}")
    endif()
  endif()
endfunction()

# Makes each test case of a Catch2 program a CTest entry. Cases tagged [threads] get that label too.
function(_zeolite_discover_tests target labels plugins)
  include("${Catch2_DIR}/Catch.cmake")
  set(properties ENVIRONMENT "ZEOLITE_PLUGIN_PATH=${plugins}")
  catch_discover_tests(${target} TEST_SPEC "~[threads]" TEST_PREFIX "${target}: " TEST_LIST ${target}_other
    PROPERTIES ${properties} LABELS "${labels}")
  catch_discover_tests(${target} TEST_SPEC "[threads]" TEST_PREFIX "${target}: " TEST_LIST ${target}_threads
    PROPERTIES ${properties} LABELS "${labels};threads")
endfunction()
