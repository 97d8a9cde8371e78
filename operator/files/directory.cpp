#include "files/directory.hpp"

#include "base/work_budget.hpp"
#include "files/directory_scan.hpp"
#include "files/walk.hpp"

#include <optional>
#include <utility>

namespace holdfast::files {

namespace {

using node = directory_scan::node;

class directory_reader final : public walking_reader<node*> {
public:
    directory_reader(std::shared_ptr<directory_scan> scan, std::shared_ptr<read_log> log)
        : walking_reader{std::move(log)}, scan_{std::move(scan)} {}

    [[nodiscard]] std::string name() const override { return "directory " + scan_->path(); }

    result<std::string> blob(const object_id& id, std::size_t limit) override {
        auto found = file_of(id);
        if (!found) {
            return found.error();
        }
        return scan_->read(**found, limit);
    }

    result<std::uint64_t> blob_size(const object_id& id) override {
        if (auto enough = spend_looks(1); !enough) {
            return enough.error();
        }
        const auto found = file_of(id);
        if (!found) {
            return found.error();
        }
        return (*found)->mode == entry_mode::symlink ? std::uint64_t{(*found)->target.size()}
                                                     : (*found)->size;
    }

protected:
    [[nodiscard]] std::string full_name() const override { return name(); }

    node* root() override { return &scan_->root(); }

    result<node*> tree_of(const object_id& tree) override {
        auto* const found = scan_->find(tree);
        if (found == nullptr) {
            return unknown(tree);
        }
        if (found->mode != entry_mode::tree) {
            return user_error(
                scan_->path_of(*found) + " in " + name() + " is " + std::string{kind_name(found->mode)} +
                ", not a directory"
            );
        }
        return found;
    }

    [[nodiscard]] entry_mode mode_of(node* const& place) const override { return place->mode; }

    result<std::optional<node*>>
    child(node* const& in, std::string_view name, std::string_view where) override {
        const auto found = scan_->child(*in, name, where);
        if (!found) {
            return found.error();
        }
        return *found == nullptr ? std::optional<node*>{} : std::optional{*found};
    }

    result<std::optional<tree_entry>> entry_of(node* const& place) override {
        return scan_->entry_of(*place);
    }

    result<std::string> target_of(node* const& link) override { return scan_->read(*link, max_link_bytes); }

    result<std::vector<tree_entry>> entries(const object_id& tree, std::size_t max_entries) override {
        const auto found = tree_of(tree);
        if (!found) {
            return found.error();
        }
        return scan_->entries(**found, max_entries);
    }

private:
    [[nodiscard]] error unknown(const object_id& id) const {
        return {
            error_kind::conflict, name() + " cannot give " + id.hex() + ": nothing was found with that id"
        };
    }

    result<node*> file_of(const object_id& id) {
        auto* const found = scan_->find(id);
        if (found == nullptr) {
            return unknown(id);
        }
        if (found->mode == entry_mode::tree) {
            return user_error(scan_->path_of(*found) + " in " + name() + " is a directory and no file");
        }
        return found;
    }

    std::shared_ptr<directory_scan> scan_;
};

class directory_files final : public file_source::backing {
public:
    explicit directory_files(std::shared_ptr<directory_scan> scan, std::shared_ptr<read_log> log = {})
        : scan_{std::move(scan)}, log_{std::move(log)}, identity_{scan_->identity()} {}

    [[nodiscard]] result<std::unique_ptr<tree_reader>> read() const override {
        return std::unique_ptr<tree_reader>{std::make_unique<directory_reader>(scan_, log_)};
    }
    [[nodiscard]] const std::string& identity() const noexcept override { return identity_; }
    [[nodiscard]] std::shared_ptr<const backing> noting(std::shared_ptr<read_log> log) const override {
        return std::make_shared<const directory_files>(scan_, std::move(log));
    }
    void note_revision() const override {
        if (log_) {
            log_->note_revision();
        }
    }

private:
    std::shared_ptr<directory_scan> scan_;
    std::shared_ptr<read_log> log_;
    std::string identity_;
};

} // namespace

result<file_source> open_directory(const std::string& path, directory_limits limits) {
    auto scan = directory_scan::open(path, limits);
    if (!scan) {
        return scan.error();
    }
    return file_source{std::make_shared<const directory_files>(std::move(*scan))};
}

} // namespace holdfast::files
