#include "render/file_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::render {

namespace {

entry_kind kind_of(files::entry_mode mode) noexcept {
    switch (mode) {
    case files::entry_mode::tree: return entry_kind::directory;
    case files::entry_mode::symlink: return entry_kind::symlink;
    case files::entry_mode::submodule: return entry_kind::submodule;
    case files::entry_mode::file:
    case files::entry_mode::executable: break;
    }
    return entry_kind::file;
}

class file_tree final : public source_tree {
public:
    file_tree(std::unique_ptr<files::tree_reader> reader, std::string repository)
        : reader_{std::move(reader)}, repository_{std::move(repository)} {}

    [[nodiscard]] std::string describe() const override {
        return fmt::format("{} of {}", reader_->name(), repository_);
    }

    result<std::optional<source_entry>> find(std::string_view path) override {
        return given(path, reader_->entry_at(path));
    }

    result<std::optional<source_entry>> step(std::string_view path) override {
        return given(path, reader_->step_at(path));
    }

    result<std::vector<source_entry>> list(const source_entry& directory) override {
        const auto entries = reader_->list(id_of(directory));
        if (!entries) return entries.error();
        std::vector<source_entry> listed;
        listed.reserve(entries->size());
        for (const files::tree_entry& entry : *entries) {
            listed.push_back({.name = entry.name, .kind = kind_of(entry.mode), .id = entry.id.hex()});
        }
        std::sort(listed.begin(), listed.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
        return listed;
    }

    result<std::string> read(const source_entry& file, std::size_t limit) override {
        return reader_->blob(id_of(file), limit);
    }

private:
    static result<std::optional<source_entry>>
    given(std::string_view path, const result<files::tree_entry>& entry) {
        if (!entry) {
            if (entry.error().kind() == error_kind::not_found) return std::optional<source_entry>{};
            return entry.error();
        }
        const auto slash = path.rfind('/');
        return std::optional{source_entry{
            .name = std::string{slash == std::string_view::npos ? path : path.substr(slash + 1)},
            .kind = kind_of(entry->mode),
            .id = entry->id.hex(),
        }};
    }

    static files::object_id id_of(const source_entry& entry) {
        return files::object_id::from_hex(entry.id).value_or(files::object_id{});
    }

    std::unique_ptr<files::tree_reader> reader_;
    std::string repository_;
};

} // namespace

std::unique_ptr<source_tree>
make_file_tree(std::unique_ptr<files::tree_reader> reader, std::string repository) {
    return std::make_unique<file_tree>(std::move(reader), std::move(repository));
}

} // namespace holdfast::render
