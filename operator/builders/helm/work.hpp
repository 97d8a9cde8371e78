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
    std::unique_ptr<source_view> repository;
    /// By the name of the $ref, made when the first file of it is read.
    std::map<std::string, source_view, std::less<>> refs;
    build_environment environment;
    build_plan plan;
    copier copies{plan};
    render::render_errors errors;

    helm_work(const build_source& what, const build_facts& facts, const supplies& from)
        : source{what}, supplied{from}, environment{what, facts} {}

    /// Errors beyond a hundred are dropped.
    void fail(render::render_error e);
    void fail(std::string message) { fail(render::render_error{.message = std::move(message)}); }
    void fail(std::string file, int line, std::string message) {
        fail(render::render_error{.file = std::move(file), .line = line, .message = std::move(message)});
    }
    void fail(const error& e) { fail(render::render_error{.kind = e.kind(), .message = e.message()}); }
    void fail(const error& e, std::string file, int line = 0) {
        fail(render::render_error{
            .kind = e.kind(), .file = std::move(file), .line = line, .message = e.message()
        });
    }
    void fail(const render::render_errors& some);
    void warn(std::string sentence);

    /// What was supplied for a need; nullptr, and missing, when nothing was.
    const supply* need(builders::need what);
};

/// "redis-17.0.0.tgz": what a chart's archive is called, whatever the other side calls it.
std::string archive_name(std::string_view chart, std::string_view version);

/// helm reads no larger file of a chart, 5 MiB.
inline constexpr std::size_t max_helm_file = std::size_t{5} << 20U;

} // namespace holdfast::builders
