# SPDX-License-Identifier: Apache-2.0
# Flags and helpers that all targets share.

find_package(PkgConfig REQUIRED)

# Float results must be the same bits everywhere: no contraction, no fast math.
set(KINGLET_FLAGS -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes
    -Wvla -ffp-contract=off -fno-fast-math)
if(KINGLET_WERROR)
  list(APPEND KINGLET_FLAGS -Werror)
endif()
if(KINGLET_SANITIZE)
  list(APPEND KINGLET_FLAGS -fsanitize=${KINGLET_SANITIZE} -fno-sanitize-recover=all
       -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${KINGLET_SANITIZE})
endif()

# kl_configure(TARGET): include roots and warnings of the house.
function(kl_configure target)
  target_compile_options(${target} PRIVATE ${KINGLET_FLAGS})
  target_compile_definitions(${target} PRIVATE _GNU_SOURCE
                             KINGLET_VERSION="${PROJECT_VERSION}")
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/host
                             ${CMAKE_SOURCE_DIR}/device/include ${CMAKE_SOURCE_DIR}/device)
endfunction()

# kl_library(NAME SOURCES a.c b.c DEPENDS libs): a static library of one module.
function(kl_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  kl_configure(${name})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS})
endfunction()
