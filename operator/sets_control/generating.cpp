#include "sets_control/generating.hpp"

#include "base/hash.hpp"
#include "policy/specification_checks.hpp"
#include "sync/dialect.hpp"

#include <iterator>
#include <utility>

namespace holdfast::sets_control {

namespace {

std::string identity_of(const result<std::vector<sets::cluster_facts>>& clusters) {
    hasher h;
    if (!clusters) {
        h.add(clusters.error().message());
        return to_hex(h.finish());
    }
    for (const auto& one : *clusters) {
        h.add(one.name).add(one.server).add(one.project);
        for (const auto* map : {&one.labels, &one.annotations}) {
            h.add(std::to_string(map->size()));
            for (const auto& [key, value] : *map) {
                h.add(key).add(value);
            }
        }
    }
    return to_hex(h.finish());
}

// For the pool: in the words in which admission would refuse it.
wanted_application
read(const sets::generated& one, const std::string& namespace_, const std::string& installation) {
    auto read = crds::examine_application(one.application);
    wanted_application made{.value = std::move(read.value), .problems = std::move(read.problems)};
    made.value.metadata.name = one.name;
    made.value.metadata.namespace_ = namespace_;
    if (!installation.empty() && installation != sync::default_installation) {
        made.value.metadata.labels.try_emplace(
            std::string{sync::holdfast_dev().installation_label}, installation
        );
    }
    std::ranges::move(read.unknown_fields, std::back_inserter(made.problems));
    if (made.problems.empty()) {
        made.problems = policy::problems_by_itself(made.value);
    }
    return made;
}

void collect_urls(const json::value& value, std::set<std::string>& into) {
    if (value.is_array()) {
        for (const auto& one : value.get_array()) {
            collect_urls(one, into);
        }
    } else if (value.is_object()) {
        for (const auto& [key, inner] : value.get_object()) {
            if (key == "git" && inner.is_object()) {
                const auto* url = inner.get_object().if_contains("repoURL");
                if (url != nullptr && url->is_string() &&
                    url->get_string().find("{{") == json::string::npos) {
                    into.emplace(url->get_string());
                }
            } else if (key != "template" && key != "list") {
                collect_urls(inner, into);
            }
        }
    }
}

} // namespace

std::set<std::string> urls_named_by(const crds::application_set_spec& spec) {
    std::set<std::string> urls;
    for (const auto& one : spec.generators) {
        collect_urls(crds::write(one), urls);
    }
    return urls;
}

asio::awaitable<bool> generating::is_at_the_same_commits(std::string namespace_, const made_set& last) {
    for (const auto& id : last.trees) {
        const auto at = co_await with_.repositories.resolve(namespace_, id);
        const auto known = last.commits.find(id);
        if (!at || known == last.commits.end() || known->second != at->commit.hex()) {
            co_return false;
        }
    }
    co_return true;
}

asio::awaitable<std::shared_ptr<const made_set>> generating::make(
    std::shared_ptr<const crds::application_set> set, std::shared_ptr<const made_set> last,
    std::function<void(const std::set<sets::tree_id>&)> reads
) {
    const auto namespace_ = set->metadata.namespace_;
    const bool is_of_this =
        last && last->uid == set->metadata.uid && last->generation == set->metadata.generation;
    const auto clusters = with_.clusters(namespace_);
    const auto which_clusters = identity_of(clusters);
    const bool same_clusters = is_of_this && (!last->depends_on_clusters || last->clusters == which_clusters);
    if (same_clusters && !last->may_come && co_await is_at_the_same_commits(namespace_, *last)) {
        co_return last;
    }
    seen_trees seen;
    std::map<sets::tree_id, std::set<std::string>> files;
    if (is_of_this) {
        // Another commit, most likely with the same answers.
        for (const auto& id : last->trees) {
            auto tree = co_await with_.repositories.list(namespace_, id);
            if (const auto before = last->files.find(id); before != last->files.end()) {
                std::set<std::string> there;
                for (const auto& file : before->second) {
                    if (tree.known.files && std::ranges::binary_search(*tree.known.files, file)) {
                        there.insert(file);
                    }
                }
                if (!there.empty()) {
                    files[id] = there;
                    co_await with_.repositories.read(namespace_, id, tree, std::move(there));
                }
            }
            seen.emplace(id, std::move(tree));
        }
        if (same_clusters && sets_control::identity_of(seen) == last->read) {
            auto made = std::make_shared<made_set>(*last);
            for (const auto& [id, tree] : seen) {
                made->commits[id] = tree.commit;
            }
            co_return made;
        }
    }
    auto known = std::make_shared<sets::knowledge>();
    std::shared_ptr<sets::generation> generated;
    bool may_come = false;
    bool is_complete = false;
    for (std::size_t round = 0; round < sets::most_rounds; ++round) {
        known->trees.clear();
        for (const auto& [id, tree] : seen) {
            known->trees.emplace(id, tree.known);
        }
        auto work = [set, known] { return std::make_shared<sets::generation>(sets::generate(*set, *known)); };
        generated = co_await on_pool(with_.pool, std::move(work));
        const auto missing = std::move(generated->missing);
        is_complete = missing.empty();
        if (is_complete) {
            break;
        }
        reads(generated->trees);
        if (missing.clusters) {
            if (clusters) {
                known->clusters = *clusters;
            } else {
                known->clusters_error = clusters.error().message();
            }
        }
        for (const auto& id : missing.trees) {
            auto tree = co_await with_.repositories.list(namespace_, id);
            seen.insert_or_assign(id, std::move(tree));
        }
        for (const auto& [id, wanted] : missing.files) {
            const auto tree = seen.find(id);
            if (tree != seen.end()) {
                files[id].insert(wanted.begin(), wanted.end());
                co_await with_.repositories.read(namespace_, id, tree->second, wanted);
            }
        }
        if (!missing.templates.empty()) {
            result<sets::renderings_by_key> rendered = user_error(
                "templates of Go are not served here: the program holdfast-builder is not installed"
            );
            if (with_.render) {
                rendered = co_await with_.render(missing.templates);
            }
            if (rendered) {
                known->templates.merge(*rendered);
            } else {
                may_come = may_come || rendered.error().is_transient();
                for (const auto& [key, request] : missing.templates) {
                    known->templates[key].error = rendered.error().message();
                }
            }
        }
    }
    if (!is_complete) { // half of it would take the other half for gone
        generated->applications.clear();
        generated->failures.clear();
        for (std::size_t i = 0; i < set->spec.generators.size(); ++i) {
            generated->failures.push_back(
                {.generator = i,
                 .step = sets::failed_step::parameters,
                 .message =
                     "spec.generators[" + std::to_string(i) +
                     "]: the set asks for one thing after another without an end: generators may depend "
                     "on each other over at most " +
                     std::to_string(sets::most_rounds) + " steps"}
            );
        }
    }
    auto made = std::make_shared<made_set>();
    made->uid = set->metadata.uid;
    made->generation = set->metadata.generation;
    made->trees = generated->trees;
    made->depends_on_clusters = generated->depends_on_clusters;
    made->failures = std::move(generated->failures);
    made->warnings = std::move(generated->warnings);
    made->clusters = which_clusters;
    made->may_come = may_come || (made->depends_on_clusters && !clusters);
    for (auto it = seen.begin(); it != seen.end();) {
        if (!made->trees.contains(it->first)) {
            it = seen.erase(it); // of another time
            continue;
        }
        made->commits[it->first] = it->second.commit;
        made->may_come = made->may_come || it->second.may_come;
        ++it;
    }
    std::erase_if(files, [&](const auto& one) { return !made->trees.contains(one.first); });
    made->files = std::move(files);
    made->read = sets_control::identity_of(seen);
    auto work = [generated, namespace_, installation = with_.installation] {
        std::vector<wanted_application> wanted;
        wanted.reserve(generated->applications.size());
        for (auto& one : generated->applications) {
            wanted.push_back(read(one, namespace_, installation));
            one.application = {};
        }
        return std::make_shared<const std::vector<wanted_application>>(std::move(wanted));
    };
    made->wanted = co_await on_pool(with_.pool, std::move(work));
    std::vector<std::size_t> generators;
    for (const auto& one : generated->applications) {
        generators.push_back(one.generator);
    }
    made->generators = std::make_shared<const std::vector<std::size_t>>(std::move(generators));
    co_return made;
}

} // namespace holdfast::sets_control
