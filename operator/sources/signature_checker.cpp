#include "sources/signature_checker.hpp"

#include "base/async.hpp"
#include "base/log.hpp"

#include <fstream>
#include <iterator>
#include <utility>

namespace holdfast::sources {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_findings = 20'000;
constexpr std::size_t most_keyrings = 16;
// What a program refused for a reason of its own, such as a clock that is wrong, may be otherwise later.
constexpr auto refusal_holds = 10min;
constexpr std::size_t largest_keyring = std::size_t{8} << 20U;

// Nobody's options, keys, trust or agents, and no network.
std::vector<std::string> gpg(std::string home) {
    return {
        "gpg",
        "--homedir",
        std::move(home),
        "--batch",
        "--no-tty",
        "--no-options",
        "--no-autostart",
        "--disable-dirmngr",
        "--no-auto-key-retrieve",
        "--no-auto-key-locate",
        "--no-auto-check-trustdb",
        "--no-permission-warning",
        "--trust-model",
        "always",
        "--lock-never",
        "--display-charset",
        "utf-8",
        "--status-fd",
        "1"
    };
}

sandbox::job job_of(std::vector<std::string> argv, std::vector<std::string> more) {
    sandbox::job job;
    job.argv = std::move(argv);
    job.argv.insert(
        job.argv.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end())
    );
    job.environment = {"TZ=UTC", "LC_ALL=C.UTF-8"};
    job.only_given_programs = true;
    job.deadline = 30s;
    job.limits.memory = std::uint64_t{128} << 20U;
    job.limits.cpu = 10s;
    job.limits.output = std::uint64_t{4} << 20U;
    job.limits.disk = std::uint64_t{16} << 20U;
    job.limits.file_size = std::uint64_t{16} << 20U;
    job.limits.files = 100;
    job.limits.processes = 8;
    return job;
}

std::string read_small(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    std::string bytes{std::istreambuf_iterator<char>{file}, {}};
    return bytes.size() > largest_keyring ? std::string{} : bytes;
}

bool imported(std::string_view printed) {
    return printed.find("[GNUPG:] IMPORT_OK ") != std::string_view::npos;
}

} // namespace

signature_checker::signature_checker(
    asio::any_io_executor executor, sandbox::runner& runner, worker_pool& pool
)
    : executor_{executor},
      runner_{runner},
      pool_{pool},
      found_{most_findings},
      trusted_{most_keyrings},
      tasks_{executor} {}

asio::awaitable<result<sandbox::outcome>>
signature_checker::run(sandbox::job job, const sandbox::workspace& in) {
    job.directory = &in;
    auto said = co_await runner_.run(std::move(job));
    co_return said;
}

asio::awaitable<result<std::shared_ptr<const trusted_keys>>> signature_checker::trust(signing_keys keys) {
    if (const auto* known = trusted_.find(keys.id); known != nullptr && (*known)->keys.from == keys.from) {
        co_return *known;
    }
    auto made = std::make_shared<trusted_keys>();
    made->keys = std::move(keys);
    if (made->keys.openpgp.empty()) {
        co_return std::shared_ptr<const trusted_keys>{std::move(made)};
    }
    auto workspace = runner_.make_workspace();
    if (!workspace) {
        co_return workspace.error();
    }
    auto directory = std::move(*workspace);
    std::optional<error> failed;
    for (const auto& file : made->keys.openpgp) {
        auto job = job_of(gpg(directory.home()), {"--import"});
        job.input = file.text;
        auto said = co_await run(std::move(job), directory);
        if (!said) {
            failed = said.error();
            break;
        }
        if (!imported(said->output)) {
            failed = user_error(
                made->keys.from + ", key \"" + file.name +
                "\": gpg finds no OpenPGP public key in it (gpg --armor --export ID gives one)"
            );
            break;
        }
    }
    if (!failed) {
        auto job = job_of(gpg(directory.home()), {"--with-colons", "--fixed-list-mode", "--list-keys"});
        auto said = co_await run(std::move(job), directory);
        if (said) {
            made->listing = std::move(said->output);
        } else {
            failed = said.error();
        }
    }
    if (!failed) {
        auto read = [path = directory.home() + "/pubring.kbx"] { return read_small(path); };
        made->keyring = co_await on_pool(pool_, std::move(read));
        if (made->keyring.empty()) {
            failed = user_error(made->keys.from + ": its OpenPGP keys make no keyring of at most 8 MiB");
        }
    }
    co_await runner_.remove(std::move(directory));
    if (failed) {
        co_return std::move(*failed);
    }
    trusted_.insert(made->keys.id, made);
    co_return std::shared_ptr<const trusted_keys>{std::move(made)};
}

std::optional<signature_finding>
signature_checker::known(const git::object_id& object, const trusted_keys& keys) {
    const auto* found = found_.find(object.hex() + keys.keys.id);
    if (found == nullptr || (found->until && *found->until <= wall_clock::now())) {
        return std::nullopt;
    }
    return *found;
}

