# SPDX-License-Identifier: Apache-2.0
#
# What everything in this repository is compiled with. Set on directories, not on targets: nothing here can forget it,
# and nothing of it leaks to those who use the libraries.
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# An installed program finds the library beside which it was installed, wherever that is.
file(RELATIVE_PATH bin_to_lib "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
set(CMAKE_INSTALL_RPATH "$ORIGIN/${bin_to_lib}")

# Programs in bin, libraries in lib, and lib/zeolite/plugins leads to the plugins: the tree looks like an installed one,
# so a program started from it finds its plugins by itself.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/plugins" "${PROJECT_BINARY_DIR}/lib/zeolite")
if(NOT IS_SYMLINK "${PROJECT_BINARY_DIR}/lib/zeolite/plugins")
  file(CREATE_LINK ../../plugins "${PROJECT_BINARY_DIR}/lib/zeolite/plugins" SYMBOLIC)
endif()

add_compile_options(-Wall -Wextra -fno-omit-frame-pointer "$<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>")
if(ZEOLITE_SANITIZE)
  add_compile_options(-fsanitize=${ZEOLITE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ZEOLITE_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options(-fno-sanitize=function)  # Clang 14 cannot compile coroutines with it
  endif()
  if(ZEOLITE_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Boost.Asio's fences: the thread sanitizer does not follow them. What they order here is also ordered by mutexes,
    # which it does follow.
    add_compile_options(-Wno-tsan)
  endif()
  if(ZEOLITE_SANITIZE MATCHES "address|thread")
    add_library(zeolite_sanitizer_defaults OBJECT "${CMAKE_CURRENT_LIST_DIR}/sanitizer_defaults.c")
    set(program "$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>")
    link_libraries("$<BUILD_INTERFACE:$<${program}:$<TARGET_OBJECTS:zeolite_sanitizer_defaults>>>")
  endif()
endif()
if(ZEOLITE_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

find_program(ZEOLITE_CCACHE ccache)
mark_as_advanced(ZEOLITE_CCACHE)
if(ZEOLITE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # A file compiled in one build folder serves another; paths of sources are absolute, so debuggers find them all.
  set(CMAKE_C_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_NOHASHDIR=1 "${ZEOLITE_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_C_COMPILER_LAUNCHER}")
endif()

# Adds every folder that holds a CMakeLists.txt and matches the pattern ("*", "*/*"), relative to the current one.
function(zeolite_add_folders pattern)
  file(GLOB lists CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" "${pattern}/CMakeLists.txt")
  list(SORT lists)
  foreach(list IN LISTS lists)
    cmake_path(GET list PARENT_PATH folder)
    add_subdirectory("${folder}")
  endforeach()
endfunction()
