#include "builders/kustomize/closure.hpp"

#include "builders/helm/chart_archive.hpp"
#include "builders/kustomize/charts.hpp"
#include "builders/kustomize/copies.hpp"
#include "builders/kustomize/functions.hpp"
#include "builders/kustomize/repospec.hpp"
#include "builders/kustomize/sentences.hpp"
#include "match/url.hpp"
#include "render/file_tree.hpp"
#include "render/links.hpp"

#include <boost/json/array.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <tuple>

namespace holdfast::builders {

namespace {

constexpr std::size_t max_kustomizations = 1000;
constexpr int max_depth = 64;
constexpr std::size_t max_needs = 100;
constexpr std::size_t max_references = 20'000;
constexpr std::size_t max_function_file = std::size_t{1} << 20U;
constexpr std::size_t max_text = std::size_t{32} << 20U;
constexpr std::size_t max_charts = std::size_t{32} << 20U;

class follower {
public:
    follower(
        const supplies& supplied, const std::vector<std::string>& functions, bool with_charts, closure& into
    )
        : supplied_{supplied}, functions_{functions}, with_charts_{with_charts}, into_{into} {}

    void
    run(const std::string& start,
        const std::function<bool(kustomization&, render::source_tree&, std::vector<render::render_error>&)>&
            edit) {
        ahead_.push_back({.directory = start});
        visited_.insert(ahead_.front().key());
        for (bool first = true; !ahead_.empty() && errors_.all.size() < max_errors; first = false) {
            const auto next = ahead_.front();
            ahead_.pop_front();
            visit(next, first ? &edit : nullptr);
        }
    }

    render::render_errors errors_;

private:
    struct step {
        std::size_t in = 0;
        std::string directory;
        /// Its objects are functions.
        bool functions = false;
        int depth = 0;

        [[nodiscard]] std::tuple<std::size_t, std::string, bool> key() const {
            return {in, directory, functions};
        }
    };
    using editing =
        std::function<bool(kustomization&, render::source_tree&, std::vector<render::render_error>&)>;

    void visit(const step& at, const editing* edit) {
        auto& repository = into_.repositories[at.in];
        auto read = read_kustomization(
            *repository.tree, at.directory, shown_path(repository, at.directory), into_.warnings
        );
        if (!read) {
            const auto wrong = read.error();
            errors_.all.insert(errors_.all.end(), wrong.all.begin(), wrong.all.end());
            return;
        }
        repository.roots.insert(at.directory);
        text_ += read->text.size();
        if (text_ > max_text) return too_long(read->shown);
        auto k = std::move(*read);
        bool changed = edit != nullptr && (*edit)(k, *repository.tree, errors_.all);
        follow_charts(k, at);
        auto references = references_of(k, errors_.all);
        references_ += references.size();
        if (references_ > max_references && !references.empty()) {
            return fail(k, references.front(), fmt::format("more than {} things are named", max_references));
        }
        for (auto& each : references) {
            if (errors_.all.size() >= max_errors) return;
            changed = follow(k, at, each) || changed;
        }
        warn_of_origins(k, changed);
        if (!changed) return;
        auto to = render::join_path(place_of(at.in, at.directory), k.name);
        const auto same = [&](const written_file& file) { return file.to == to; };
        if (std::ranges::any_of(into_.files, same)) return;
        into_.files.push_back({std::move(to), to_yaml(k.value)});
        text_ += into_.files.back().text.size(); // with what aliases stand for it is longer than the file
        if (text_ > max_text) too_long(k.shown);
    }

    void too_long(const std::string& file) {
        errors_.all.push_back({.file = file, .message = "the kustomizations are longer than 32 MiB together"}
        );
        ahead_.clear();
    }

    static std::string shown_path(const read_repository& repository, const std::string& path) {
        if (repository.shown.empty()) return path;
        return repository.shown + "//" + path;
    }

    [[nodiscard]] std::string place_of(std::size_t in, std::string_view path) const {
        return render::join_path(into_.repositories[in].to, path);
    }

    void fail(
        const kustomization& k, const reference& at, std::string message, error_kind kind = error_kind::user
    ) {
        errors_.all.push_back(error_at(k, at.pointer, at.shown, std::move(message), kind));
    }

    /// The same where a reference is followed, which it is not replaced by.
    bool refuse(
        const kustomization& k, const reference& at, std::string message, error_kind kind = error_kind::user
    ) {
        fail(k, at, std::move(message), kind);
        return false;
    }

