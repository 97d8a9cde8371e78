# What can be chosen when configuring, and the flags that every target gets.
option(BUILD_TESTING "Build the tests" ON)
option(HOLDFAST_FUZZ "Build the fuzz targets (libFuzzer)" OFF)
option(HOLDFAST_COVERAGE "Instrument for source-based coverage" OFF)
set(HOLDFAST_SANITIZE "" CACHE STRING "Sanitizers for everything, as -fsanitize= takes them: address,undefined or thread")

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -fdiagnostics-color=always -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  # Aggregates with designated initializers leave out what has a default, on purpose.
  add_compile_options(-Wno-missing-designated-field-initializers -Wno-missing-field-initializers)
endif()
add_compile_definitions(_GLIBCXX_ASSERTIONS)

if(HOLDFAST_SANITIZE)
  add_compile_options(-fsanitize=${HOLDFAST_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HOLDFAST_SANITIZE})
endif()
if(HOLDFAST_COVERAGE)
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
endif()
if(HOLDFAST_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

find_program(HOLDFAST_CCACHE ccache)
if(HOLDFAST_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${HOLDFAST_CCACHE})
endif()
find_program(HOLDFAST_MOLD mold)
if(HOLDFAST_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