asio::awaitable<result<signature_finding>> signature_checker::check(
    git::object_id object, git::signed_content content, std::shared_ptr<const trusted_keys> keys
) {
    if (auto found = known(object, *keys)) {
        co_return std::move(*found);
    }
    const auto key = object.hex() + keys->keys.id;
    auto f = running_[key];
    if (!f) {
        f = running_[key] = std::make_shared<checking>(executor_);
        tasks_.spawn_along(
            "verify the signature of " + object.hex(), run_check(this, key, std::move(content), keys, f)
        );
    }
    co_return co_await checking::wait(std::move(f));
}

asio::awaitable<void> signature_checker::run_check(
    signature_checker* self, std::string key, git::signed_content content,
    std::shared_ptr<const trusted_keys> keys, std::shared_ptr<checking> f
) {
    struct leave {
        signature_checker* checker;
        const std::string& key;
        ~leave() { checker->running_.erase(key); }
    };
    lander<signature_finding> landing{f, {error_kind::cancelled, "the operator is shutting down"}};
    const leave leaving{self, key};
    auto found = co_await self->find(std::move(content), keys);
    if (found) {
        self->found_.insert(key, *found);
    }
    landing.land(std::move(found));
}

asio::awaitable<result<sandbox::outcome>>
signature_checker::verify(std::function<sandbox::job(const sandbox::workspace&)> make_job) {
    auto workspace = runner_.make_workspace();
    if (!workspace) {
        co_return workspace.error();
    }
    auto directory = std::move(*workspace);
    ++verified_;
    auto said = co_await run(make_job(directory), directory);
    co_await runner_.remove(std::move(directory));
    co_return said;
}

asio::awaitable<result<signature_finding>>
signature_checker::find(git::signed_content content, std::shared_ptr<const trusted_keys> keys) {
    if (auto found = finding_without_program(content)) {
        co_return std::move(*found);
    }
    if (content.format == git::signature_format::openpgp) {
        co_return co_await find_openpgp(std::move(content), std::move(keys));
    }
    co_return co_await find_ssh(std::move(content), std::move(keys));
}

asio::awaitable<result<signature_finding>>
signature_checker::find_openpgp(git::signed_content content, std::shared_ptr<const trusted_keys> keys) {
    auto signature = git::openpgp_signature_of(content.signature);
    if (!signature) {
        co_return signature_finding{.flaw = signature_flaw::damaged, .detail = signature.error().message()};
    }
    if (keys->keyring.empty()) {
        co_return signature_finding{
            .flaw = signature_flaw::unknown_key, .signer = "OpenPGP key of its signature"
        };
    }
    auto make_job = [&](const sandbox::workspace& in) {
        auto job = job_of(
            gpg(in.home()), {"--no-default-keyring", "--keyring", "/proc/self/fd/3",
                             "--enable-special-filenames", "--verify", "--", "-&4", "-"}
        );
        job.inherited = {keys->keyring, std::move(*signature)};
        job.input = std::move(content.payload);
        return job;
    };
    auto verifying = verify(std::move(make_job));
    const auto said = co_await std::move(verifying);
    if (!said) {
        co_return said.error();
    }
    auto found = read_gpg_status(said->output, said->status);
    if (found.flaw == signature_flaw::refused) {
        found.until = wall_clock::now() + refusal_holds;
        log::warn("gpg does not accept a signature", {{"said", said->error_output}});
    }
    if (const auto expiry = next_expiry(keys->listing, wall_clock::now());
        expiry && (!found.until || *expiry < *found.until)) {
        found.until = expiry;
    }
    co_return found;
}

asio::awaitable<result<signature_finding>>
signature_checker::find_ssh(git::signed_content content, std::shared_ptr<const trusted_keys> keys) {
    const auto signature = git::read_ssh_signature(content.signature);
    if (!signature) {
        co_return signature_finding{.flaw = signature_flaw::damaged, .detail = signature.error().message()};
    }
    auto choice = choose_ssh_signer(*signature, keys->keys, wall_clock::now());
    if (choice.by == nullptr) {
        co_return std::move(choice.finding);
    }
    auto make_job = [&](const sandbox::workspace&) {
        auto job = job_of(
            {"ssh-keygen", "-Y", "verify"},
            {"-f", "/proc/self/fd/3", "-I", "holdfast", "-n", "git", "-s", "/proc/self/fd/4"}
        );
        job.needs_account = true;
        job.inherited = {allowed_signers_of(*choice.by), signature->armoured};
        job.input = std::move(content.payload);
        return job;
    };
    auto verifying = verify(std::move(make_job));
    const auto said = co_await std::move(verifying);
    if (!said) {
        co_return said.error();
    }
    auto found = std::move(choice.finding);
    if (said->status != 0) {
        // That the key is one of those, and when it counts, was seen before.
        const bool is_over_else = said->error_output.find("incorrect signature") != std::string::npos;
        found.flaw = is_over_else ? signature_flaw::wrong : signature_flaw::refused;
        if (!is_over_else) {
            found.until = wall_clock::now() + refusal_holds;
            log::warn("ssh-keygen does not accept a signature", {{"said", said->error_output}});
        }
    }
    co_return found;
}

asio::awaitable<void> signature_checker::stop() {
    tasks_.cancel();
    co_await tasks_.join();
}

} // namespace holdfast::sources
