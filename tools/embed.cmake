# assay_embed(<target> <glob>…): every file that matches a glob, relative to the repository's root,
# becomes part of <target>, readable through src/catalog/embedded.h.
#
# Neither g++ 12 nor clang 14 has #embed, so an assembly file takes the bytes in with .incbin.
# Index: a count, then per file, sorted by path, four 8-byte numbers (offset and length of the path,
# offset and length of the content, counted from assay_embedded_bytes); offsets need no relocation.
# The globs are re-run by each build; a changed file costs one assembly and one link.
function(assay_embed TARGET)
  list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/ OUTPUT_VARIABLE globs)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS
    LIST_DIRECTORIES false RELATIVE ${PROJECT_SOURCE_DIR} ${globs})
  list(FILTER files EXCLUDE REGEX "(^|/)\\.")
  list(SORT files COMPARE STRING)

  set(index "")
  set(bytes "")
  set(number 0)
  foreach(path IN LISTS files)
    string(APPEND index
      "  .8byte .Lpath${number} - .Lbytes, .Lcontent${number} - .Lpath${number}\n"
      "  .8byte .Lcontent${number} - .Lbytes, .Lend${number} - .Lcontent${number}\n")
    string(APPEND bytes
      ".Lpath${number}:\n  .ascii \"${path}\"\n"
      ".Lcontent${number}:\n  .incbin \"${path}\"\n.Lend${number}:\n")
    math(EXPR number "${number} + 1")
  endforeach()

  set(assembly ${CMAKE_CURRENT_BINARY_DIR}/${TARGET}_embedded.S)
  file(CONFIGURE OUTPUT ${assembly} @ONLY CONTENT [[
  .section .rodata
  .balign 8
  .global assay_embedded_index
assay_embedded_index:
  .8byte @number@
@index@
  .global assay_embedded_bytes
assay_embedded_bytes:
.Lbytes:
@bytes@
  .section .note.GNU-stack,"",%progbits
]])
  list(TRANSFORM files PREPEND ${PROJECT_SOURCE_DIR}/ OUTPUT_VARIABLE inputs)
  set_source_files_properties(${assembly} PROPERTIES
    OBJECT_DEPENDS "${inputs}" INCLUDE_DIRECTORIES ${PROJECT_SOURCE_DIR})
  target_sources(${TARGET} PRIVATE ${assembly})
endfunction()
