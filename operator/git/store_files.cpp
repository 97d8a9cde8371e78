#include "git/store_files.hpp"

#include "base/replace_file.hpp"
#include "git/libgit2.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <unistd.h>

namespace holdfast::git::store_files {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view pins = "refs/holdfast/";
constexpr std::string_view unfinished = "refs/holdfast-tmp/";
constexpr std::string_view tags = "refs/holdfast-tags/";

bool write_file(const fs::path& path, std::string_view content) {
    std::ofstream out{path, std::ios::binary | std::ios::trunc};
    out << content;
    out.close();
    return out.good();
}

std::string read_file(const fs::path& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

template <class F>
void each_entry(const fs::path& directory, F visit) {
    std::error_code ec;
    for (fs::directory_iterator it{directory, ec}, end; !ec && it != end; it.increment(ec)) {
        visit(*it);
    }
}

error cannot_make(const fs::path& path, const std::error_code& ec) {
    if (ec == std::errc::no_space_on_device) {
        return transient_error("the disk of the cache directory " + path.string() + " is full");
    }
    return transient_error("cannot write in the cache directory " + path.string() + ": " + ec.message());
}

result<void> initialise(const fs::path& repository) {
    std::error_code ec;
    for (const auto* folder : {"objects/pack", "objects/info", "refs"}) {
        fs::create_directories(repository / folder, ec);
        if (ec) {
            return cannot_make(repository, ec);
        }
    }
    // HEAD last: a repository without it is none, and made anew.
    if (!write_file(repository / "config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n")) {
        return cannot_make(repository, std::error_code{errno, std::generic_category()});
    }
    if (const auto failed = replace_file(repository / "HEAD", "ref: refs/heads/none\n")) {
        return cannot_make(repository, failed);
    }
    return {};
}

// Beside the repository: git knows nothing of it.
fs::path listing_of(const fs::path& repository) {
    return repository.parent_path() / "refs";
}

bool is_leftover(const std::string& name) {
    return name.ends_with(".lock") || name.starts_with("tmp_") || name.starts_with(".tmp-") ||
           name.ends_with(".keep");
}

void remove_leftovers(const fs::path& repository) {
    std::error_code ec;
    for (const auto& folder : {repository, repository / "objects/pack"}) {
        std::vector<fs::path> doomed;
        each_entry(folder, [&](const fs::directory_entry& e) {
            if (is_leftover(e.path().filename().string())) {
                doomed.push_back(e.path());
            }
        });
        for (const auto& path : doomed) {
            fs::remove_all(path, ec);
        }
    }
    for (fs::recursive_directory_iterator it{repository / "refs", ec}, end; !ec && it != end;) {
        const auto path = it->path();
        it.increment(ec);
        if (path.extension() == ".lock") {
            std::error_code ignored;
            fs::remove(path, ignored);
        }
    }
}

template <class F>
void each_ref(git_repository* repository, std::string_view prefix, F visit) {
    git_reference_iterator* raw = nullptr;
    if (git_reference_iterator_glob_new(&raw, repository, (std::string{prefix} + "*").c_str()) != 0) {
        return;
    }
    const libgit2::reference_iterator it{raw};
    const char* name = nullptr;
    while (git_reference_next_name(&name, it.get()) == 0) {
        visit(std::string_view{name});
    }
}

// Before it is read as a whole.
result<void> check_size(git_repository* repository, const object_id& commit) {
    git_odb* raw = nullptr;
    if (git_repository_odb(&raw, repository) != 0) {
        return {}; // whoever reads it finds out
    }
    const libgit2::odb objects{raw};
    const auto oid = libgit2::to_oid(commit);
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
    if (git_odb_read_header(&size, &type, objects.get(), &oid) != 0 ||
        (type != GIT_OBJECT_COMMIT && type != GIT_OBJECT_TAG) || size <= max_commit_bytes) {
        return {};
    }
    return user_error(
        "the " + std::string{git_object_type2string(type)} + " " + commit.hex() + " has " +
        std::to_string(size) + " bytes, more than the " + std::to_string(max_commit_bytes) +
        " that are read: its message is too long"
    );
}

result<std::string> read_object(const std::string& repository, const object_id& id, git_object_t wanted) {
    auto repo = libgit2::open(repository);
    if (!repo) {
        return repo.error();
    }
    if (auto short_enough = check_size(repo->get(), id); !short_enough) {
        return short_enough.error();
    }
    git_odb* raw_odb = nullptr;
    if (git_repository_odb(&raw_odb, repo->get()) != 0) {
        return error{
            error_kind::conflict, "the store " + repository + " cannot be read: " + libgit2::last_words()
        };
    }
    const libgit2::odb objects{raw_odb};
    const auto oid = libgit2::to_oid(id);
    git_odb_object* raw = nullptr;
    const int code = git_odb_read(&raw, objects.get(), &oid);
    const libgit2::odb_object object{raw};
    if (code == GIT_ENOTFOUND) {
        return error{error_kind::not_found, id.hex() + " is not in the store"};
    }
    if (code != 0) {
        return error{error_kind::conflict, id.hex() + " cannot be read: " + libgit2::last_words()};
    }
    if (git_odb_object_type(raw) != wanted) {
        return user_error(
            id.hex() + " is not a " + git_object_type2string(wanted) + " but a " +
            git_object_type2string(git_odb_object_type(raw))
        );
    }
    return std::string{static_cast<const char*>(git_odb_object_data(raw)), git_odb_object_size(raw)};
}

} // namespace

std::string pin_name(const object_id& commit) {
    return std::string{pins} + commit.hex();
}

std::string tag_pin_name(const object_id& commit, const object_id& tag) {
    return std::string{tags} + commit.hex() + "/" + tag.hex();
}

result<std::string> read_commit(const std::string& repository, const object_id& commit) {
    return read_object(repository, commit, GIT_OBJECT_COMMIT);
}

result<std::string> read_tag(const std::string& repository, const object_id& tag) {
    return read_object(repository, tag, GIT_OBJECT_TAG);
}

result<std::vector<object_id>> prepare(const std::string& repository, const std::string& url) {
    libgit2::start();
    std::error_code ec;
    fs::create_directories(fs::path{repository}.parent_path(), ec);
    if (ec) {
        return cannot_make(repository, ec);
    }
    write_file(fs::path{repository}.parent_path() / "url", url + "\n");
    if (!fs::exists(fs::path{repository} / "HEAD", ec)) {
        fs::remove_all(repository, ec);
        if (auto made = initialise(repository); !made) {
            fs::remove_all(repository, ec);
            return made.error();
        }
        return std::vector<object_id>{};
    }
    remove_leftovers(repository);
    remove_refs(repository, unfinished);
    auto repo = libgit2::open(repository);
    if (!repo) {
        return repo.error();
    }
    std::vector<object_id> commits;
    each_ref(repo->get(), pins, [&](std::string_view name) {
        if (const auto id = object_id::from_hex(name.substr(pins.size()))) {
            commits.push_back(*id);
        }
    });
    return commits;
}

result<void> keep_listing(const std::string& repository, std::string_view text) {
    const auto path = listing_of(repository);
    const auto failed = replace_file(path, text);
    return failed ? result<void>{cannot_make(path, failed)} : result<void>{};
}

std::string kept_listing(const std::string& repository, std::size_t max_bytes) {
    const auto path = listing_of(repository);
    std::error_code ec;
    const auto bytes = fs::file_size(path, ec);
    return ec || bytes > max_bytes ? std::string{} : read_file(path);
}

void sweep(const std::string& repository) {
    remove_leftovers(repository);
}

mark take_mark(const std::string& repository) {
    mark m;
    each_entry(fs::path{repository} / "objects/pack", [&](const fs::directory_entry& e) {
        m.packs.insert(e.path().filename().string());
    });
    m.shallow = read_file(fs::path{repository} / "shallow");
    return m;
}

void roll_back(const std::string& repository, const mark& to) {
    std::error_code ec;
    remove_leftovers(repository);
    remove_refs(repository, unfinished);
    std::vector<fs::path> doomed;
    each_entry(fs::path{repository} / "objects/pack", [&](const fs::directory_entry& e) {
        if (!to.packs.contains(e.path().filename().string())) {
            doomed.push_back(e.path());
        }
    });
    for (const auto& path : doomed) {
        fs::remove(path, ec);
    }
    const auto shallow = fs::path{repository} / "shallow";
    if (to.shallow.empty()) {
        fs::remove(shallow, ec);
    } else if (read_file(shallow) != to.shallow) {
        ec = replace_file(shallow, to.shallow);
    }
}

size measure(const std::string& repository) {
    size s;
    std::error_code ec;
    for (fs::recursive_directory_iterator it{repository, ec}, end; !ec && it != end; it.increment(ec)) {
        std::error_code gone;
        if (it->is_regular_file(gone) && !gone) {
            const auto bytes = it->file_size(gone);
            s.bytes += gone ? 0 : bytes;
            s.packs += it->path().extension() == ".pack" ? 1 : 0;
        }
    }
    return s;
}

std::uint64_t largest_pack_since(const std::string& repository, const mark& from) {
    std::uint64_t largest = 0;
    each_entry(fs::path{repository} / "objects/pack", [&](const fs::directory_entry& e) {
        if (from.packs.contains(e.path().filename().string())) {
            return;
        }
        std::error_code ec;
        const auto bytes = e.file_size(ec);
        largest = ec ? largest : std::max<std::uint64_t>(largest, bytes);
    });
    return largest;
}

result<void> check_commit(const std::string& repository, const object_id& commit) {
    auto repo = libgit2::open(repository);
    if (!repo) {
        return repo.error();
    }
    const auto oid = libgit2::to_oid(commit);
    if (auto short_enough = check_size(repo->get(), commit); !short_enough) {
        return short_enough.error();
    }
    git_object* raw = nullptr;
    const int code = git_object_lookup(&raw, repo->get(), &oid, GIT_OBJECT_ANY);
    const libgit2::object object{raw};
    if (code == GIT_ENOTFOUND) {
        return error{error_kind::not_found, "commit " + commit.hex() + " is not in the store"};
    }
    if (code != 0) {
        return error{
            error_kind::conflict, "commit " + commit.hex() + " cannot be read: " + libgit2::last_words()
        };
    }
    if (git_object_type(raw) != GIT_OBJECT_COMMIT) {
        return user_error(
            commit.hex() + " is not a commit but a " + git_object_type2string(git_object_type(raw)) +
            ": give the commit's SHA"
        );
    }
    git_tree* tree = nullptr;
    const int tree_code =
        git_commit_tree(&tree, reinterpret_cast<git_commit*>(raw)); // NOLINT: libgit2's own downcast
    const libgit2::tree owned{tree};
    if (tree_code != 0) {
        return error{error_kind::conflict, "the tree of commit " + commit.hex() + " is missing"};
    }
    return {};
}

result<void> pin(const std::string& repository, const object_id& commit) {
    auto repo = libgit2::open(repository);
    if (!repo) {
        return repo.error();
    }
    const auto oid = libgit2::to_oid(commit);
    git_reference* raw = nullptr;
    const int code = git_reference_create(&raw, repo->get(), pin_name(commit).c_str(), &oid, 1, nullptr);
    const libgit2::reference owned{raw};
    if (code != 0) {
        return transient_error(
            "cannot keep commit " + commit.hex() + " in " + repository + ": " + libgit2::last_words()
        );
    }
    return {};
}

void unpin(const std::string& repository, const std::vector<object_id>& commits) {
    auto repo = libgit2::open(repository);
    if (!repo) {
        return;
    }
    for (const auto& commit : commits) {
        git_reference_remove(repo->get(), pin_name(commit).c_str());
        std::vector<std::string> kept;
        each_ref(repo->get(), std::string{tags} + commit.hex() + "/", [&](std::string_view name) {
            kept.emplace_back(name);
        });
        for (const auto& name : kept) {
            git_reference_remove(repo->get(), name.c_str());
        }
    }
}

void remove_refs(const std::string& repository, std::string_view prefix) {
    auto repo = libgit2::open(repository);
    if (!repo) {
        return;
    }
    std::vector<std::string> names;
    each_ref(repo->get(), prefix, [&](std::string_view name) { names.emplace_back(name); });
    for (const auto& name : names) {
        git_reference_remove(repo->get(), name.c_str());
    }
}

object_id target_of(const std::string& repository, const std::string& ref) {
    auto repo = libgit2::open(repository);
    if (!repo) {
        return {};
    }
    git_reference* raw = nullptr;
    if (git_reference_lookup(&raw, repo->get(), ref.c_str()) != 0) {
        return {};
    }
    const libgit2::reference owned{raw};
    git_object* peeled = nullptr;
    if (git_reference_peel(&peeled, raw, GIT_OBJECT_COMMIT) != 0) {
        return {};
    }
    const libgit2::object commit{peeled};
    return libgit2::from_oid(*git_object_id(peeled));
}

bool is_there(const std::string& repository) {
    std::error_code ec;
    const fs::path path{repository};
    return fs::is_regular_file(path / "HEAD", ec) && fs::is_regular_file(path / "config", ec) &&
           fs::is_directory(path / "objects" / "pack", ec) && fs::is_directory(path / "refs", ec);
}

void make_directory(const std::string& directory) {
    std::error_code ec;
    fs::create_directories(directory, ec);
}

std::string set_aside(const std::string& directory, const std::string& trash) {
    std::error_code ec;
    fs::create_directories(trash, ec);
    std::string to = trash + "/XXXXXX";
    if (::mkdtemp(to.data()) == nullptr) {
        fs::remove_all(directory, ec);
        return {};
    }
    fs::rename(directory, to + "/gone", ec);
    if (ec) {
        fs::remove_all(to, ec);
        return {};
    }
    return to;
}

void remove(const std::string& directory) {
    std::error_code ec;
    if (!directory.empty()) {
        fs::remove_all(directory, ec);
    }
}

} // namespace holdfast::git::store_files