    /// Puts charts where kustomize looks for them before it would fetch them.
    void follow_charts(const kustomization& k, const step& at) {
        auto charts = charts_of(k, with_charts_, errors_.all);
        into_.has_charts = into_.has_charts || !charts.empty();
        for (const auto& chart : charts) {
            if (errors_.all.size() >= max_errors) return;
            follow_chart(k, at, chart);
        }
    }

    void follow_chart(const kustomization& k, const step& at, const chart_reference& chart) {
        const reference each{.pointer = chart.pointer, .shown = chart.shown};
        const auto place = join_lexically(at.directory, chart.place);
        if (!place) return fail(k, each, fmt::format("{} {}", chart.place, place.error().message()));
        auto& in = into_.repositories[at.in];
        const auto found = render::follow(*in.tree, *place);
        if (found && found->entry.kind == render::entry_kind::directory) {
            in.roots.insert(found->path);
            return;
        }
        if (chart.repository.empty()) {
            return fail(k, each, nothing_at(*in.tree, at.directory, chart.place, *place, "chart"));
        }
        if (has_user(chart.repository)) {
            return fail(
                k, each,
                without_password(chart.repository) +
                    ": credentials do not belong into a URL but into the Secret of a Repository"
            );
        }
        const auto* supply = ask(
            k, each,
            {.what = need::kind::chart, .url = chart.repository, .name = chart.name, .revision = chart.version
            }
        );
        const auto to = place_of(at.in, *place);
        if (supply == nullptr || !charts_.insert(to).second) return;
        auto files = chart_archive::unpack(supply->file, max_charts - chart_bytes_);
        if (!files) return fail(k, each, files.error().message(), files.error().kind());
        for (auto& [path, text] : *files) {
            chart_bytes_ += text.size();
            into_.files.push_back({render::join_path(to, path), std::move(text)});
        }
    }

    // Annotations that kustomize makes of where things come from show the copies.
    void warn_of_origins(const kustomization& k, bool changed) {
        const auto* metadata = k.value.if_contains("buildMetadata");
        if (!changed || metadata == nullptr || !metadata->is_array() || into_.needs.empty()) return;
        if (std::ranges::find(metadata->get_array(), json::value{"originAnnotations"}) ==
            metadata->get_array().end()) {
            return;
        }
        into_.warnings.push_back(fmt::format(
            "{}: buildMetadata: config.kubernetes.io/origin names the local copies of remote bases, not "
            "their URLs",
            k.shown
        ));
    }

    // ---- one reference: true when it was replaced

    bool follow(const kustomization& k, const step& at, reference& each) {
        const std::string text{each.text()};
        switch (each.what) {
        case reference::kind::function:
            if (is_inline(text)) {
                look_at_functions(text, k.shown, each.shown);
                return false;
            }
            return follow_resource(k, at, each, true);
        case reference::kind::resource: return follow_resource(k, at, each, at.functions);
        case reference::kind::component:
            if (const auto base = read_remote_base(text))
                return follow_base(k, at, each, *base, at.functions);
            return follow_path(k, at, each, false, true, at.functions);
        case reference::kind::patch:
            // As text or as path: with a colon or a line's end in it, it can hardly be a path.
            if (!is_http_url(text) && text.find_first_of(":\n{") != std::string::npos) return false;
            [[fallthrough]];
        case reference::kind::file: return follow_file(k, at, each, {}, text);
        case reference::kind::source: {
            const auto equals = text.find('=');
            if (equals == std::string::npos) {
                const auto slash = text.rfind('/');
                return follow_file(
                    k, at, each, text.substr(slash == std::string::npos ? 0 : slash + 1), text
                );
            }
            if (equals == 0 || equals + 1 == text.size() || text.find('=', equals + 1) != std::string::npos) {
                return false; // kustomize says what is wrong with it
            }
            return follow_file(k, at, each, text.substr(0, equals), text.substr(equals + 1));
        }
        }
        return false;
    }

    bool follow_resource(const kustomization& k, const step& at, reference& each, bool functions) {
        const auto text = std::string{each.text()};
        if (is_file_url(text)) {
            if (functions) {
                fail(
                    k, each,
                    "functions come from the repository or from bases, not from single files behind a URL"
                );
                return false;
            }
            return follow_file(k, at, each, {}, text);
        }
        const auto base = read_remote_base(text);
        if (base && !is_file_here(at, text)) return follow_base(k, at, each, *base, functions);
        return follow_path(k, at, each, true, true, functions);
    }

    // kustomize takes a file for a file, whatever it is called: "github.com/org/repo/x.yaml".
    bool is_file_here(const step& at, const std::string& text) {
        if (is_http_url(text)) return false;
        const auto path = join_lexically(at.directory, text);
        if (!path) return false;
        const auto found = render::follow(*into_.repositories[at.in].tree, *path);
        return found && found->entry.kind == render::entry_kind::file;
    }

