# assay_room(<name> SOURCES … USES <lower rooms> LIBRARIES <imported targets>
#            TESTS … TEST_LIBRARIES <imported targets>)
#
# Makes the static library assay_<name>, whose includes read "room/file.h", and the test program
# assay_<name>_test. USES holds the direct arrows of docs/architecture.md; tools/tidy.py checks that
# the includes agree, and that every .cpp file of the room is named here.
# A room without sources is header-only; one without tests has an empty test target.
function(assay_room NAME)
  cmake_parse_arguments(PARSE_ARGV 1 ROOM "" "" "SOURCES;USES;LIBRARIES;TESTS;TEST_LIBRARIES")
  if(ROOM_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "assay_room(${NAME}): what is '${ROOM_UNPARSED_ARGUMENTS}'?")
  endif()
  list(TRANSFORM ROOM_USES PREPEND assay_)

  set(kind INTERFACE)
  if(ROOM_SOURCES)
    set(kind PUBLIC)
    add_library(assay_${NAME} STATIC ${ROOM_SOURCES})
  else()
    add_library(assay_${NAME} INTERFACE)
  endif()
  target_include_directories(assay_${NAME} ${kind} ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(assay_${NAME} ${kind} ${ROOM_USES} ${ROOM_LIBRARIES})

  if(NOT ASSAY_TESTS)
    return()
  endif()
  if(NOT ROOM_TESTS)
    add_custom_target(assay_${NAME}_test)
    return()
  endif()
  add_executable(assay_${NAME}_test ${ROOM_TESTS})
  target_link_libraries(assay_${NAME}_test PRIVATE
    assay_${NAME} ${ROOM_TEST_LIBRARIES} GTest::gtest_main rapidcheck rapidcheck_gtest)
  target_compile_options(assay_${NAME}_test PRIVATE -O0)  # halves the time that tests compile
  # Tests may read the repository's own files (data/, examples/, schemas/) through this path.
  target_compile_definitions(assay_${NAME}_test PRIVATE
    ASSAY_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  set(properties "seed=1")  # of rapidcheck: the same draws everywhere, fewer where code is slow
  if(ASSAY_SANITIZE)
    string(APPEND properties " max_success=10")
  endif()
  include(GoogleTest)
  gtest_discover_tests(assay_${NAME}_test
    DISCOVERY_MODE PRE_TEST TEST_PREFIX "${NAME}." NO_PRETTY_VALUES
    PROPERTIES LABELS unit TIMEOUT 600 ENVIRONMENT "RC_PARAMS=${properties}")
endfunction()
