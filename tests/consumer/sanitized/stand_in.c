/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens a plugin as zeolite-manifest does, and no more than that. */
#include <dlfcn.h>
#include <stdio.h>

#include <zeolite/abi/plugin.h>

int main(int argc, char** argv) {
  void* const library = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  if (library != NULL && dlsym(library, ZEOLITE_PLUGIN_SYMBOL) != NULL) return 0;
  fprintf(stderr, "%s\n", dlerror());
  return 1;
}
