// Charts of OCI registries.
#include "charts/store_flights.hpp"
#include "charts/store_state.hpp"
#include "charts/versions.hpp"

namespace holdfast::charts {

namespace {

bool is_fresh(steady_clock::time_point asked, std::chrono::milliseconds max_age) {
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - asked);
    return max_age.count() > 0 && age <= max_age;
}

// The tag that is meant; "latest", signatures and the like are no versions.
result<std::string>
choose_tag(const std::vector<std::string>& tags, const std::string& wanted, const std::string& shown) {
    std::vector<std::string> versions;
    versions.reserve(tags.size());
    for (const auto& tag : tags) {
        versions.push_back(version_of(tag));
    }
    const std::vector<std::string_view> have{versions.begin(), versions.end()};
    auto chosen = choose_version(have, wanted, "the chart " + shown);
    if (!chosen) {
        return chosen.error();
    }
    return tags[*chosen];
}

} // namespace

// ---- tags

asio::awaitable<result<store_state::tag_list>> store_state::load_tags(place at, shared_credentials with) {
    kept_tags fresh;
    fresh.asked = steady_clock::now();
    auto tags = co_await registries_.tags(*at.registry, std::move(with));
    if (!tags) {
        co_return tags.error();
    }
    auto list = std::make_shared<const std::vector<std::string>>(std::move(*tags));
    fresh.tags = list;
    tags_.insert(at.identity, std::move(fresh));
    co_return list;
}

asio::awaitable<result<store_state::tag_list>>
store_state::tags_of(place at, shared_credentials with, std::chrono::milliseconds max_age) {
    if (const auto* known = tags_.find(at.identity); known != nullptr && is_fresh(known->asked, max_age)) {
        co_return known->tags;
    }
    auto key = "tags " + at.identity;
    auto doing = "listing the tags of " + at.shown;
    auto work = load_tags(std::move(at), std::move(with));
    co_return co_await share(&store_state::loading_tags_, std::move(key), std::move(doing), std::move(work));
}

// ---- manifests

asio::awaitable<result<tagged_manifest>>
store_state::load_manifest(place at, std::string tag, shared_credentials with) {
    kept_manifest fresh;
    fresh.asked = steady_clock::now();
    auto of = *at.registry;
    of.tag = tag;
    auto seen = co_await registries_.look(std::move(of), std::move(with));
    if (!seen) {
        co_return seen.error().within("looking for the chart " + at.shown);
    }
    const auto key = at.identity + " " + tag;
    if (const auto* old = manifests_.find(key); old != nullptr && old->manifest.digest == seen->digest) {
        seen->layer = old->manifest.layer;
    }
    fresh.manifest = *seen;
    manifests_.insert(key, std::move(fresh));
    co_return std::move(*seen);
}

asio::awaitable<result<tagged_manifest>>
store_state::look_at(place at, std::string tag, shared_credentials with, std::chrono::milliseconds max_age) {
    const auto id = at.identity + " " + tag;
    if (const auto* known = manifests_.find(id); known != nullptr && is_fresh(known->asked, max_age)) {
        co_return known->manifest;
    }
    auto key = "manifest " + id;
    auto doing = "looking for the chart " + at.shown + ":" + tag;
    auto work = load_manifest(std::move(at), std::move(tag), std::move(with));
    co_return co_await share(&store_state::looking_, std::move(key), std::move(doing), std::move(work));
}

asio::awaitable<result<std::string>> store_state::tag_for(
    place at, std::string version, shared_credentials with, std::chrono::milliseconds max_age
) {
    auto tags = co_await tags_of(at, with, max_age);
    if (!tags) {
        co_return tags.error();
    }
    auto tag = choose_tag(**tags, version, at.shown);
    if (!tag && tag.error().kind() == error_kind::not_found && max_age > options_.limits.absence) {
        tags = co_await tags_of(at, with, options_.limits.absence); // it may have been pushed since
        if (!tags) {
            co_return tags.error();
        }
        tag = choose_tag(**tags, version, at.shown);
    }
    co_return tag;
}

