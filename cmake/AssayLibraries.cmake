# Libraries, all from Debian packages. Imported targets, so their headers count as SYSTEM.
# A missing one stops here with the command that installs it.

macro(assay_find_package)
  find_package(${ARGN} QUIET)
  if(NOT ${ARGV0}_FOUND)
    message(FATAL_ERROR "${ARGV0} is missing: run tools/install-deps.sh")
  endif()
endmacro()

# For libraries without a CMake package: header HEADER, library LIBRARY → imported target NAME.
function(assay_import NAME HEADER LIBRARY)
  find_path(${LIBRARY}_HEADERS ${HEADER})
  find_library(${LIBRARY}_FILE ${LIBRARY})
  if(NOT ${LIBRARY}_HEADERS OR NOT ${LIBRARY}_FILE)
    message(FATAL_ERROR "lib${LIBRARY} is missing: run tools/install-deps.sh")
  endif()
  add_library(${NAME} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(${NAME} PROPERTIES
    IMPORTED_LOCATION ${${LIBRARY}_FILE} INTERFACE_INCLUDE_DIRECTORIES ${${LIBRARY}_HEADERS})
endfunction()

assay_find_package(fmt)
assay_find_package(tl-expected)
assay_find_package(nlohmann_json)
assay_find_package(CLI11)
assay_find_package(TBB)
assay_find_package(simdjson)
assay_find_package(ZLIB)
assay_import(libyaml yaml.h yaml)
assay_import(libcsv csv.h csv)
assay_import(xxhash xxhash.h xxhash)
assay_import(zstd zstd.h zstd)

if(ASSAY_TESTS)
  assay_find_package(GTest)
  assay_find_package(rapidcheck)
  assay_find_package(valijson)
  assay_find_package(benchmark)
endif()
if(ASSAY_TESTS OR ASSAY_FUZZERS)
  find_package(Python3 3.9 REQUIRED COMPONENTS Interpreter)
endif()
