#pragma once

#include "sets/generate.hpp"
#include "sets/parameters.hpp"
#include "sets/renderings.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::sets {

/// What one generator of an entry gave.
struct generator_results {
    std::vector<parameters> sets;
    /// Its own template.
    std::optional<crds::set_template> own_template;
};

/// Runs generators. What they need and depend on goes into `out`. One generation, one thread.
class generators {
public:
    generators(
        const crds::application_set& set, const knowledge& known, const generate_limits& limits,
        renderings& templates, generation& out
    )
        : set_{set}, known_{known}, limits_{limits}, templates_{templates}, out_{out} {}

    /// The results of all generators of one entry at `path`, one after the other. Errors: user, beginning
    /// with the path of what failed.
    maybe<std::vector<generator_results>> run(const crds::set_generator& entry, const std::string& path);

private:
    struct found_sets;
    using sets_of_one = maybe<std::vector<parameters>>;

    /// `outer`: the parameters of a matrix's first generator, null where there are none.
    maybe<std::vector<generator_results>> run_entry(
        const crds::set_generator& entry, const std::string& path, std::size_t depth, const parameters* outer
    );
    sets_of_one run_child(
        const crds::set_generator& child, const std::string& path, std::size_t depth, const parameters* outer
    );
    maybe<crds::set_generator> interpolated(
        const crds::set_generator& entry, const std::string& path, std::size_t depth, const parameters& outer
    );
    maybe<bool> interpolate_values(crds::string_map& values, const parameters& outer);

    sets_of_one list(const crds::list_generator& from);
    sets_of_one clusters(const crds::cluster_generator& from);
    sets_of_one git(const crds::git_generator& from);
    sets_of_one git_files(const crds::git_generator& from, const tree_id& id, const known_tree& tree);
    sets_of_one matrix(const crds::matrix_generator& from, const std::string& path, std::size_t depth);
    sets_of_one merge(const crds::merge_generator& from, const std::string& path, std::size_t depth);

    /// Adds `values.NAME` to each, rendered with its own parameters.
    sets_of_one with_values(std::vector<parameters> sets, const crds::string_map& values);
    result<parameters> together(const parameters& first, const parameters& second) const;
    /// Adds a result where there is room for it.
    result<void> add(std::vector<parameters>& to, parameters one, std::size_t& bytes);
    /// Takes from generate_limits::work. It cannot be interrupted, so it has to end by itself.
    result<void> spend(std::size_t work);

    const crds::application_set& set_;
    const knowledge& known_;
    const generate_limits& limits_;
    renderings& templates_;
    generation& out_;
    /// A matrix may ask for the same tree a thousand times.
    std::map<tree_id, std::vector<std::string>> directories_;
    std::set<std::pair<tree_id, std::string>> files_;
    std::size_t spent_ = 0;
};

} // namespace holdfast::sets
