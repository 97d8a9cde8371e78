// Charts of repositories with an index.yaml.
#include "charts/store_flights.hpp"
#include "charts/store_state.hpp"
#include "charts/versions.hpp"

#include <iterator>

namespace holdfast::charts {

namespace {

// The others of an entry are mirrors.
constexpr std::size_t most_tried = 2;

result<const index_entry*> find_entry(
    const chart_index& index, const std::string& shown, const std::string& name, const std::string& wanted
) {
    const auto* versions = index.find(name);
    if (versions == nullptr) {
        return no_such_chart(index.names(), name, shown);
    }
    std::vector<std::string_view> have;
    have.reserve(versions->size());
    for (const auto& v : *versions) {
        have.emplace_back(v.version);
    }
    auto chosen = choose_version(have, wanted, "the chart \"" + name + "\" of " + shown);
    if (!chosen) {
        return chosen.error();
    }
    return &(*versions)[*chosen];
}

} // namespace

// ---- indices

void store_state::keep_index(const std::string& identity, kept_index kept) {
    indices_.insert(identity, std::move(kept));
    std::size_t sum = 0;
    for (const auto& [key, each] : indices_) {
        sum += each.index->bytes();
    }
    while (sum > options_.limits.max_index_memory && indices_.size() > 1) {
        const auto last = std::prev(indices_.end());
        sum -= last->second.index->bytes();
        indices_.erase(std::string{last->first});
    }
}

asio::awaitable<result<store_state::index_pointer>>
store_state::load_index(place at, shared_credentials with) {
    const auto doing = "reading the index of " + at.shown;
    auto where = below_repository(at.repository, "index.yaml");
    if (!where) {
        co_return where.error().within(doing);
    }
    const auto turn = co_await index_turns_.enter();
    kept_index fresh;
    fresh.asked = steady_clock::now();
    web_call call;
    call.where = std::move(*where);
    call.with = with;
    call.much = trust::full;
    call.authorization = authorization_of(with);
    call.max_body = options_.limits.max_index_bytes;
    index_pointer old;
    if (const auto* known = indices_.find(at.identity)) {
        old = known->index;
        if (!known->etag.empty()) {
            call.headers.push_back({"If-None-Match", known->etag});
        }
        if (!known->last_modified.empty()) {
            call.headers.push_back({"If-Modified-Since", known->last_modified});
        }
    }
    const bool conditional = !call.headers.empty();
    auto answer = co_await web_->ask(std::move(call));
    if (!answer) {
        co_return answer.error().within(doing);
    }
    auto& response = answer->response;
    if (response.status == 304 && conditional) {
        if (auto* known = indices_.find(at.identity); known != nullptr && known->index == old) {
            known->asked = fresh.asked;
            known->doubted = false;
        }
        co_return old;
    }
    if (response.status != 200) {
        auto why = refusal(*answer, !authorization_of(with).empty()).within(doing);
        if (why.kind() == error_kind::not_found) {
            co_return error{why.kind(), why.message() + " (an OCI registry is written as oci://host/path)"};
        }
        co_return why;
    }
    fresh.etag = response.find("ETag").value_or("");
    fresh.last_modified = response.find("Last-Modified").value_or("");
    // It counts in seconds: what is published later in the second of this answer would look the same (RFC 9110,
    // 8.8.2.2).
    if (fresh.last_modified == response.find("Date").value_or("")) {
        fresh.last_modified.clear();
    }
    auto parse = [text = std::move(response.body)] { return chart_index::parse(text); };
    auto parsed = co_await on_pool(pool_, std::move(parse));
    if (!parsed) {
        co_return parsed.error().within(answer->from.shown());
    }
    auto index = std::make_shared<const chart_index>(std::move(*parsed));
    fresh.index = index;
    keep_index(at.identity, std::move(fresh));
    co_return index;
}

asio::awaitable<result<store_state::index_pointer>>
store_state::index_of(place at, shared_credentials with, std::chrono::milliseconds max_age) {
    if (const auto* known = indices_.find(at.identity); known != nullptr && !known->doubted) {
        // In max_age's own unit: the longest of milliseconds does not fit into nanoseconds.
        const auto age =
            std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - known->asked);
        if (max_age.count() > 0 && age <= max_age) {
            co_return known->index;
        }
    }
    auto key = "index " + at.identity;
    auto doing = "reading the index of " + at.shown;
    auto work = load_index(std::move(at), std::move(with));
    co_return co_await share(
        &store_state::loading_indices_, std::move(key), std::move(doing), std::move(work)
    );
}

asio::awaitable<result<std::string>>
store_state::resolve_in_index(place at, chart_request what, std::chrono::milliseconds max_age) {
    auto index = co_await index_of(at, what.with, max_age);
    if (!index) {
        co_return index.error();
    }
    auto entry = find_entry(**index, at.shown, what.name, what.version);
    if (!entry && entry.error().kind() == error_kind::not_found && max_age > options_.limits.absence) {
        // It may have been published since.
        index = co_await index_of(at, what.with, options_.limits.absence);
        if (!index) {
            co_return index.error();
        }
        entry = find_entry(**index, at.shown, what.name, what.version);
    }
    if (!entry) {
        co_return entry.error();
    }
    co_return (*entry)->version;
}

