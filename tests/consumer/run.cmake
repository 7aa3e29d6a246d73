# SPDX-License-Identifier: Apache-2.0
#
# Configures, builds and tests one of the consumers in an empty folder; see CMakeLists.txt for the variables.
function(run)
  list(JOIN ARGN " " line)
  message(STATUS "${line}")
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# What this build's own tests are given must not help the consumer's.
unset(ENV{ZEOLITE_PLUGIN_PATH})
set(ENV{XDG_DATA_HOME} "${BINARY}/no_user_plugins")

file(REMOVE_RECURSE "${BINARY}")
set(options -G Ninja "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}" "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_C_COMPILER=${CC}"
  "-DCMAKE_COMPILE_WARNING_AS_ERROR=${WARNINGS_ARE_ERRORS}")
if(WAY STREQUAL "package")
  run("${CMAKE_COMMAND}" --install "${ZEOLITE_BINARY}" --prefix "${BINARY}/installed")
  list(APPEND options "-DCMAKE_PREFIX_PATH=${BINARY}/installed" "-DCMAKE_CXX_FLAGS=${FLAGS}")
  set(targets all)
elseif(WAY STREQUAL "sanitized")
  list(APPEND options "-DZEOLITE_SOURCE=${ZEOLITE_SOURCE}")
  set(targets all)
else()
  list(APPEND options "-DZEOLITE_SOURCE=${ZEOLITE_SOURCE}" "-DZEOLITE_SANITIZE=${SANITIZE}")
  # An embedder builds the plugins it wants.
  set(targets consumer zeolite_codec_invert zeolite_codec_bytes zeolite_chunk_grid_regular
    zeolite_chunk_key_encoding_default zeolite_data_type_integer zeolite_store_memory)
endif()

run("${CMAKE_COMMAND}" -S "${SOURCE}" -B "${BINARY}/build" ${options})
run("${CMAKE_COMMAND}" --build "${BINARY}/build" --target ${targets})
run("${CMAKE_CTEST_COMMAND}" --test-dir "${BINARY}/build" --output-on-failure --no-tests=error)

if(WAY STREQUAL "package")
  # Installed beside Zeolite's own, a plugin is found without being told where.
  run("${CMAKE_COMMAND}" --install "${BINARY}/build" --prefix "${BINARY}/installed")
  run("${BINARY}/build/consumer")
endif()
