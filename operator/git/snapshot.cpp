#include "git/snapshot.hpp"

#include "base/work_budget.hpp"
#include "files/looks.hpp"
#include "files/read_log.hpp"
#include "files/walk.hpp"
#include "git/libgit2.hpp"
#include "git/parsed_tree.hpp"
#include "git/store_files.hpp"
#include "git/tree_cache.hpp"

#include <optional>

namespace holdfast::git {

using files::bytes_read_per_look;
using files::entries_listed_per_look;
using files::entry_mode;
using files::tree_entry;

namespace {

constexpr std::size_t max_tree_bytes = std::size_t{64} << 20U;
// As one of files/looks.hpp.
constexpr std::size_t bytes_parsed_per_look = 128;

struct object_bytes {
    libgit2::odb_object object;
    [[nodiscard]] std::string_view view() const noexcept {
        return {
            static_cast<const char*>(git_odb_object_data(object.get())), git_odb_object_size(object.get())
        };
    }
};

std::string_view kind_name(git_object_t type) {
    const char* name = git_object_type2string(type);
    return name == nullptr ? "object" : name;
}

// A place is an entry of a tree, by its id and mode; nothing reads its name. A look-up costs the same however
// large the directory is, once its tree is in the cache.
class libgit2_reader final : public files::walking_reader<tree_entry> {
public:
    libgit2_reader(
        std::string repository, const object_id& commit, std::shared_ptr<const void> pin,
        std::shared_ptr<tree_cache> trees, std::shared_ptr<files::read_log> log
    )
        : walking_reader{std::move(log)},
          path_{std::move(repository)},
          commit_{commit},
          pin_{std::move(pin)},
          trees_{std::move(trees)},
          repository_key_{sha256(path_)} {}

    result<void> start() {
        if (auto opened = reopen(); !opened) {
            return opened.error();
        }
        // Also checks that it is there. Its message may be as long as whoever pushed it likes.
        const auto bytes = read(commit_, GIT_OBJECT_COMMIT, store_files::max_commit_bytes);
        if (!bytes) {
            return bytes.error();
        }
        const auto oid = libgit2::to_oid(commit_);
        git_commit* raw = nullptr;
        if (git_commit_lookup(&raw, repository_.get(), &oid) != 0) {
            return lost(commit_, libgit2::last_words());
        }
        const libgit2::commit owned{raw};
        root_ = libgit2::from_oid(*git_commit_tree_id(raw));
        return {};
    }

    [[nodiscard]] std::string name() const override { return "revision " + commit_.hex().substr(0, 10); }

    result<std::string> blob(const object_id& id, std::size_t limit) override {
        const auto bytes = read(id, GIT_OBJECT_BLOB, limit);
        if (!bytes) {
            return bytes.error();
        }
        if (auto enough = spend_looks(1 + bytes->view().size() / bytes_read_per_look); !enough) {
            return enough.error();
        }
        return std::string{bytes->view()};
    }

    result<std::uint64_t> blob_size(const object_id& id) override {
        if (auto enough = spend_looks(1); !enough) {
            return enough.error();
        }
        const auto head = header(id);
        if (!head) {
            return head.error();
        }
        return std::uint64_t{head->first};
    }

protected:
    [[nodiscard]] std::string full_name() const override { return "commit " + commit_.hex(); }

    tree_entry root() override { return {.name = {}, .mode = entry_mode::tree, .id = root_}; }

    result<tree_entry> tree_of(const object_id& tree) override {
        return tree_entry{.name = {}, .mode = entry_mode::tree, .id = tree};
    }

    [[nodiscard]] entry_mode mode_of(const tree_entry& place) const override { return place.mode; }

    result<std::optional<tree_entry>>
    child(const tree_entry& in, std::string_view name, std::string_view where) override {
        const auto all = tree(in.id, where);
        if (!all) {
            return all.error();
        }
        return (*all)->find(name);
    }

    result<std::optional<tree_entry>> entry_of(const tree_entry& place) override {
        return std::optional{place};
    }

    result<std::string> target_of(const tree_entry& link) override {
        return blob(link.id, files::max_link_bytes);
    }

    result<std::vector<tree_entry>> entries(const object_id& id, std::size_t max_entries) override {
        const auto all = tree(id, {});
        if (!all) {
            return all.error();
        }
        if ((*all)->size() > max_entries) {
            return user_error(
                "the tree " + id.hex() + " has more than " + std::to_string(max_entries) + " entries"
            );
        }
        if (auto enough = spend_looks((*all)->size() / entries_listed_per_look); !enough) {
            return enough.error();
        }
        return (*all)->entries();
    }

private:
    result<void> reopen() {
        auto repository = libgit2::open(path_);
        if (!repository) {
            return repository.error();
        }
        git_odb* raw = nullptr;
        if (git_repository_odb(&raw, repository->get()) != 0) {
            return error{
                error_kind::conflict, "the store " + path_ + " cannot be read: " + libgit2::last_words()
            };
        }
        odb_.reset(raw);
        repository_ = std::move(*repository);
        return {};
    }

