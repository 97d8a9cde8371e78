#include "builders/given_store.hpp"

#include "base/async.hpp"
#include "builders/workspace_files.hpp"
#include "secrets/helper_program.hpp"

#include <chrono>
#include <string_view>
#include <utility>

namespace holdfast::builders {

namespace {

constexpr const char* store_variable = "PASSWORD_STORE_DIR=";
constexpr const char* keyring_variable = "GNUPGHOME=";

// Where pass and gpg look by themselves, too.
std::string store_in(const sandbox::workspace& workspace) {
    return workspace.home() + "/.password-store";
}
std::string keyring_in(const sandbox::workspace& workspace) {
    return workspace.home() + "/.gnupg";
}

result<void> write_store(const secrets::store_copy& store, const std::string& to) {
    for (const auto& file : store.files) {
        if (auto written = write_new_file(to + "/" + file.path, file.bytes, 0600); !written) {
            return written;
        }
    }
    return {};
}

} // namespace

boost::asio::awaitable<result<void>> give_store(
    sandbox::runner& runner, worker_pool& pool, const sandbox::workspace& to, const secrets::store_copy& store
) {
    auto writing = [&store, directory = store_in(to)] { return write_store(store, directory); };
    auto written = co_await on_pool(pool, std::move(writing));
    if (!written) {
        co_return written;
    }
    sandbox::job job;
    job.name = "the keyring of the password store " + store.name;
    job.argv = {store.program, "prepare", keyring_in(to)};
    job.environment = {keyring_variable + keyring_in(to)};
    job.directory = &to;
    job.inherited.emplace_back(store.keyring.view());
    job.unix_sockets = true;
    auto ran = co_await runner.run(std::move(job));
    if (!ran) {
        co_return ran.error();
    }
    if (ran->status != 0) {
        // Its own sentence; 2 is the status for what the owner of the keys can change.
        auto said = ran->error_output.substr(0, ran->error_output.find('\n'));
        if (said.empty()) {
            said = "holdfast-keyring ended with status " + std::to_string(ran->status);
        }
        co_return error{ran->status == 2 ? error_kind::user : error_kind::transient, std::move(said)}.within(
            "password store " + store.name
        );
    }
    co_return result<void>{};
}

void open_store(sandbox::job& job, const sandbox::workspace& in) {
    std::erase_if(job.environment, [](const std::string& each) {
        return each.starts_with(store_variable) || each.starts_with(keyring_variable);
    });
    job.environment.push_back(store_variable + store_in(in));
    job.environment.push_back(keyring_variable + keyring_in(in));
    job.unix_sockets = true;
    job.secret_output = true;
}

boost::asio::awaitable<result<std::string>>
read_manifests(sandbox::runner& runner, const sandbox::workspace& in, const std::string& printed) {
    auto program = secrets::find_helper("holdfast-read-manifests");
    if (!program) {
        co_return program.error();
    }
    sandbox::job job;
    job.name = "reading what was printed";
    job.argv = {std::move(*program)};
    job.directory = &in;
    job.inherited.push_back(printed); // overwritten when it is handed over
    job.secret_output = true;
    auto ran = co_await runner.run(std::move(job));
    if (!ran) {
        co_return ran.error();
    }
    if (ran->status != 0) {
        secrets::wipe(ran->output);
        auto places = std::move(ran->error_output);
        while (places.ends_with('\n')) {
            places.pop_back();
        }
        co_return user_error(
            places +
            ": the output is not a Kubernetes object in YAML or JSON here; no more is shown, since it "
            "may hold secrets"
        );
    }
    co_return std::move(ran->output);
}

} // namespace holdfast::builders
