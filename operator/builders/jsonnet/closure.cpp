#include "builders/jsonnet/closure.hpp"

#include "builders/jsonnet/import_path.hpp"
#include "builders/jsonnet/imports.hpp"
#include "files/tree_reader.hpp"
#include "match/words.hpp"
#include "render/links.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::builders::jsonnet {

namespace {

constexpr std::size_t max_files = 10'000;
constexpr std::size_t max_file_bytes = std::size_t{16} << 20U;
constexpr std::size_t max_bytes = std::size_t{64} << 20U;
constexpr std::size_t max_unresolved = 1000;
/// Who mistypes more than that does not need all of them corrected.
constexpr std::size_t max_suggestions = 50;

error too_large() {
    return user_error(fmt::format("jsonnet files and their imports have more than {} bytes", max_bytes));
}

std::string listed(const std::vector<std::string>& directories) {
    std::string all;
    for (const auto& directory : directories) {
        all += (all.empty() ? "" : ", ") + (directory.empty() ? std::string{"."} : directory);
    }
    return all;
}

} // namespace

result<void> closure::add(const std::string& path, closure_file file, std::string_view text) {
    file.is_scanned = true;
    files_.insert_or_assign(path, std::move(file));
    bytes_ += text.size();
    if (bytes_ > max_bytes) return too_large();
    pending_.push_back({.directory = std::string{directory_of(path)}, .text = std::string{text}});
    return drain();
}

result<void> closure::add_code(std::string_view code) {
    pending_.push_back({.directory = std::string{in_code}, .is_in_file = false, .text = std::string{code}});
    return drain();
}

result<void> closure::drain() {
    while (!pending_.empty()) {
        const auto next = std::move(pending_.back());
        pending_.pop_back();
        for (const auto& statement : imports_of(next.text)) {
            if (auto done = import(next, statement.name, statement.kind == import_kind::code); !done) {
                return done.error();
            }
        }
    }
    return {};
}

std::vector<std::string> closure::directories_for(const pending& from) const {
    std::vector<std::string> all;
    if (from.is_in_file) all.push_back(from.directory);
    for (const auto& library : libraries_) {
        if (std::ranges::find(all, library) == all.end()) all.push_back(library);
    }
    return all;
}

result<void> closure::import(const pending& from, const std::string& name, bool is_code) {
    const auto directories = directories_for(from);
    std::string why;
    bool leaves = false;
    for (const auto& directory : directories) {
        const auto path = import_path(directory, name);
        if (!path) {
            leaves = true;
            continue;
        }
        const auto known = files_.find(*path);
        if (known != files_.end() && (!is_code || known->second.is_scanned)) return {};
        auto found = look(*path, why);
        if (!found) return found.error();
        if (!*found) continue;
        if (known == files_.end() && files_.size() >= max_files) {
            return user_error(fmt::format("jsonnet imports more than {} files", max_files));
        }
        (*found)->file.is_scanned = is_code;
        files_.insert_or_assign(*path, std::move((*found)->file));
        if (is_code) {
            pending_.push_back(
                {.directory = std::string{directory_of(*path)}, .text = std::move((*found)->text)}
            );
        }
        return {};
    }
    const std::pair key{from.directory, name};
    if (unresolved_.contains(key) || unresolved_.size() >= max_unresolved) return {};
    if (why.empty() && leaves) {
        why = name.starts_with('/') ? "the path is absolute; imports are relative to the importing file"
              : name.empty() || name.ends_with('/') ? "this is not the path of a file"
                                                    : "it leads out of the repository";
    }
    if (why.empty()) {
        why = fmt::format("there is no such file in {}", listed(directories));
        if (unresolved_.size() < max_suggestions) {
            const auto meant = nearest(directories, name);
            if (!meant) return meant.error();
            if (!meant->empty()) why += fmt::format(", did you mean \"{}\"?", *meant);
        }
    }
    unresolved_.emplace(key, std::move(why));
    return {};
}

result<std::optional<closure::found_file>> closure::look(const std::string& path, std::string& why) {
    const auto there = render::follow(tree_, path);
    if (!there) {
        if (there.error().kind() == error_kind::user) {
            why = there.error().message();
        } else if (there.error().kind() != error_kind::not_found) {
            return there.error();
        }
        return std::optional<found_file>{};
    }
    if (there->entry.kind != render::entry_kind::file) {
        why = fmt::format(
            "{} is a {}", path,
            there->entry.kind == render::entry_kind::directory ? "directory"
                                                               : "submodule, which is not fetched"
        );
        return std::optional<found_file>{};
    }
    // Pointers to LFS would be imported as if they were the file.
    auto text = tree_.read(there->entry, max_file_bytes);
    if (!text) {
        if (text.error().kind() != error_kind::user) return text.error();
        why = fmt::format("{}: {}", path, text.error().message());
        return std::optional<found_file>{};
    }
    if (files::is_lfs_pointer(*text)) {
        why = fmt::format("{} is in Git LFS, which is not fetched", path);
        return std::optional<found_file>{};
    }
    bytes_ += text->size();
    if (bytes_ > max_bytes) return too_large();
    return std::optional{
        found_file{.file = {.real_path = there->path, .id = there->entry.id}, .text = std::move(*text)}
    };
}

/// The import that was meant: one step of the path is another.
result<std::string> closure::nearest(const std::vector<std::string>& directories, const std::string& name) {
    for (const auto& directory : directories) {
        std::string before; // of the name, with its slash
        std::string_view left = name;
        while (!left.empty()) {
            const auto step = left.substr(0, left.find('/'));
            const auto above = before.empty() ? std::optional{directory}
                                              : import_path(directory, before.substr(0, before.size() - 1));
            if (!above) break;
            const auto there = render::follow(tree_, *above);
            if (!there) {
                if (there.error().is_transient()) return there.error();
                break;
            }
            if (there->entry.kind != render::entry_kind::directory) break;
            const auto entries = tree_.list(there->entry);
            if (!entries) return entries.error();
            std::vector<std::string_view> names;
            bool is_there = step == ".." || step == ".";
            for (const auto& entry : *entries) {
                is_there = is_there || entry.name == step;
                names.push_back(entry.name);
            }
            if (!is_there) {
                const auto meant = match::nearest(step, names);
                if (meant.empty()) break;
                const auto whole = before + std::string{meant} + std::string{left.substr(step.size())};
                const auto path = import_path(directory, whole);
                const auto file =
                    path ? render::follow(tree_, *path) : result<render::followed>{user_error("")};
                if (file && file->entry.kind == render::entry_kind::file) return whole;
                break;
            }
            before += std::string{step} + "/";
            left.remove_prefix(std::min(step.size() + 1, left.size()));
        }
    }
    return std::string{};
}

} // namespace holdfast::builders::jsonnet
