#include "secrets/sops.hpp"

#include "base/async.hpp"
#include "secrets/helper_program.hpp"
#include "secrets/sensitive.hpp"
#include "secrets/sops_job.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace holdfast::secrets {

namespace {

// How sops ends (cmd/sops/codes of its source). What it prints then has values in it, and goes nowhere.
constexpr int status_bad_value = 25;
constexpr int status_no_key = 128;

// Which of an object's values is wrong is looked for in this many objects of a call: it takes some runs each.
constexpr std::size_t max_searches = 5;

using job_ptr = std::shared_ptr<sops_job>;

asio::awaitable<result<void>> open_messages(job_ptr j) {
    const auto messages = messages_of(*j);
    auto opened = co_await decrypt(j->keys->pgp, messages, j->settings.pgp);
    if (opened.has_error())
        co_return opened.error().within("opening values that SOPS encrypted for PGP keys");
    for (std::size_t i = 0; i < messages.size(); ++i)
        j->opened.emplace(messages[i], std::move((*opened)[i]));
    co_return result<void>{};
}

asio::awaitable<result<sandbox::outcome>> run_sops(
    const sops_job& j, const sops_metadata& metadata, const sandbox::workspace& files,
    sandbox::runner& runner, std::string input
) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(j.end - steady_clock::now());
    if (left <= std::chrono::milliseconds{0}) {
        co_return transient_error(
            "the objects that are encrypted by SOPS could not be decrypted within " +
            std::to_string(j.settings.deadline / std::chrono::seconds{1}) + "s"
        );
    }
    sandbox::job run;
    run.name = "sops";
    // (see the class for --ignore-mac)
    run.argv = {j.settings.program, "decrypt", "--input-type", "json",
                "--output-type",    "json",    "--ignore-mac"};
    run.environment = {"SOPS_GPG_EXEC=" + j.settings.gpg};
    if (!j.keys->age.empty()) run.environment.emplace_back("SOPS_AGE_KEY_FILE=/proc/self/fd/4");
    run.read_only = {j.settings.gpg};
    run.directory = &files;
    // Escapes can make a text six times as long.
    run.limits.output = 8 * input.size() + 65536;
    run.secret_output = true;
    run.limits.memory = std::uint64_t{512} << 20U;
    run.limits.disk = std::uint64_t{1} << 20U;
    run.limits.cpu = std::chrono::seconds{30};
    run.input = std::move(input);
    run.inherited.push_back(table_of(j, metadata));
    run.inherited.emplace_back(j.keys->age.view());
    run.deadline = std::min(left, j.settings.object_deadline);
    co_return co_await runner.run(std::move(run));
}

asio::awaitable<void> search_bad_value(
    sops_job& j, encrypted_object& each, const sandbox::workspace& files, sandbox::runner& runner,
    worker_pool& pool
) {
    const auto& object = j.objects[each.object].object;
    const auto values = values_of(object);
    std::size_t first = 0;
    std::size_t last = values.size();
    bool found = last > 0 && j.searches++ < max_searches;
    while (found && last - first > 1) {
        const auto middle = first + (last - first) / 2;
        auto make = [&] { return sops_input(object, each.metadata.offline, first, middle); };
        auto input = co_await on_pool(pool, std::move(make));
        auto said = co_await run_sops(j, each.metadata, files, runner, std::move(input));
        if (said.has_error()) {
            found = false;
        } else {
            found = said->status == 0 || said->status == status_bad_value;
            (said->status == 0 ? first : last) = middle;
            wipe(said->output);
            wipe(said->error_output);
        }
    }
    const auto* const what =
        "this value was not encrypted by SOPS for this field with this object's key: it was changed, copied "
        "from another field or file, or is not encrypted; encrypt the file again";
    if (found) {
        j.fail(each, values[first], user_error(what));
    } else {
        j.fail(each, {}, user_error(std::string{"in one of the encrypted fields, "} + what));
    }
}

