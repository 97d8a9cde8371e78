#pragma once

#include "builders/environment.hpp"
#include "builders/kustomize/kustomization.hpp"
#include "crds/source.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::builders {

/// What matches a pattern of components, as kustomization paths sorted by name; empty: nothing.
using component_glob = std::function<result<std::vector<std::string>>(std::string_view pattern)>;

/// Puts the options of spec.source.kustomize into a kustomization, as Argo CD does it with `kustomize edit`:
/// images, commonLabels and (where asked for) commonAnnotations with variables of `environment` replaced.
/// What it adds is in kustomization::added. Errors are user errors that name the option. `warnings` gets what
/// the options say in vain.
void apply_options(
    kustomization& k, const crds::kustomize_options& options, const build_environment& environment,
    const component_glob& glob, std::vector<render::render_error>& errors, std::vector<std::string>& warnings
);

/// An entry of `kustomize edit set image`: [NAME=]NEW[:TAG][@DIGEST]. "*" keeps what the kustomization has.
struct image_override {
    std::string name;
    std::string new_name;
    std::string new_tag;
    std::string digest;

    friend bool operator==(const image_override&, const image_override&) = default;
};
result<image_override> read_image_override(std::string_view text);

/// A warning where `version` (Argo CD's name of a kustomize that its administrator installed: "kustomize5",
/// "v5.4.1") is another one than `there` ("v5.7.1"); "" where it can be the same.
std::string version_warning(std::string_view version, std::string_view there);

} // namespace holdfast::builders
