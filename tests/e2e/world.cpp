#include "e2e/world.hpp"

#include "e2e/json.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace holdfast::test {

namespace {

std::unique_ptr<world> the_world; // NOLINT: what the program's cases share; end_of_world ends it

struct end_of_world {
    ~end_of_world() { the_world.reset(); }
};

BOOST_TEST_GLOBAL_FIXTURE(end_of_world);

} // namespace

world& world::get() {
    return prepared({});
}

world& world::with_apiserver(const std::vector<std::string>& args) {
    return prepared({.apiserver_args = args});
}

world& world::prepared(const control_plane_options& options) {
    if (!the_world) {
        the_world = std::make_unique<world>(options);
        auto& w = *the_world;
        w.kubectl({"apply", "--server-side", "-f", HOLDFAST_SOURCE_DIR "/crds"});
        w.kubectl({"wait", "--for=condition=Established", "--timeout=30s", "-f", HOLDFAST_SOURCE_DIR "/crds"}
        );
        w.create_namespace(home);
    }
    return *the_world;
}

world& world::with_operator() {
    auto& w = get();
    if (!w.operator_.running()) {
        w.operator_.start();
    }
    return w;
}

world& world::with_node() {
    if (!the_world) {
        the_world = std::make_unique<world>(control_plane_options{.node = true});
    }
    return *the_world;
}

world* world::made() noexcept {
    return the_world.get();
}

world::world(const control_plane_options& options) : cluster_{options} {}

std::string world::kubectl(std::vector<std::string> args, std::string input) {
    std::string line = "kubectl";
    for (const auto& arg : args) {
        line += " " + arg;
    }
    const auto done = cluster_.kubectl(std::move(args), {.input = std::move(input)});
    BOOST_REQUIRE_MESSAGE(done.ok(), line << ": " << done.err << operator_.last_words());
    return done.out;
}

void world::apply(const std::string& manifests) {
    kubectl({"apply", "-f", "-"}, manifests);
}

void world::create_namespace(const std::string& name) {
    kubectl({"create", "namespace", name});
}

std::optional<json::object>
world::get_json(const std::string& kind, const std::string& ns, const std::string& name) {
    return reader_.get(kind, ns, name);
}

std::string world::field(
    const std::string& kind, const std::string& ns, const std::string& name, const std::string& path
) {
    const auto object = reader_.get(kind, ns, name);
    if (!object) {
        return {};
    }
    if (auto printed = printed_at(*object, path)) {
        return std::move(*printed);
    }
    std::vector<std::string> args{"get", kind, name, "-o", "jsonpath={" + path + "}"};
    if (!ns.empty()) {
        args.insert(args.end(), {"-n", ns});
    }
    const auto done = cluster_.kubectl(std::move(args));
    return done.ok() ? done.out : std::string{};
}

std::vector<json::object>
world::list(const std::string& kind, const std::string& ns, const std::string& selector) {
    auto listed = reader_.list(kind, ns, selector);
    BOOST_REQUIRE_MESSAGE(listed, kind << " in " << ns << " cannot be listed" << operator_.last_words());
    return std::move(*listed);
}

std::vector<std::string>
world::names(const std::string& kind, const std::string& ns, const std::string& selector) {
    std::vector<std::string> all;
    for (const auto& each : list(kind, ns, selector)) {
        auto name = text_at(each, {"metadata", "name"});
        if (name != "kube-root-ca.crt") { // the cluster puts it into every namespace
            all.push_back(std::move(name));
        }
    }
    std::sort(all.begin(), all.end());
    return all;
}

} // namespace holdfast::test