    [[nodiscard]] error lost(const object_id& id, const std::string& why) const {
        return {error_kind::conflict, "the store " + path_ + " cannot give object " + id.hex() + ": " + why};
    }

    // Size and type. Housekeeping may have moved an object into a pack that this handle does not know: looked
    // for once more with a fresh one.
    result<std::pair<std::size_t, git_object_t>> header(const object_id& id) {
        const auto oid = libgit2::to_oid(id);
        std::size_t size = 0;
        git_object_t type = GIT_OBJECT_INVALID;
        if (git_odb_read_header(&size, &type, odb_.get(), &oid) != 0) {
            const auto why = libgit2::last_words();
            if (!reopen() || git_odb_read_header(&size, &type, odb_.get(), &oid) != 0) {
                return lost(id, why);
            }
        }
        return std::pair{size, type};
    }

    result<object_bytes> read(const object_id& id, git_object_t wanted, std::size_t limit) {
        const auto head = header(id);
        if (!head) {
            return head.error();
        }
        if (head->second != wanted) {
            return user_error(
                id.hex() + " is a " + std::string{kind_name(head->second)} + ", not a " +
                std::string{kind_name(wanted)}
            );
        }
        if (head->first > limit) {
            return user_error(
                "the " + std::string{kind_name(wanted)} + " " + id.hex() + " has " +
                std::to_string(head->first) + " bytes, more than the " + std::to_string(limit) +
                " that are allowed"
            );
        }
        const auto oid = libgit2::to_oid(id);
        git_odb_object* raw = nullptr;
        if (git_odb_read(&raw, odb_.get(), &oid) != 0) {
            const auto why = libgit2::last_words();
            if (!reopen() || git_odb_read(&raw, odb_.get(), &oid) != 0) {
                return lost(id, why);
            }
        }
        return object_bytes{libgit2::odb_object{raw}};
    }

    // A tree out of the cache, or parsed.
    result<std::shared_ptr<const parsed_tree>> tree(const object_id& id, std::string_view where) {
        if (auto enough = spend_looks(1, where); !enough) {
            return enough.error();
        }
        if (last_ && last_id_ == id) {
            return last_;
        }
        const tree_cache::key key{repository_key_, id};
        auto found = trees_->find(key);
        if (!found) {
            const auto bytes = read(id, GIT_OBJECT_TREE, max_tree_bytes);
            if (!bytes) {
                return bytes.error();
            }
            if (auto enough = spend_looks(bytes->view().size() / bytes_parsed_per_look, where); !enough) {
                return enough.error();
            }
            auto parsed = parsed_tree::parse(std::string{bytes->view()}, id);
            if (!parsed) {
                return parsed.error();
            }
            found = std::move(*parsed);
            trees_->insert(key, found);
        }
        last_ = std::move(found);
        last_id_ = id;
        return last_;
    }

    std::string path_;
    object_id commit_;
    std::shared_ptr<const void> pin_;
    std::shared_ptr<tree_cache> trees_;
    sha256_digest repository_key_;
    // The one used last: a tree that is too large for the cache is not parsed for each name in it.
    std::shared_ptr<const parsed_tree> last_;
    object_id last_id_;
    libgit2::repository repository_;
    libgit2::odb odb_;
    object_id root_;
};

} // namespace

result<snapshot>
snapshot::open(const std::string& repository, const object_id& commit, std::shared_ptr<tree_cache> trees) {
    snapshot s{repository, commit, nullptr, trees ? std::move(trees) : std::make_shared<tree_cache>()};
    if (const auto reader = s.read(); !reader) {
        return reader.error();
    }
    return s;
}

result<std::unique_ptr<files::tree_reader>> snapshot::read() const {
    auto reader = std::make_unique<libgit2_reader>(
        repository_, commit_, pin_, trees_ ? trees_ : std::make_shared<tree_cache>(), log_
    );
    if (auto started = reader->start(); !started) {
        return started.error();
    }
    return std::unique_ptr<files::tree_reader>{std::move(reader)};
}

snapshot snapshot::noting(std::shared_ptr<files::read_log> log) const {
    auto noting = *this;
    noting.log_ = std::move(log);
    return noting;
}

void snapshot::note_revision() const {
    if (log_) {
        log_->note_revision();
    }
}

namespace {

class commit_files final : public files::file_source::backing {
public:
    explicit commit_files(snapshot at)
        : at_{std::move(at)}, identity_{at_.repository() + "\n" + at_.commit().hex()} {}

    [[nodiscard]] result<std::unique_ptr<files::tree_reader>> read() const override { return at_.read(); }
    [[nodiscard]] const std::string& identity() const noexcept override { return identity_; }
    [[nodiscard]] std::shared_ptr<const backing> noting(std::shared_ptr<files::read_log> log) const override {
        return std::make_shared<const commit_files>(at_.noting(std::move(log)));
    }
    void note_revision() const override { at_.note_revision(); }

private:
    snapshot at_;
    std::string identity_;
};

} // namespace

snapshot::operator files::file_source() const {
    return commit_ ? files::file_source{std::make_shared<const commit_files>(*this)} : files::file_source{};
}

} // namespace holdfast::git
