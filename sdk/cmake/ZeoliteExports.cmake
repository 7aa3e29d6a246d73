# SPDX-License-Identifier: Apache-2.0
#
# cmake -DNM=nm -DLIBRARY=file -P ZeoliteExports.cmake: fails unless a plugin library exports its one symbol alone.
execute_process(COMMAND "${NM}" -D --defined-only --format=posix "${LIBRARY}"
  OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE " [^\n]*\n" ";" symbols "${output}")
list(REMOVE_ITEM symbols "")
if(NOT symbols STREQUAL "zeolite_plugin_v0")
  message(FATAL_ERROR "${LIBRARY} must export zeolite_plugin_v0 and nothing else; it exports: ${symbols}")
endif()
message(STATUS "${LIBRARY} exports 1 symbol: ${symbols}")
