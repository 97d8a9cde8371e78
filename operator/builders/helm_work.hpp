#pragma once

#include "builders/copies.hpp"
#include "builders/environment.hpp"
#include "builders/plan.hpp"

#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace holdfast::builders {

/// What planning a chart adds up to.
struct helm_work {
    const build_source& source;
    const supplies& supplied;
    /// Nullptr where the chart is out of a chart repository.
    std::unique_ptr<commit_view> repository;
    /// By the name of the $ref, made when the first file of it is read.
    std::map<std::string, commit_view, std::less<>> refs;
    build_environment environment;
    build_plan plan;
    copier copies{plan};
    render::render_errors errors;

    helm_work(const build_source& what, const build_facts& facts, const supplies& from)
        : source{what}, supplied{from}, environment{what, facts} {}

    void fail(std::string message) { errors.all.push_back({.message = std::move(message)}); }
    void fail(std::string file, int line, std::string message) {
        errors.all.push_back({.file = std::move(file), .line = line, .message = std::move(message)});
    }
    void fail(const error& e) { errors.all.push_back({.kind = e.kind(), .message = e.message()}); }
    void fail(const error& e, std::string file, int line = 0) {
        errors.all.push_back({.kind = e.kind(), .file = std::move(file), .line = line, .message = e.message()}
        );
    }
    void fail(const render::render_errors& some) {
        errors.all.insert(errors.all.end(), some.all.begin(), some.all.end());
    }
    void warn(std::string sentence);

    /// What was supplied for a need; nullptr, and missing, when nothing was.
    const supply* need(builders::need what);
};

/// helm reads no larger file of a chart, 5 MiB.
inline constexpr std::size_t max_helm_file = std::size_t{5} << 20U;

} // namespace holdfast::builders
