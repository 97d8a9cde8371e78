#include "secrets/store_index.hpp"

#include "match/url.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>

namespace holdfast::secrets {

namespace json = boost::json;

bool same_repository(std::string_view a, std::string_view b) {
    if (a == b) return true;
    const auto first = match::url::parse(a);
    const auto second = match::url::parse(b);
    return first.has_value() && second.has_value() && first->normalised() == second->normalised();
}

std::string store_index::blob_of(std::string_view store_url, std::string_view entry) const {
    for (const auto& store : stores_) {
        const bool meant = store_url.empty()
                               ? store.is_default
                               : std::any_of(store.urls.begin(), store.urls.end(), [&](const auto& url) {
                                     return same_repository(url, store_url);
                                 });
        if (!meant) continue;
        const auto found = store.entries.find(std::string{entry});
        return found == store.entries.end() ? std::string{} : found->second;
    }
    return {};
}

std::string store_index::to_json() const {
    json::array stores;
    for (const auto& store : stores_) {
        json::object entries;
        entries.reserve(store.entries.size());
        for (const auto& [name, blob] : store.entries)
            entries.emplace(name, blob);
        json::array urls(store.urls.begin(), store.urls.end());
        stores.push_back(
            {{"urls", std::move(urls)}, {"default", store.is_default}, {"entries", std::move(entries)}}
        );
    }
    return json::serialize(json::object{{"stores", std::move(stores)}});
}

result<store_index> store_index::from_json(std::string_view text) {
    try {
        boost::system::error_code ec;
        const auto parsed = json::parse(text, ec);
        if (ec) return internal_error("the index of password stores is not JSON: " + ec.message());
        std::vector<indexed_store> stores;
        for (const auto& each : parsed.as_object().at("stores").as_array()) {
            indexed_store store;
            for (const auto& url : each.at("urls").as_array())
                store.urls.emplace_back(url.as_string());
            store.is_default = each.at("default").as_bool();
            for (const auto& [name, blob] : each.at("entries").as_object()) {
                store.entries.emplace(name, blob.as_string());
            }
            stores.push_back(std::move(store));
        }
        return store_index{std::move(stores)};
    } catch (const std::exception& e) { // as_…() and at() of what is not there
        return internal_error(std::string{"the index of password stores cannot be used: "} + e.what());
    }
}

} // namespace holdfast::secrets
