# The libraries we stand on. Their header-only bodies (Asio, Beast) are compiled once, here.
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url unit_test_framework)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libgit2 REQUIRED IMPORTED_TARGET libgit2)
pkg_check_modules(libyaml REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(gpgme REQUIRED IMPORTED_TARGET gpgme)
# Compiled as C++, so that an error of Lua's unwinds what it passes.
pkg_check_modules(lua REQUIRED IMPORTED_TARGET lua5.4-c++)
pkg_check_modules(libarchive REQUIRED IMPORTED_TARGET libarchive)
find_package(yaml-cpp REQUIRED)
find_package(ZLIB REQUIRED)
find_package(date CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)

# libjsonnet has neither a CMake package nor a .pc file; Debian's archive of it lacks parts, so it is the shared library.
find_path(JSONNET_INCLUDE libjsonnet.h REQUIRED)
find_library(JSONNET_LIBRARY jsonnet REQUIRED)
add_library(vendor_jsonnet INTERFACE)
target_include_directories(vendor_jsonnet SYSTEM INTERFACE ${JSONNET_INCLUDE})
target_link_libraries(vendor_jsonnet INTERFACE ${JSONNET_LIBRARY})
add_library(vendor::jsonnet ALIAS vendor_jsonnet)

# Boost.Asio, without TLS: timers, coroutines, descriptors, sockets.
add_library(vendor_asio STATIC cmake/vendor/asio.cpp)
target_compile_definitions(vendor_asio PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_HAS_CO_AWAIT)
target_link_libraries(vendor_asio PUBLIC Boost::headers Threads::Threads)
target_compile_options(vendor_asio PRIVATE -w)
add_library(vendor::asio ALIAS vendor_asio)

# Boost.Beast: only for the few files that speak HTTP. TLS is OpenSSL's own.
add_library(vendor_beast STATIC cmake/vendor/beast.cpp)
target_compile_definitions(vendor_beast PUBLIC BOOST_BEAST_SEPARATE_COMPILATION)
target_link_libraries(vendor_beast PUBLIC vendor::asio OpenSSL::SSL OpenSSL::Crypto)
target_compile_options(vendor_beast PRIVATE -w)
add_library(vendor::beast ALIAS vendor_beast)
