#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast::secrets {

/// The names of a store's entries that one application may read, with the ids of their files; nothing of what
/// is in them. Given to builds, so that a reference can carry the id of its entry.
struct indexed_store {
    /// Its URL, and the other spellings under which it is known here.
    std::vector<std::string> urls;
    bool is_default = false;
    /// Entry → object id in hexadecimal.
    std::unordered_map<std::string, std::string> entries;
};

/// All stores of one application. Immutable once made; any thread.
class store_index {
public:
    store_index() = default;
    explicit store_index(std::vector<indexed_store> stores) : stores_{std::move(stores)} {}

    /// The id of the entry's file in the store of this URL (""; the default store); "" when the index does
    /// not have it. That is no error here: who resolves the reference says what is wrong.
    [[nodiscard]] std::string blob_of(std::string_view store_url, std::string_view entry) const;
    [[nodiscard]] bool empty() const noexcept { return stores_.empty(); }

    /// As the program kustomize-pass reads it: the file that the environment variable below names.
    [[nodiscard]] std::string to_json() const;
    static result<store_index> from_json(std::string_view text);

private:
    std::vector<indexed_store> stores_;
};

/// The environment variable in which a build finds the index's file.
inline constexpr const char* store_index_variable = "HOLDFAST_PASS_INDEX";

/// True when two texts are addresses of the same repository.
[[nodiscard]] bool same_repository(std::string_view a, std::string_view b);

} // namespace holdfast::secrets
