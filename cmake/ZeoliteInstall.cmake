# SPDX-License-Identifier: Apache-2.0
#
# What is installed beside the plugins, which zeolite_add_plugin() installs: libraries, headers, and the package for
# find_package(Zeolite).
include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/Zeolite")

foreach(name IN ITEMS abi core sdk manifest testing)
  set_target_properties(zeolite_${name} PROPERTIES EXPORT_NAME ${name})
endforeach()
install(TARGETS zeolite_abi zeolite_core zeolite_sdk zeolite_manifest EXPORT ZeoliteTargets)
install(EXPORT ZeoliteTargets NAMESPACE Zeolite:: DESTINATION "${package_dir}")
# Apart, since it refers to Catch2, which most users of the package do not have.
install(TARGETS zeolite_testing EXPORT ZeoliteTestingTargets)
install(EXPORT ZeoliteTestingTargets NAMESPACE Zeolite:: DESTINATION "${package_dir}")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/core/include/" "${PROJECT_SOURCE_DIR}/sdk/include/"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/sdk/cmake/" DESTINATION "${package_dir}" PATTERN "*.in" EXCLUDE)

install(FILES LICENSE README.md CHANGELOG.md DESTINATION "${CMAKE_INSTALL_DOCDIR}")
# The plugins and examples that the pages speak of are there to be read, too.
install(DIRECTORY docs examples plugins DESTINATION "${CMAKE_INSTALL_DOCDIR}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/ZeoliteConfig.cmake.in" ZeoliteConfig.cmake
  INSTALL_DESTINATION "${package_dir}")
# Before 1.0 every minor version may break what was.
write_basic_package_version_file(ZeoliteConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/ZeoliteConfig.cmake" "${PROJECT_BINARY_DIR}/ZeoliteConfigVersion.cmake"
  DESTINATION "${package_dir}")
