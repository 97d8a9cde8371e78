#include "charts/archive.hpp"
#include "charts/store_state.hpp"

namespace holdfast::charts {

namespace {

chart made(const chart_request& what, held_archive archive) {
    chart c;
    c.name = what.name;
    c.version = what.version;
    c.digest = "sha256:" + archive.digest;
    c.file = std::move(archive.file);
    c.held = std::move(archive.held);
    return c;
}

// The digest of the bytes, when they are what was asked for. On the pool.
result<std::string> verify(
    const std::string& bytes, const std::string& digest, const std::string& name, const std::string& version
) {
    auto is = to_hex(sha256(bytes));
    if (!digest.empty() && is != digest) {
        return transient_error(
            "it has the digest sha256:" + is + " instead of sha256:" + digest + ", which was promised"
        );
    }
    const auto facts = inspect_archive(bytes);
    if (!facts) {
        return facts.error();
    }
    if (auto same = check_is(*facts, name, version); !same) {
        return same.error();
    }
    return is;
}

} // namespace

std::string store_state::note_key(const place& at, const chart_request& what, const std::string* said) {
    hasher h;
    h.add(at.identity).add(what.name).add(what.version);
    h.add(said == nullptr ? "whatever" : "said").add(said == nullptr ? std::string_view{} : *said);
    return to_hex(h.finish());
}

asio::awaitable<std::optional<chart>> store_state::known(std::string note, chart_request what) {
    auto digest = archives_->noted(note);
    if (digest.empty()) {
        co_return std::nullopt;
    }
    auto archive = co_await archives_->find(std::move(digest));
    if (!archive) {
        co_return std::nullopt;
    }
    co_return made(what, std::move(*archive));
}

asio::awaitable<result<chart>> store_state::take_in(
    place at, chart_request what, std::string said, std::string digest, std::string from, std::string bytes
) {
    const auto shared = std::make_shared<const std::string>(std::move(bytes));
    const auto name = what.name.substr(what.name.rfind('/') + 1);
    auto check = [shared, digest, name, version = what.version] {
        return verify(*shared, digest, name, version);
    };
    auto is = co_await on_pool(pool_, std::move(check));
    if (!is) {
        co_return is.error().within("the archive " + from);
    }
    auto kept = co_await archives_->keep(*is, shared);
    if (!kept) {
        co_return kept.error();
    }
    co_await archives_->note(note_key(at, what, &said), *is);
    co_await archives_->note(note_key(at, what, nullptr), *is);
    co_return made(what, std::move(*kept));
}

} // namespace holdfast::charts