    /// A file, which may be behind a URL; `key` is what has to stay in front of it.
    bool follow_file(
        const kustomization& k, const step& at, reference& each, const std::string& key,
        const std::string& text
    ) {
        if (!is_http_url(text)) {
            return follow_path(k, at, each, true, false, false, text);
        }
        if (has_user(text)) {
            fail(
                k, each,
                without_password(text) +
                    ": credentials do not belong into a URL but into the Secret of a Repository"
            );
            return false;
        }
        const auto supply = ask(k, each, {.what = need::kind::file, .url = text});
        if (supply == nullptr) return false;
        // Beside the kustomization: nowhere else would kustomize read it.
        const auto number = number_of(files_, text);
        auto name = fmt::format("holdfast-remote-{}.yaml", number);
        const auto there = into_.repositories[at.in].tree->find(render::join_path(at.directory, name));
        if (there && *there) {
            fail(
                k, each,
                fmt::format(
                    "the name {} is needed for the file of this URL; rename the file in the repository", name
                )
            );
            return false;
        }
        auto to = render::join_path(place_of(at.in, at.directory), name);
        const auto same = [&](const archive_copy& copy) { return copy.to == to; };
        if (std::ranges::none_of(into_.archives, same)) {
            into_.archives.push_back({supply->file, std::move(to), supply->held});
            into_.identities.push_back(supply->identity);
        }
        *each.value = key.empty() ? name : key + "=" + name;
        return true;
    }

    bool follow_base(
        const kustomization& k, const step& at, reference& each, const remote_base& base, bool functions
    ) {
        if (const auto url = match::url::parse(base.repository); !url) {
            fail(k, each, fmt::format("{}: {}", without_password(each.text()), url.error().message()));
            return false;
        }
        need wanted{.what = need::kind::repository, .url = base.repository, .revision = base.revision};
        const auto number = number_of(bases_, wanted.url + "\n" + wanted.revision);
        const auto supply = ask(k, each, wanted);
        if (supply == nullptr) return false;
        const auto in = repository_of(k, each, wanted, *supply, number);
        if (!in) return false;
        auto path = join_lexically("", base.path);
        if (!path) {
            fail(k, each, fmt::format("{} {}", each.text(), path.error().message()));
            return false;
        }
        const auto directory = directory_at(k, each, *in, "", *path, functions, at.depth);
        if (!directory) return false;
        *each.value = relative_path(place_of(at.in, at.directory), place_of(*in, *directory));
        return true;
    }

    /// What was supplied for a need; nullptr when nothing was.
    const supply* ask(const kustomization& k, const reference& each, const need& wanted) {
        if (!into_.needs.contains(wanted) && into_.needs.size() == max_needs) {
            fail(k, each, fmt::format("there are more than {} remote bases and files", max_needs));
            return nullptr;
        }
        into_.needs.insert(wanted);
        const auto found = supplied_.find(wanted);
        if (found != supplied_.end()) return &found->second;
        into_.missing.insert(wanted);
        return nullptr;
    }

    static std::size_t number_of(std::map<std::string, std::size_t>& among, const std::string& key) {
        return among.emplace(key, among.size()).first->second;
    }

    std::optional<std::size_t> repository_of(
        const kustomization& k, const reference& each, const need& wanted, const supply& supplied,
        std::size_t number
    ) {
        const auto to = fmt::format("remote/{}", number);
        const auto known = std::ranges::find(into_.repositories, to, &read_repository::to);
        if (known != into_.repositories.end()) {
            return static_cast<std::size_t>(known - into_.repositories.begin());
        }
        auto reader = supplied.at.read();
        if (!reader) {
            fail(k, each, reader.error().message(), reader.error().kind());
            return std::nullopt;
        }
        into_.repositories.push_back({
            .at = supplied.at,
            .tree = render::make_file_tree(std::move(*reader), wanted.url),
            .to = to,
            .shown = wanted.url,
        });
        return into_.repositories.size() - 1;
    }

