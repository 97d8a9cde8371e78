#pragma once

// What names a source's build, how it is found out, and when it need not be found out again.

#include "base/work_budget.hpp"
#include "builders/plan_source.hpp"
#include "crds/application_status.hpp"
#include "files/read_log.hpp"
#include "git/store.hpp"
#include "render/source_tree.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace holdfast::sources {

/// One source of an application at a commit, and all that goes into its build.
struct build_input {
    builders::build_source source;
    builders::supplies supplied;
    std::shared_ptr<const builders::build_facts> facts;
    /// The plan by which its identity was found out (identified::plan), with the same facts. Null: it is
    /// planned when it is built.
    std::shared_ptr<const builders::planned_source> plan;
};

/// What the look for an identity asked the commits that it saw.
struct source_reads {
    /// Of the source itself; nothing for a chart.
    files::path_reads own;
    /// Of the sources that it names as $NAME, by name.
    std::map<std::string, files::path_reads, std::less<>> refs;
};

/// What identifies a source's manifests.
struct source_identity {
    /// render::build_key in hexadecimal.
    std::string key;
    crds::source_type type = crds::source_type::none;
    /// What the build reads from elsewhere.
    std::set<builders::need> needs;
    /// Those of them that were not supplied: until they are, the key is none.
    std::set<builders::need> missing;
    /// The build is given a password store, so that its output has secrets in it: it is kept nowhere, and
    /// made anew whenever the objects are needed.
    bool is_secret = false;
    /// With the same answers out of other commits, the same specification, facts and needs, the identity is
    /// the same. Null where only a new look can tell.
    std::shared_ptr<const source_reads> reads;

    /// Of what is built: what was read on the way there is no part of it.
    friend bool operator==(const source_identity& a, const source_identity& b) {
        return a.key == b.key && a.type == b.type && a.needs == b.needs && a.missing == b.missing &&
               a.is_secret == b.is_secret;
    }
};

/// A source's identity, and how it is built.
struct identified {
    source_identity identity;
    /// Null while something is missing.
    std::shared_ptr<const builders::planned_source> plan;
};

/// How many errors of a source are said at once.
inline constexpr std::size_t most_source_errors = 20;

/// The files of a source. For the pool.
[[nodiscard]] result<std::unique_ptr<render::source_tree>> open_tree(const builders::build_source& source);

/// How a source is built, with what else `input` gives it. `source` is its own, or one whose reads are noted.
/// For the pool, within a budget.
[[nodiscard]] render::render_result<builders::planned_source> plan_build(
    const builders::build_source& source, const build_input& input, const builders::build_settings& with
);

/// Plans the build of a source and gives what names it, within a budget of its own. Errors: not_found for a
/// path that is not there, user for what cannot be built or asks for too much work, conflict when the store
/// lost an object, cancelled when `stop` (which may be null) was requested. For the pool.
[[nodiscard]] result<identified> identify_source(
    const build_input& input, const builders::build_settings& with, std::shared_ptr<const work_stop> stop
);

/// What a source's identity was found out from, and the commits that it stands at now.
struct reads_check {
    std::shared_ptr<const source_reads> reads;
    /// Of nothing for a chart.
    git::snapshot at;
    std::map<std::string, git::snapshot, std::less<>> refs;
};

/// For each, whether its commits still give the same answers: one look-up for an application that reads its
/// own directory. False as well where that cannot be told. For the pool.
[[nodiscard]] std::vector<bool>
still_hold(const std::vector<reads_check>& checks, std::shared_ptr<const work_stop> stop);

} // namespace holdfast::sources
