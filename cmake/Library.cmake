# One folder, one library, one namespace. What a library links is what it can include: the headers of each are reached
# through a directory of its own (build/include/NAME/NAME -> the folder), which only those who link it get to see.
#
#   holdfast_library(kube SOURCES client.cpp … LINK holdfast::base … PRIVATE_LINK vendor::beast …)
#   defines holdfast::kube, whose headers are included as "kube/….hpp".
function(holdfast_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  set(target holdfast_${name})
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/include/${name})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_BINARY_DIR}/include/${name}/${name} SYMBOLIC)
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(holdfast::${name} ALIAS ${target})
  target_include_directories(${target} PUBLIC ${CMAKE_BINARY_DIR}/include/${name})
  target_link_libraries(${target} PUBLIC ${arg_LINK} PRIVATE ${arg_PRIVATE_LINK})
endfunction()

# One test program with Boost.Test, a ctest entry of the same name. Tests mirror the folders they test.
#
#   holdfast_test(base SOURCES duration_test.cpp … LINK holdfast::base [LABEL unit] [TIMEOUT 60] [ENVIRONMENT A=b …])
#
# The program is NAME_test; tests/support/main.cpp has its main(). `./dev test` gives two of ctest's processors for each real one: a
# unit test takes both, since it computes; what talks to a cluster takes one, since it mostly waits.
function(holdfast_test name)
  cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "SOURCES;LINK;ENVIRONMENT" ${ARGN})
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  add_executable(${name}_test ${arg_SOURCES})
  target_link_libraries(${name}_test PRIVATE holdfast::test_main ${arg_LINK})
  target_compile_definitions(${name}_test PRIVATE
    HOLDFAST_SOURCE_DIR="${CMAKE_SOURCE_DIR}" HOLDFAST_TEST_DATA="${CMAKE_CURRENT_SOURCE_DIR}/data")
  add_test(NAME ${arg_LABEL}.${name} COMMAND ${name}_test --color_output=no)
  set_tests_properties(${arg_LABEL}.${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT}
    COST ${arg_TIMEOUT} # those that may take long begin first, where nobody knows how long they took last time
    ENVIRONMENT "${arg_ENVIRONMENT}")
  if(arg_LABEL STREQUAL unit)
    set_tests_properties(${arg_LABEL}.${name} PROPERTIES PROCESSORS 2)
  endif()
endfunction()