    /// A path in the same repository.
    bool follow_path(
        const kustomization& k, const step& at, reference& each, bool files, bool directories, bool functions,
        std::optional<std::string> path_in_text = {}
    ) {
        const auto text = path_in_text.value_or(std::string{each.text()});
        if (is_http_url(text) || text.starts_with("git::") || text.starts_with("ssh://")) {
            const auto why = read_remote_base(text);
            if (!why)
                return refuse(
                    k, each,
                    fmt::format(
                        "{} is not a valid repository address: {}", without_password(text),
                        why.error().message()
                    )
                );
        }
        const auto path = join_lexically(at.directory, text);
        if (!path) return refuse(k, each, fmt::format("{} {}", text, path.error().message()));
        auto& tree = *into_.repositories[at.in].tree;
        const auto found = render::follow(tree, *path);
        if (!found && found.error().kind() == error_kind::not_found) {
            const auto* const what = !files ? "directory" : directories ? "file or directory" : "file";
            return refuse(k, each, nothing_at(tree, at.directory, text, *path, what));
        }
        if (!found) return refuse(k, each, found.error().message(), found.error().kind());
        if (found->entry.kind == render::entry_kind::directory) {
            if (!directories) return refuse(k, each, text + " is a directory; it has to be a file");
            visit_later(k, each, {at.in, found->path, functions, at.depth + 1});
            if (each.what == reference::kind::function) into_.functions_unknown = true;
            if (found->path == *path || render::is_within(*path, at.directory)) return false;
            // What is copied is the directory, and not the symlink that leads to it from somewhere else.
            // kustomize takes a directory for what it really is, so to name it so is the same.
            *each.value = relative_path(place_of(at.in, at.directory), place_of(at.in, found->path));
            return true;
        }
        if (found->entry.kind == render::entry_kind::submodule) {
            return refuse(k, each, text + " is in a Git submodule, of which nothing is read");
        }
        if (!files)
            return refuse(k, each, text + " is a file; it has to be a directory with a kustomization");
        if (!render::is_within(found->path, at.directory)) {
            return refuse(k, each, outside_of(tree, at.directory, text, found->path, directories));
        }
        if (!functions) return false;
        const auto content = tree.read(found->entry, max_function_file);
        if (!content) return refuse(k, each, content.error().message(), content.error().kind());
        look_at_functions(*content, shown_path(into_.repositories[at.in], found->path), {});
        return false;
    }

    void look_at_functions(std::string_view text, const std::string& file, const std::string& shown) {
        auto use = check_functions(text, file, shown, functions_, errors_.all);
        into_.functions.merge(use.programs);
    }

    /// A directory of a remote repository, to be visited.
    std::optional<std::string> directory_at(
        const kustomization& k, const reference& each, std::size_t in, const std::string& from,
        const std::string& path, bool functions, int depth
    ) {
        auto& tree = *into_.repositories[in].tree;
        const auto found = render::follow(tree, path);
        if (!found) {
            const bool nothing = found.error().kind() == error_kind::not_found;
            fail(
                k, each,
                nothing ? nothing_at(tree, from, each.text(), path, "directory") : found.error().message(),
                nothing ? error_kind::user : found.error().kind()
            );
            return std::nullopt;
        }
        if (found->entry.kind != render::entry_kind::directory) {
            fail(k, each, fmt::format("{} is not a directory with a kustomization", each.text()));
            return std::nullopt;
        }
        if (functions) into_.functions_unknown = true;
        visit_later(k, each, {in, found->path, functions, depth + 1});
        return found->path;
    }

    void visit_later(const kustomization& k, const reference& each, step next) {
        if (visited_.contains(next.key())) return;
        if (next.depth > max_depth) {
            return fail(
                k, each, fmt::format("more than {} kustomizations lead one to the other here", max_depth)
            );
        }
        if (visited_.size() >= max_kustomizations) {
            if (!too_many_)
                fail(k, each, fmt::format("there are more than {} kustomizations", max_kustomizations));
            too_many_ = true;
            return;
        }
        visited_.insert(next.key());
        ahead_.push_back(std::move(next));
    }

    const supplies& supplied_;
    const std::vector<std::string>& functions_;
    bool with_charts_;
    closure& into_;
    /// Where charts were put.
    std::set<std::string> charts_;
    std::size_t chart_bytes_ = 0;
    std::deque<step> ahead_;
    std::set<std::tuple<std::size_t, std::string, bool>> visited_;
    std::map<std::string, std::size_t> bases_;
    std::map<std::string, std::size_t> files_;
    std::size_t references_ = 0;
    std::size_t text_ = 0;
    bool too_many_ = false;
};

} // namespace

render::render_result<closure> follow_kustomizations(
    read_repository own, const std::string& start, const supplies& supplied,
    const std::vector<std::string>& functions, bool with_charts,
    const std::function<bool(kustomization&, render::source_tree&, std::vector<render::render_error>&)>& edit
) {
    closure made;
    made.repositories.push_back(std::move(own));
    follower f{supplied, functions, with_charts, made};
    f.run(start, edit);
    if (!f.errors_.all.empty()) return std::move(f.errors_);
    return made;
}

} // namespace holdfast::builders