// ---- archives

asio::awaitable<result<chart>> store_state::fetch_from_index(place at, chart_request what) {
    if (indices_.find(at.identity) == nullptr) {
        if (auto chart = co_await known(note_key(at, what, nullptr), what)) {
            co_return std::move(*chart);
        }
    }
    index_entry entry;
    // What is believed to be there may be of any age, what is believed not to be there may not.
    std::chrono::milliseconds age = std::chrono::milliseconds::max();
    for (;;) {
        auto index = co_await index_of(at, what.with, age);
        if (!index) {
            // Nobody knows better than what was brought before.
            if (auto chart = co_await known(note_key(at, what, nullptr), what)) {
                co_return std::move(*chart);
            }
            co_return index.error();
        }
        auto found = find_entry(**index, at.shown, what.name, what.version);
        if (found) {
            entry = **found;
            break;
        }
        if (found.error().kind() != error_kind::not_found || age == options_.limits.absence) {
            co_return found.error();
        }
        age = options_.limits.absence;
    }
    what.version = entry.version;
    if (auto chart = co_await known(note_key(at, what, &entry.digest), what)) {
        co_return std::move(*chart);
    }
    auto key = "archive " + note_key(at, what, &entry.digest) + (what.pass_credentials ? " passing" : "");
    auto doing = "fetching the chart " + what.name + " " + what.version + " of " + at.shown;
    auto work = download(std::move(at), std::move(what), std::move(entry));
    co_return co_await share(&store_state::fetching_, std::move(key), std::move(doing), std::move(work));
}

asio::awaitable<result<chart>> store_state::download(place at, chart_request what, index_entry entry) {
    const auto doing = "fetching the chart " + what.name + " " + what.version + " of " + at.shown;
    std::string digest;
    if (!entry.digest.empty()) {
        auto hex = sha256_of(entry.digest);
        if (!hex) {
            co_return user_error(doing + ": its digest in the index is not a sha256");
        }
        digest = std::move(*hex);
    }
    if (entry.urls.empty()) {
        co_return user_error(doing + ": the index says no URL of it");
    }
    const auto turn = co_await archive_turns_.enter();
    error last;
    for (std::size_t i = 0; i < std::min(entry.urls.size(), most_tried); ++i) {
        auto came = co_await bring(at, what, entry.urls[i], digest);
        bool otherwise = false; // than the index says
        if (came) {
            auto taken = co_await take_in(
                at, what, entry.digest, std::move(came->digest), std::move(came->from), std::move(came->bytes)
            );
            if (taken) {
                co_return std::move(*taken);
            }
            last = taken.error().within(doing);
            otherwise = last.is_transient();
        } else {
            last = came.error().within(doing);
            otherwise = last.kind() == error_kind::not_found;
        }
        // A version that was published again has another digest, or another URL, in a fresh index.
        if (auto* index = indices_.find(at.identity); index != nullptr && otherwise) {
            index->doubted = true;
        }
    }
    co_return last;
}

asio::awaitable<result<store_state::brought>>
store_state::bring(place at, chart_request what, std::string url, std::string digest) {
    brought b;
    if (url.starts_with("oci://")) {
        // What is behind it is pinned by the registry's own digests. That of the index need not be of the
        // same bytes.
        auto of = parse_oci_reference(url);
        if (!of) {
            co_return of.error();
        }
        if (of->tag.empty()) {
            of->tag = tag_of(what.version);
        }
        auto with = what.with;
        if (!what.pass_credentials && !same_place(at.repository, of->registry)) {
            with = way_out(with);
        }
        tagged_manifest found;
        auto bytes = co_await pull_bytes(*of, std::move(with), {}, &found);
        if (!bytes) {
            co_return bytes.error();
        }
        b.bytes = std::move(*bytes);
        b.digest = found.layer->digest;
        b.from = of->shown();
        co_return b;
    }
    auto where = below_repository(at.repository, url);
    if (!where) {
        co_return where.error();
    }
    if (at.repository.tls && !where->tls && digest.empty()) {
        co_return user_error("the index leads to http:// without a digest, so the download cannot be verified"
        );
    }
    b.digest = std::move(digest);
    b.from = where->shown();
    auto bytes = co_await bytes_behind(std::move(at), std::move(what), std::move(*where));
    if (!bytes) {
        co_return bytes.error();
    }
    b.bytes = std::move(*bytes);
    co_return b;
}

asio::awaitable<result<std::string>>
store_state::bytes_behind(place at, chart_request what, web_address where) {
    const bool own = what.pass_credentials || same_place(at.repository, where);
    web_call call;
    call.where = std::move(where);
    call.with = what.with;
    call.much = own ? trust::full : trust::none;
    if (own) {
        call.authorization = authorization_of(what.with);
    }
    call.max_body = options_.limits.max_archive_bytes;
    auto answer = co_await web_->ask(std::move(call));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->response.status != 200) {
        co_return refusal(*answer, !authorization_of(what.with).empty());
    }
    co_return std::move(answer->response.body);
}

} // namespace holdfast::charts