asio::awaitable<void> decrypt_one(
    job_ptr j, encrypted_object& each, const sandbox::workspace& files, sandbox::runner& runner,
    worker_pool& pool
) {
    auto said = co_await run_sops(*j, each.metadata, files, runner, std::move(each.input));
    if (said.has_error()) {
        j->fail(each, {}, said.error());
        co_return;
    }
    wipe(said->error_output);
    if (said->status == 0) {
        auto& object = j->objects[each.object].object;
        auto take = [&] { return take_output(object, said->output); };
        const auto problems = co_await on_pool(pool, std::move(take));
        for (const auto& [path, what] : problems)
            j->fail(each, path, what);
    } else if (said->status == status_no_key) {
        j->fail(each, {}, explain_no_key(*j, each.metadata));
    } else if (said->status == status_bad_value) {
        co_await search_bad_value(*j, each, files, runner, pool);
    } else {
        j->fail(
            each, {},
            user_error(
                "sops cannot read its member \"sops\" (status " + std::to_string(said->status) +
                "); \"sops decrypt\" says what is wrong with the file"
            )
        );
    }
}

asio::awaitable<void> work(job_ptr j, sandbox::runner& runner, worker_pool& pool) {
    auto files = runner.make_workspace();
    while (j->next < j->encrypted.size()) {
        auto& each = j->encrypted[j->next++];
        if (files.has_error()) {
            j->fail(each, {}, files.error());
        } else {
            co_await decrypt_one(j, each, *files, runner, pool);
        }
    }
    if (files.has_value()) co_await runner.remove(std::move(*files));
}

asio::awaitable<void> work_side_by_side(job_ptr j, sandbox::runner& runner, worker_pool& pool) {
    auto executor = co_await asio::this_coro::executor;
    const auto count = std::clamp<std::size_t>(j->settings.concurrency, 1, j->encrypted.size());
    using started = decltype(asio::co_spawn(executor, work(j, runner, pool), asio::deferred));
    std::vector<started> all;
    all.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        all.push_back(asio::co_spawn(executor, work(j, runner, pool), asio::deferred));
    const auto [order, failures] = co_await asio::experimental::make_parallel_group(std::move(all))
                                       .async_wait(asio::experimental::wait_for_all(), asio::use_awaitable);
    for (const auto& failure : failures) {
        if (failure) std::rethrow_exception(failure);
    }
}

result<void> find_programs(sops_settings& settings) {
    if (settings.program.empty()) {
        auto found = find_helper("programs/sops");
        if (found.has_error()) return found.error();
        settings.program = std::move(*found);
    }
    if (settings.gpg.empty()) {
        auto found = find_helper("holdfast-sops-gpg");
        if (found.has_error()) return found.error();
        settings.gpg = std::move(*found);
    }
    return {};
}

} // namespace

sops_decryptor::sops_decryptor(
    asio::any_io_executor executor, worker_pool& pool, sandbox::runner& runner, sops_settings settings
)
    : pool_{pool},
      runner_{runner},
      settings_{std::move(settings)},
      keyrings_{std::move(executor), settings_.keyrings} {}

asio::awaitable<render::render_result<std::vector<render::manifest>>>
sops_decryptor::decrypt(std::vector<render::manifest> objects, std::shared_ptr<const sops_keys> keys) {
    const auto needed = [](const render::manifest& each) { return is_encrypted(each.object); };
    if (std::ranges::none_of(objects, needed)) co_return std::move(objects);
    auto j = std::make_shared<sops_job>();
    j->objects = std::move(objects);
    j->keys = std::move(keys);
    j->settings = settings_;
    j->end = steady_clock::now() + settings_.deadline;
    auto before = [j] { prepare(*j); };
    co_await on_pool(pool_, std::move(before));
    j->gather_errors();
    if (!j->errors.all.empty()) co_return std::move(j->errors);
    auto ready = find_programs(j->settings);
    if (ready.has_value()) {
        const auto place = co_await keyrings_.enter();
        ready = co_await open_messages(j);
    }
    if (ready.has_error()) {
        j->errors.all.push_back({.kind = ready.error().kind(), .message = ready.error().message()});
        co_return std::move(j->errors);
    }
    co_await work_side_by_side(j, runner_, pool_);
    j->gather_errors();
    if (!j->errors.all.empty()) {
        for (auto& each : j->objects)
            wipe(each.object);
        co_return std::move(j->errors);
    }
    co_return std::move(j->objects);
}

} // namespace holdfast::secrets
