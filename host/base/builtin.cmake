# SPDX-License-Identifier: Apache-2.0
# kl_builtin: device sources, board files, networks, feature pipelines, templates and styles inside the program.
file(GLOB_RECURSE KINGLET_BUILTIN_FILES RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS
     ${CMAKE_SOURCE_DIR}/device/*.h ${CMAKE_SOURCE_DIR}/device/*.c
     ${CMAKE_SOURCE_DIR}/device/*.def ${CMAKE_SOURCE_DIR}/device/*.ld
     ${CMAKE_SOURCE_DIR}/device/*.S ${CMAKE_SOURCE_DIR}/boards/*.yaml
     ${CMAKE_SOURCE_DIR}/templates/* ${CMAKE_SOURCE_DIR}/zoo/*.yaml
     ${CMAKE_SOURCE_DIR}/features/*.yaml
     ${CMAKE_SOURCE_DIR}/host/report/*.css)
# What firmware takes of BearSSL; absent where scripts/fetch_bearssl.sh did not run.
file(GLOB KINGLET_BEARSSL_SOURCES RELATIVE ${CMAKE_SOURCE_DIR} CONFIGURE_DEPENDS
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/LICENSE.txt
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/inc/*.h ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/*.h
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/codec/*.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/ec/ec_prime_i31.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/ec/ec_secp*.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/ec/ecdsa_atr.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/ec/ecdsa_rta.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/ec/ecdsa_i31_*.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/ec/ec_keygen.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/ec/ec_pubkey.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/hash/sha2small.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/int/i31_*.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/int/i32_div32.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/kdf/hkdf.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/mac/hmac.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/rand/hmac_drbg.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/symcipher/aes_common.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/symcipher/aes_small_*.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/symcipher/chacha20_ct.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/symcipher/poly1305_ctmul.c
     ${CMAKE_SOURCE_DIR}/.sources/bearssl/src/aead/ccm.c)
list(APPEND KINGLET_BUILTIN_FILES ${KINGLET_BEARSSL_SOURCES})
list(JOIN KINGLET_BUILTIN_FILES "\n" KINGLET_BUILTIN_LIST)
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/builtin_files.txt
     CONTENT "${KINGLET_BUILTIN_LIST}\n" @ONLY)
list(TRANSFORM KINGLET_BUILTIN_FILES PREPEND ${CMAKE_SOURCE_DIR}/)

add_executable(kl_embed ${CMAKE_SOURCE_DIR}/scripts/embed.c)
kl_configure(kl_embed)
set_target_properties(kl_embed PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})

add_custom_command(
  OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/builtin_data.c
  COMMAND kl_embed ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_BINARY_DIR}/builtin_files.txt
          ${CMAKE_CURRENT_BINARY_DIR}/builtin_data.c
  DEPENDS kl_embed ${CMAKE_CURRENT_BINARY_DIR}/builtin_files.txt ${KINGLET_BUILTIN_FILES}
  COMMENT "Embedding device sources, board files and templates"
  VERBATIM)
kl_library(kl_builtin
           SOURCES ${CMAKE_CURRENT_LIST_DIR}/builtin.c ${CMAKE_CURRENT_BINARY_DIR}/builtin_data.c)
