#include "control/builder.hpp"

#include "base/base64.hpp"
#include "kube/object.hpp"
#include "render/build_key.hpp"
#include "render/directory.hpp"
#include "render/git_tree.hpp"
#include "render/links.hpp"
#include "render/namespaces.hpp"
#include "render/source_kind.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace holdfast::control {

namespace {

render::directory_options options_of(const crds::application_source& source) {
    render::directory_options options;
    options.path = source.path;
    if (source.directory) {
        options.recurse = source.directory->recurse;
        options.include = source.directory->include;
        options.exclude = source.directory->exclude;
        options.disable_extension_filter = source.directory->disable_extension_filter;
    }
    return options;
}

crds::source_type type_of(render::source_kind kind) {
    switch (kind) {
    case render::source_kind::directory: return crds::source_type::directory;
    case render::source_kind::helm: return crds::source_type::helm;
    case render::source_kind::kustomize: return crds::source_type::kustomize;
    case render::source_kind::plugin: return crds::source_type::plugin;
    }
    return crds::source_type::none;
}

result<std::unique_ptr<render::source_tree>> open_tree(const build_input& input) {
    auto reader = input.snapshot.read();
    if (!reader) {
        return reader.error();
    }
    return render::make_git_tree(std::move(*reader), input.source.repo_url);
}

// The id of the directory that a source is; where symlinks lead to it, of where they lead.
result<std::string> tree_id_of(render::source_tree& tree, const std::string& path) {
    const auto clean = render::clean_path(path);
    if (!clean) {
        return clean.error();
    }
    const auto at = render::follow(tree, *clean);
    if (!at) {
        return at.error();
    }
    return at->entry.id;
}

result<source_identity> identify_one(render::source_tree& tree, const build_input& input) {
    const auto& source = input.source;
    const render::source_blocks blocks{
        .directory = source.directory.has_value(),
        .helm = source.helm.has_value(),
        .kustomize = source.kustomize.has_value(),
        .plugin = source.plugin.has_value(),
        .chart = !source.chart.empty()
    };
    const auto kind = render::detect(tree, source.path, blocks);
    if (!kind) {
        return kind.error();
    }
    if (auto supported = render::check_supported(*kind, source.path); !supported) {
        return supported.error();
    }
    const auto options = options_of(source);
    const auto id = tree_id_of(tree, options.path);
    if (!id) {
        return id.error();
    }
    return source_identity{to_hex(render::directory_key(*id, options, {})), type_of(*kind)};
}

render::render_result<render::render_output> render_one(const build_input& input) {
    const auto& source = input.source;
    auto tree = open_tree(input);
    if (!tree) {
        return render::render_errors{
            {render::render_error{.kind = tree.error().kind(), .message = tree.error().message()}}
        };
    }
    return render::render_directory(**tree, options_of(source));
}

bool is_current(const render::packed_output& output, const build_input& input) {
    if (output.outside_reads.empty()) {
        return true;
    }
    auto tree = open_tree(input);
    if (!tree) {
        return false;
    }
    const auto same = render::still_current(output.outside_reads, **tree);
    return same.has_value() && *same;
}

// Applications outside the operator's own namespace reach no further than their own.
std::optional<error>
check_confined(const std::vector<render::manifest>& objects, const std::string& namespace_) {
    std::string all;
    for (const auto& m : objects) {
        const auto names = render::names_of(m.object);
        if (names.namespace_ != namespace_) {
            all += (all.empty() ? "" : "; ") + render::to_string(m.from) + ": " + render::describe(names);
        }
    }
    if (all.empty()) {
        return std::nullopt;
    }
    return user_error(
        "an Application in namespace \"" + namespace_ +
        "\" may only have objects of that namespace; these are not: " + all
    );
}

// References to secrets are for a later version to resolve. Applied as they are, they would be passwords of
// their own.
bool holds_reference(const json::object& manifest) {
    if (kube::kind_of(manifest) != "Secret") {
        return false;
    }
    const auto* data = kube::find_object(manifest, {"data"});
    return data != nullptr && std::any_of(data->begin(), data->end(), [](const auto& member) {
               const auto* text = member.value().if_string();
               const auto bytes = text == nullptr ? std::nullopt : base64_decode(*text);
               return bytes && bytes->find("ref+pass://") != std::string::npos;
           });
}

result<std::shared_ptr<const desired_set>> prepare(
    const std::vector<std::shared_ptr<const render::packed_output>>& outputs, const build_target& target,
    const kube::api_catalog& catalog
) {
    auto made = std::make_shared<desired_set>();
    std::vector<render::manifest> objects;
    // Of two sources with the same object the later wins.
    std::map<std::string, std::size_t> seen;
    for (const auto& output : outputs) {
        made->warnings.insert(made->warnings.end(), output->warnings.begin(), output->warnings.end());
        const auto first = objects.size();
        for (auto& m : render::unpack(*output)) {
            const auto names = render::names_of(m.object);
            auto key = render::describe(names) + "\n" + std::string{names.group};
            const auto [known, added] = seen.emplace(std::move(key), objects.size());
            if (!added && known->second < first && !names.name.empty()) {
                made->warnings.push_back(
                    render::to_string(m.from) + ": " + render::describe(names) +
                    " is also in an earlier source (" + render::to_string(objects[known->second].from) +
                    "); the later one is used"
                );
                objects[known->second] = std::move(m);
            } else {
                objects.push_back(std::move(m));
            }
        }
    }
    const auto scope_of = [&catalog](
                              std::string_view group, std::string_view version, std::string_view kind
                          ) -> std::optional<render::scope> {
        const auto* r =
            catalog.find(kube::group_version_kind{std::string{group}, std::string{version}, std::string{kind}}
            );
        if (r == nullptr) {
            return std::nullopt;
        }
        return r->namespaced ? render::scope::namespaced : render::scope::cluster;
    };
    auto placed = render::place(std::move(objects), target.namespace_, scope_of);
    if (!placed) {
        return placed.error().summary(20);
    }
    made->warnings.insert(made->warnings.end(), placed->warnings.begin(), placed->warnings.end());
    if (!target.confined_to.empty()) {
        if (auto outside = check_confined(placed->objects, target.confined_to)) {
            return *outside;
        }
    }
    made->objects.reserve(placed->objects.size());
    for (auto& m : placed->objects) {
        auto from = std::move(m.from);
        auto prepared = sync::make_desired(std::move(m.object), target.who);
        if (!prepared) {
            return prepared.error().within(render::to_string(from));
        }
        if (holds_reference(prepared->manifest)) {
            return user_error(
                render::to_string(from) + ": " + sync::describe(prepared->id) +
                ": references to secrets (ref+pass://…) are not resolved yet by this version"
            );
        }
        const auto gvk = kube::make_gvk(prepared->api_version, prepared->id.kind);
        if (catalog.find(gvk) == nullptr) {
            made->new_kinds.insert(gvk);
        }
        for (const auto& warning : prepared->orders.warnings) {
            made->warnings.push_back(render::to_string(from) + ": " + warning);
        }
        made->objects.push_back({std::move(*prepared), std::move(from)});
    }
    std::sort(
        made->objects.begin(), made->objects.end(),
        [](const wanted_manifest& a, const wanted_manifest& b) { return a.object.id < b.object.id; }
    );
    return std::shared_ptr<const desired_set>{std::move(made)};
}

} // namespace

