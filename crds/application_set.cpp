#include "crds/application_set.hpp"

#include "crds/examine_template.hpp"
#include "crds/whole_object.hpp"

#include <fmt/format.h>

#include <iterator>

namespace holdfast::crds {

namespace {

constexpr std::string_view kind = "ApplicationSet";
/// Deeper ones are refused by `check`, and not looked into.
constexpr std::size_t deepest = 2;

template <class Found>
void append(std::vector<Found>& to, std::vector<Found>&& found) {
    to.insert(to.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
}

void examine_inner(
    set_generator& generator, const std::string& path, std::size_t depth, std::vector<problem>& problems,
    std::vector<problem>& unknown
);

/// What nobody knows is left out of them, as everywhere.
void examine_all(
    std::vector<json::object>& generators, const std::string& path, std::size_t depth,
    std::vector<problem>& problems, std::vector<problem>& unknown
) {
    for (std::size_t i = 0; i < generators.size(); ++i) {
        const auto where = fmt::format("{}.generators[{}]", path, i);
        auto read = examine_set_generator(generators[i], where);
        append(problems, std::move(read.problems));
        append(unknown, std::move(read.unknown_fields));
        if (depth < deepest) examine_inner(read.value, where, depth, problems, unknown);
        generators[i] = write(read.value);
    }
}

void examine_inner(
    set_generator& generator, const std::string& path, std::size_t depth, std::vector<problem>& problems,
    std::vector<problem>& unknown
) {
    if (generator.matrix) {
        examine_all(generator.matrix->generators, path + ".matrix", depth + 1, problems, unknown);
    }
    if (generator.merge) {
        examine_all(generator.merge->generators, path + ".merge", depth + 1, problems, unknown);
    }
}

/// The templates of an entry's own generators. Those inside of a matrix or a merge count for nothing.
void examine_templates(
    const set_generator& generator, const std::string& path, std::vector<problem>& problems,
    std::vector<problem>& unknown
) {
    const auto examine = [&](const auto& of, std::string_view name) {
        if (!of || !of->template_) return;
        examine_template_spec(
            of->template_->spec, fmt::format("{}.{}.template.spec", path, name), problems, unknown
        );
    };
    examine(generator.list, "list");
    examine(generator.clusters, "clusters");
    examine(generator.git, "git");
    examine(generator.matrix, "matrix");
    examine(generator.merge, "merge");
}

void examine_inner(reading<application_set>& read) {
    auto& generators = read.value.spec.generators;
    examine_template_spec(
        read.value.spec.template_.spec, "spec.template.spec", read.problems, read.unknown_fields
    );
    for (std::size_t i = 0; i < generators.size(); ++i) {
        examine_templates(
            generators[i], fmt::format("spec.generators[{}]", i), read.problems, read.unknown_fields
        );
        examine_inner(
            generators[i], fmt::format("spec.generators[{}]", i), 0, read.problems, read.unknown_fields
        );
    }
}

} // namespace

reading<application_set> examine_application_set(const json::object& object) {
    auto read = examine_object<application_set>(kind, object);
    examine_inner(read);
    return read;
}

reading<set_generator> examine_set_generator(const json::object& generator, const std::string& path) {
    reading<set_generator> made;
    read_report report;
    read_structure(description_of<set_generator>(), &made.value, generator, path, report);
    made.problems = std::move(report.problems);
    made.unknown_fields = std::move(report.unknown_fields);
    return made;
}

json::object write(const application_set& value) {
    return write_object(kind, value);
}

json::object write(const application_set_spec& value) {
    return write_structure(description_of<application_set_spec>(), &value);
}

json::object write(const application_set_status& value) {
    return write_structure(description_of<application_set_status>(), &value);
}

json::object write(const set_generator& value) {
    return write_structure(description_of<set_generator>(), &value);
}

json::object write(const set_template& value) {
    return write_structure(description_of<set_template>(), &value);
}

} // namespace holdfast::crds
