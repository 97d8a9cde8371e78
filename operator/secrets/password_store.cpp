#include "secrets/password_store.hpp"

#include "secrets/reference.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace holdfast::secrets {

namespace {

constexpr std::string_view suffix = ".gpg";

std::string lower(std::string_view text) {
    std::string result{text};
    std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    return result;
}

bool is_file(files::entry_mode mode) noexcept {
    return mode == files::entry_mode::file || mode == files::entry_mode::executable;
}

std::string_view parent_of(std::string_view path) noexcept {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string gpg_id_of(std::string_view directory) {
    return directory.empty() ? std::string{".gpg-id"} : std::string{directory} + "/.gpg-id";
}

} // namespace

password_store::password_store(
    std::unique_ptr<files::tree_reader> reader, const files::object_id& root, std::string name,
    password_store_limits limits
)
    : reader_{std::move(reader)}, root_{root}, name_{std::move(name)}, limits_{limits} {}

result<password_store> password_store::open(
    const files::file_source& at, std::string_view path, std::string name, password_store_limits limits
) {
    auto reader = at.read();
    if (reader.has_error()) return reader.error().within("password store " + name);
    auto root = (*reader)->tree_at(path);
    if (root.has_error()) return root.error().within("password store " + name);
    password_store store{std::move(*reader), *root, std::move(name), limits};
    if (auto id = store.reader_->follow_in(store.root_, ".gpg-id"); id.has_error()) {
        if (id.error().kind() != error_kind::not_found)
            return id.error().within("password store " + store.name_);
        return user_error(
            "password store " + store.name_ + ": there is no .gpg-id at " +
            (path.empty() ? std::string{"its root"} : '"' + std::string{path} + '"') +
            ", so this is not a store (\"pass init\" makes it)"
        );
    }
    return store;
}

result<std::vector<stored_entry>> password_store::entries() {
    auto all = reader_->list(root_, {.recursive = true, .max_entries = limits_.max_entries});
    if (all.has_error()) return all.error().within("password store " + name_);
    std::vector<stored_entry> entries;
    for (auto& entry : *all) {
        if (!entry.name.ends_with(suffix) || entry.name.size() == suffix.size()) continue;
        auto id = entry.id;
        if (entry.mode == files::entry_mode::symlink) {
            const auto target = reader_->follow_in(root_, entry.name);
            if (target.has_error() || !is_file(target->mode)) continue; // told when it is asked for
            id = target->id;
        } else if (!is_file(entry.mode)) {
            continue;
        }
        entry.name.resize(entry.name.size() - suffix.size());
        entries.push_back({std::move(entry.name), id});
    }
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return entries;
}

result<std::vector<stored_entry>> password_store::entries(const match::glob& matching) {
    auto all = entries();
    if (all.has_value()) {
        std::erase_if(*all, [&](const stored_entry& entry) { return !matching.matches(entry.name); });
    }
    return all;
}

result<stored_entry> password_store::find(std::string_view entry) {
    const auto named = "entry \"" + std::string{entry} + "\" of the password store " + name_;
    if (auto fine = check_entry_name(entry); fine.has_error()) return fine.error().within(named);
    auto file = reader_->follow_in(root_, std::string{entry} + std::string{suffix});
    if (file.has_value() && is_file(file->mode)) return stored_entry{std::string{entry}, file->id};
    if (file.has_error() && file.error().kind() != error_kind::not_found) return file.error().within(named);

    if (const auto other = reader_->follow_in(root_, entry); other.has_value()) {
        if (other->mode == files::entry_mode::tree) {
            return user_error(
                named + " is a folder; a reference names one entry in it: " + std::string{entry} + "/NAME"
            );
        }
        const auto base = entry.ends_with(suffix) ? entry.substr(0, entry.size() - suffix.size()) : entry;
        return user_error(
            named + " is a file but not an entry" +
            (base.size() < entry.size() ? "; entries are named without \".gpg\": \"" + std::string{base} + '"'
                                        : ": the files of entries end in \".gpg\"")
        );
    }
    if (const auto all = entries(); all.has_value()) {
        for (const auto& each : *all) {
            if (lower(each.name) == lower(entry)) {
                return error{
                    error_kind::not_found,
                    named + " does not exist; there is \"" + each.name + "\" (case counts)"
                };
            }
        }
    }
    return error{
        error_kind::not_found, named + " does not exist in " + reader_->name() + "; add it (\"pass insert " +
                                   std::string{entry} + "\") or correct its name"
    };
}

result<std::string> password_store::read(const stored_entry& entry) {
    auto bytes = reader_->blob(entry.blob, limits_.max_entry_bytes);
    const auto named = "entry \"" + entry.name + "\" of the password store " + name_;
    if (bytes.has_error()) return bytes.error().within(named);
    if (files::is_lfs_pointer(*bytes)) {
        return user_error(named + " is kept in Git LFS; keep the files of entries in Git itself");
    }
    return bytes;
}

result<std::optional<std::string>> password_store::gpg_id_in(std::string_view directory) {
    const auto file = reader_->follow_in(root_, gpg_id_of(directory));
    if (file.has_error()) {
        if (file.error().kind() == error_kind::not_found) return std::optional<std::string>{};
        return file.error().within(name_);
    }
    auto text = reader_->blob(file->id, std::size_t{64} << 10U);
    if (text.has_error()) return text.error().within(name_);
    return std::optional{std::move(*text)};
}

result<password_store::recipients> password_store::recipients_of(std::string_view entry) {
    for (auto directory = parent_of(entry);; directory = parent_of(directory)) {
        const auto text = gpg_id_in(directory);
        if (text.has_error()) return text.error();
        const auto path = gpg_id_of(directory);
        if (!*text) {
            if (directory.empty()) return error{error_kind::not_found, name_ + ": there is no .gpg-id"};
            continue;
        }
        recipients found{path, {}};
        for (std::string_view rest = **text; !rest.empty();) {
            const auto end = rest.find('\n');
            auto line = rest.substr(0, end);
            rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
            line = line.substr(0, line.find('#'));
            const auto start = line.find_first_not_of(" \t\r");
            if (start == std::string_view::npos) continue;
            line = line.substr(start, line.find_last_not_of(" \t\r") - start + 1);
            found.ids.emplace_back(line);
        }
        return found;
    }
}

} // namespace holdfast::secrets