const wanted_manifest* desired_set::find(const sync::object_id& id) const noexcept {
    const auto found =
        std::lower_bound(objects.begin(), objects.end(), id, [](const wanted_manifest& m, const auto& key) {
            return m.object.id < key;
        });
    return found == objects.end() || found->object.id != id ? nullptr : &*found;
}

builder::builder(asio::thread_pool& pool, std::size_t cache_bytes) : pool_{pool}, cache_{cache_bytes} {}

asio::awaitable<std::vector<result<source_identity>>> builder::identify(std::vector<build_input> sources) {
    auto work = [held = std::move(sources)] {
        std::vector<result<source_identity>> all;
        all.reserve(held.size());
        // Applications of one repository are at one commit: opened once for all of them.
        const build_input* opened = nullptr;
        std::unique_ptr<render::source_tree> tree;
        for (const auto& input : held) {
            const bool same = opened != nullptr && opened->snapshot.commit() == input.snapshot.commit() &&
                              opened->snapshot.repository() == input.snapshot.repository() &&
                              opened->source.repo_url == input.source.repo_url;
            if (!same) {
                opened = nullptr;
                auto made = open_tree(input);
                if (!made) {
                    all.push_back(made.error());
                    continue;
                }
                tree = std::move(*made);
                opened = &input;
            }
            all.push_back(identify_one(*tree, input));
        }
        return all;
    };
    co_return co_await on_pool(pool_, std::move(work));
}

asio::awaitable<result<std::shared_ptr<const desired_set>>> builder::build(
    std::vector<build_input> sources, std::vector<source_identity> identities, build_target target,
    std::shared_ptr<const kube::api_catalog> catalog
) {
    using outputs = std::vector<std::shared_ptr<const render::packed_output>>;
    outputs finished;
    std::vector<render::build_key> keys;
    for (const auto& identity : identities) {
        render::build_key key{};
        for (std::size_t i = 0; i < key.size(); ++i) {
            key[i] = static_cast<unsigned char>(std::stoi(identity.key.substr(2 * i, 2), nullptr, 16));
        }
        keys.push_back(key);
        finished.push_back(cache_.find(key));
    }
    struct answer {
        outputs finished;
        result<std::shared_ptr<const desired_set>> set;
    };
    auto work = [held = std::move(sources), finished = std::move(finished), target = std::move(target),
                 catalog = std::move(catalog)]() mutable -> answer {
        std::optional<error> broken;
        for (std::size_t i = 0; i < held.size(); ++i) {
            if (finished[i] && is_current(*finished[i], held[i])) {
                continue;
            }
            auto rendered = render_one(held[i]);
            if (!rendered) {
                auto said = rendered.error().summary(20);
                broken = broken ? error{broken->kind(), broken->message() + "; " + said.message()} : said;
                finished[i] = nullptr;
                continue;
            }
            finished[i] = render::pack(*rendered);
        }
        if (broken) {
            return {std::move(finished), *broken};
        }
        auto set = prepare(finished, target, *catalog);
        return {std::move(finished), std::move(set)};
    };
    auto made = co_await on_pool(pool_, std::move(work));
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (made.finished[i]) {
            cache_.insert(keys[i], made.finished[i]);
        }
    }
    co_return std::move(made.set);
}

} // namespace holdfast::control