asio::awaitable<result<std::string>>
store_state::resolve_in_registry(place at, chart_request what, std::chrono::milliseconds max_age) {
    if (auto fine = check_range(what.version); !fine) {
        co_return fine.error();
    }
    if (is_exact(what.version) && is_tag(tag_of(what.version))) {
        auto seen = co_await look_at(at, tag_of(what.version), what.with, max_age);
        if (seen) {
            co_return what.version;
        }
        if (seen.error().kind() != error_kind::not_found) {
            co_return seen.error();
        }
    }
    auto tag = co_await tag_for(at, what.version, what.with, max_age);
    if (!tag) {
        co_return tag.error();
    }
    // So that fetch() knows of a version that was pushed again.
    auto seen = co_await look_at(at, *tag, what.with, max_age);
    if (!seen) {
        co_return seen.error();
    }
    co_return version_of(*tag);
}

// ---- archives

asio::awaitable<result<chart>> store_state::fetch_from_registry(place at, chart_request what) {
    if (!is_tag(tag_of(what.version))) {
        co_return user_error(
            "\"" + what.version.substr(0, 200) + "\" is not a version that a registry can have"
        );
    }
    const auto* seen = manifests_.find(at.identity + " " + tag_of(what.version));
    const auto said = seen == nullptr ? std::optional<std::string>{} : std::optional{seen->manifest.digest};
    const auto note = note_key(at, what, said ? &*said : nullptr);
    if (auto chart = co_await known(note, what)) {
        co_return std::move(*chart);
    }
    auto key = "archive " + note;
    auto doing = "fetching the chart " + at.shown + " " + what.version;
    auto work = pull(std::move(at), std::move(what));
    co_return co_await share(&store_state::fetching_, std::move(key), std::move(doing), std::move(work));
}

asio::awaitable<result<std::string>> store_state::pull_bytes(
    oci_address of, shared_credentials with, std::string manifest_digest, tagged_manifest* found
) {
    auto manifest = co_await registries_.manifest(of, std::move(manifest_digest), with);
    if (!manifest) {
        co_return manifest.error();
    }
    *found = *manifest;
    const auto layer = *manifest->layer;
    if (layer.size > options_.limits.max_archive_bytes) {
        co_return user_error(
            "the archive of " + of.shown() + " has " + std::to_string(layer.size) + " bytes, more than the " +
            std::to_string(options_.limits.max_archive_bytes) + " that are taken"
        );
    }
    co_return co_await registries_.blob(std::move(of), layer, std::move(with));
}

asio::awaitable<result<chart>> store_state::pull(place at, chart_request what) {
    const auto doing = "fetching the chart " + at.shown + " " + what.version;
    const auto turn = co_await archive_turns_.enter();
    auto of = *at.registry;
    of.tag = tag_of(what.version);
    const auto id = at.identity + " " + of.tag;
    const auto* seen = manifests_.find(id);
    const auto said = seen == nullptr ? std::string{} : seen->manifest.digest;
    kept_manifest fresh;
    fresh.asked = seen == nullptr ? steady_clock::now() : seen->asked;
    auto bytes = co_await pull_bytes(of, what.with, said, &fresh.manifest);
    if (!bytes && bytes.error().kind() == error_kind::not_found && !fresh.manifest.layer) {
        manifests_.erase(id); // it was pushed again, or is gone
        auto other = co_await tag_for(at, what.version, what.with, options_.limits.absence);
        if (!other) {
            co_return other.error().within(doing);
        }
        co_return transient_error(doing + ": it changed in the registry meanwhile");
    }
    if (!bytes) {
        co_return bytes.error().within(doing);
    }
    const auto digest = fresh.manifest.layer->digest;
    const auto manifest_digest = fresh.manifest.digest;
    manifests_.insert(id, std::move(fresh));
    auto taken = co_await take_in(
        std::move(at), std::move(what), manifest_digest, digest, of.shown(), std::move(*bytes)
    );
    if (!taken) {
        co_return taken.error().within(doing);
    }
    co_return taken;
}

} // namespace holdfast::charts
