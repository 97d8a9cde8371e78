# What "cmake --install" installs, so that each program finds those it runs: the operator in bin, all that it runs in
# libexec/holdfast. With $HOLDFAST_PROGRAMS (the directory that tools/programs/build prints) kustomize, helm, sops and holdfast-builder as well.
install(TARGETS holdfast RUNTIME DESTINATION bin)
install(TARGETS holdfast-jsonnet holdfast-keyring holdfast-read-manifests holdfast-sandbox holdfast-sops-gpg RUNTIME DESTINATION libexec/holdfast)
install(TARGETS kustomize-pass RUNTIME DESTINATION libexec/holdfast/functions)
install(CODE [[
  if(DEFINED ENV{HOLDFAST_PROGRAMS})
    foreach(program kustomize helm sops holdfast-builder)
      file(REAL_PATH "$ENV{HOLDFAST_PROGRAMS}/${program}" program)
      file(INSTALL "${program}" DESTINATION "${CMAKE_INSTALL_PREFIX}/libexec/holdfast/programs" USE_SOURCE_PERMISSIONS)
    endforeach()
    if(EXISTS "$ENV{HOLDFAST_PROGRAMS}/go-modules")
      file(INSTALL "$ENV{HOLDFAST_PROGRAMS}/go-modules" DESTINATION "${CMAKE_INSTALL_PREFIX}/share/holdfast")
    endif()
  endif()
]])
