#include "secrets/sops.hpp"

#include "base/async.hpp"
#include "secrets/find.hpp"
#include "secrets/helper_program.hpp"
#include "secrets/memory_file.hpp"
#include "secrets/sensitive.hpp"
#include "secrets/sops_metadata.hpp"
#include "secrets/sops_values.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace holdfast::secrets {

namespace {

// How sops ends (cmd/sops/codes of its source). What it prints then has values in it, and goes nowhere.
constexpr int status_bad_value = 25;
constexpr int status_no_key = 128;

// Which of an object's values is wrong is looked for in this many objects of a call: it takes some runs each.
constexpr std::size_t max_searches = 5;

// One object that is encrypted.
struct encrypted_object {
    std::size_t object = 0;
    sops_metadata metadata;
    std::string input;
    std::vector<render::render_error> errors;
};

// What one call carries from step to step.
struct job {
    std::vector<render::manifest> objects;
    std::shared_ptr<const sops_keys> keys;
    sops_settings settings;
    std::vector<encrypted_object> encrypted;
    // OpenPGP messages of the metadata, opened.
    std::map<std::string, decrypted, std::less<>> opened;
    std::size_t next = 0;
    std::size_t searches = 0;
    steady_clock::time_point end;
    render::render_errors errors;

    void fail(encrypted_object& each, const value_path& path, const error& what) const {
        each.errors.push_back(error_at(objects[each.object], path, what));
    }
};
using job_ptr = std::shared_ptr<job>;

// ---- before running sops, on the pool
// ----------------------------------------------------------------------

bool has_our_recipient(const sops_metadata& metadata, const sops_keys& keys) {
    return std::ranges::any_of(metadata.age, [&](const std::string& recipient) {
        return std::ranges::find(keys.age_recipients, recipient) != keys.age_recipients.end();
    });
}

bool may_open(const sops_metadata& metadata, const sops_keys& keys) {
    return (!metadata.age.empty() && !keys.age.empty()) ||
           (!metadata.pgp.empty() && !keys.pgp->private_keys.empty());
}

error no_key(const sops_metadata& metadata, const sops_keys& keys) {
    std::string there;
    const auto add = [&](std::string_view each) { there.append(there.empty() ? "" : ", ").append(each); };
    for (const auto& each : keys.age_recipients)
        add(each);
    for (const auto& each : keys.pgp->private_keys)
        add("the PGP key of " + each.name);
    if (there.empty()) there = "others";
    return user_error(
        "it cannot be decrypted: it is encrypted for " + recipients_text(metadata) + ", and the keys in " +
        keys.from + " are " + there + ". Add a key there, or encrypt the file for one of those (sops rotate)"
    );
}

result<void> prepare_one(const job& j, encrypted_object& each, std::size_t& total) {
    const auto& object = j.objects[each.object].object;
    auto metadata = read_sops_metadata(object);
    if (metadata.has_error()) return metadata.error();
    if (j.keys == nullptr) {
        return user_error(
            "it is encrypted by SOPS (for " + recipients_text(*metadata) +
            "), and no key is given to decrypt it: " + j.settings.keys_field + " names the Secret that has it"
        );
    }
    if (!may_open(*metadata, *j.keys)) return no_key(*metadata, *j.keys);
    each.metadata = std::move(*metadata);
    each.input = sops_input(object, each.metadata.offline);
    if (each.input.size() > j.settings.max_object_bytes) {
        return user_error(
            "it is encrypted and has more than " + std::to_string(j.settings.max_object_bytes >> 10U) + " KiB"
        );
    }
    total += each.input.size();
    return {};
}

const json::value* value_at(const json::object& object, const value_path& path) {
    const json::value* at = object.if_contains(path.front());
    for (std::size_t i = 1; at != nullptr && i < path.size(); ++i) {
        at = at->is_object() ? at->get_object().if_contains(path[i])
                             : at->as_array().if_contains(std::stoul(path[i]));
    }
    return at;
}

void check_form(const job& j, encrypted_object& each) {
    const auto& object = j.objects[each.object].object;
    for (const auto& path : values_of(object)) {
        const auto* value = value_at(object, path);
        const auto* text = value == nullptr ? nullptr : value->if_string();
        if (text != nullptr && is_encrypted_text(*text) && !is_well_formed(*text)) {
            j.fail(
                each, path,
                user_error(
                    "its encrypted value is damaged: it is not ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]"
                )
            );
        }
    }
}

void prepare(job& j) {
    std::size_t total = 0;
    for (std::size_t i = 0; i < j.objects.size(); ++i) {
        if (!is_encrypted(j.objects[i].object)) continue;
        if (j.encrypted.size() >= j.settings.max_objects) {
            j.errors.all.push_back(
                {.message = "more than " + std::to_string(j.settings.max_objects) +
                            " objects of the application are encrypted by SOPS"}
            );
            return;
        }
        auto& each = j.encrypted.emplace_back();
        each.object = i;
        if (auto prepared = prepare_one(j, each, total); prepared.has_error()) {
            j.fail(each, {}, prepared.error());
        } else {
            check_form(j, each);
        }
    }
    if (total > j.settings.max_total_bytes) {
        j.errors.all.push_back(
            {.message = "the objects of the application that are encrypted by SOPS have more than " +
                        std::to_string(j.settings.max_total_bytes >> 20U) + " MiB"}
        );
    }
}

void gather_errors(job& j) {
    for (auto& each : j.encrypted) {
        std::ranges::move(each.errors, std::back_inserter(j.errors.all));
        each.errors.clear();
    }
}

// ---- keys of PGP: their messages are opened before sops is run
// ---------------------------------------------

std::vector<std::string> messages_of(const job& j) {
    std::vector<std::string> all;
    if (j.keys->pgp->private_keys.empty()) return all;
    for (const auto& each : j.encrypted) {
        // One that an age key opens needs no other, unless several have to come together.
        if (!each.metadata.shared_out && has_our_recipient(each.metadata, *j.keys)) continue;
        all.insert(all.end(), each.metadata.messages.begin(), each.metadata.messages.end());
    }
    std::ranges::sort(all);
    const auto twice = std::ranges::unique(all);
    all.erase(twice.begin(), twice.end());
    return all;
}

asio::awaitable<result<void>> open_messages(job_ptr j) {
    const auto messages = messages_of(*j);
    auto opened = co_await decrypt(j->keys->pgp, messages, j->settings.pgp);
    if (opened.has_error()) co_return opened.error().within("opening what SOPS encrypted for PGP keys");
    for (std::size_t i = 0; i < messages.size(); ++i)
        j->opened.emplace(messages[i], std::move((*opened)[i]));
    co_return result<void>{};
}

// What holdfast-sops-gpg is given.
std::string table_of(const job& j, const sops_metadata& metadata) {
    std::vector<std::pair<std::string_view, std::string_view>> rows;
    std::size_t size = packer::number_size;
    for (const auto& message : metadata.messages) {
        const auto found = j.opened.find(message);
        if (found == j.opened.end() || found->second.outcome != decrypt_outcome::done) continue;
        rows.emplace_back(message, found->second.plain.view());
        size += packer::size_of(rows.back().first) + packer::size_of(rows.back().second);
    }
    std::string table(size, '\0');
    packer to{table.data()};
    to.number(rows.size());
    for (const auto& [message, plain] : rows) {
        to.text(message);
        to.text(plain);
    }
    return table;
}

// ---- running sops
// ------------------------------------------------------------------------------------------

asio::awaitable<result<sandbox::outcome>> run_sops(
    const job& j, const sops_metadata& metadata, const sandbox::workspace& files, sandbox::runner& runner,
    std::string input
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
    run.limits.memory = std::uint64_t{512} << 20U;
    run.limits.disk = std::uint64_t{1} << 20U;
    run.limits.cpu = std::chrono::seconds{30};
    run.input = std::move(input);
    run.inherited.push_back(table_of(j, metadata));
    run.inherited.emplace_back(j.keys->age.view());
    run.deadline = std::min(left, j.settings.object_deadline);
    co_return co_await runner.run(std::move(run));
}

// Why there was no key, as far as the messages for PGP keys tell it.
error explain_no_key(const job& j, const sops_metadata& metadata) {
    for (const auto& message : metadata.messages) {
        const auto found = j.opened.find(message);
        if (found == j.opened.end()) continue;
        const auto& detail = found->second.detail;
        switch (found->second.outcome) {
        case decrypt_outcome::bad_passphrase:
            return user_error(
                "it cannot be decrypted: the private key " + detail + " is protected, and " +
                (j.keys->pgp->passphrases.empty() ? "no passphrase is given"
                                                  : "the passphrase that is given is wrong")
            );
        case decrypt_outcome::expired_key:
            return user_error(
                "it cannot be decrypted: its key " + detail +
                ". Extend it (gpg --quick-set-expire), and put it into " + j.keys->from + " again"
            );
        case decrypt_outcome::revoked_key:
            return user_error(
                "it cannot be decrypted: its key " + detail + " is revoked. Encrypt the file for another one"
            );
        case decrypt_outcome::bad_data:
            return user_error(
                "it cannot be decrypted: what \"sops\" has for a PGP key is no OpenPGP message, or "
                "is damaged"
            );
        case decrypt_outcome::failed: return user_error("it cannot be decrypted: gpg says: " + detail);
        case decrypt_outcome::done:
        case decrypt_outcome::no_key:
        case decrypt_outcome::too_large: break;
        }
    }
    if (metadata.shared_out) {
        return user_error(
            "it cannot be decrypted: its key is shared out (shamir_threshold) among " +
            recipients_text(metadata) + ", and " + j.keys->from + " does not have enough of those"
        );
    }
    if (has_our_recipient(metadata, *j.keys)) {
        return user_error("it cannot be decrypted: what \"sops\" has for an age key is damaged");
    }
    return no_key(metadata, *j.keys);
}

asio::awaitable<void> search_bad_value(
    job& j, encrypted_object& each, const sandbox::workspace& files, sandbox::runner& runner,
    asio::thread_pool& pool
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
        "this is not what SOPS encrypted for this field with this object's key: it was changed, "
        "is from another field or file, or is not encrypted; encrypt the file again";
    if (found) {
        j.fail(each, values[first], user_error(what));
    } else {
        j.fail(each, {}, user_error(std::string{"in one of the encrypted fields, "} + what));
    }
}

asio::awaitable<void> decrypt_one(
    job_ptr j, encrypted_object& each, const sandbox::workspace& files, sandbox::runner& runner,
    asio::thread_pool& pool
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

asio::awaitable<void> work(job_ptr j, sandbox::runner& runner, asio::thread_pool& pool) {
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

asio::awaitable<void> work_side_by_side(job_ptr j, sandbox::runner& runner, asio::thread_pool& pool) {
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
    asio::any_io_executor executor, asio::thread_pool& pool, sandbox::runner& runner, sops_settings settings
)
    : pool_{pool},
      runner_{runner},
      settings_{std::move(settings)},
      keyrings_{std::move(executor), settings_.keyrings} {}

asio::awaitable<render::render_result<std::vector<render::manifest>>>
sops_decryptor::decrypt(std::vector<render::manifest> objects, std::shared_ptr<const sops_keys> keys) {
    const auto needed = [](const render::manifest& each) { return is_encrypted(each.object); };
    if (std::ranges::none_of(objects, needed)) co_return std::move(objects);
    auto j = std::make_shared<job>();
    j->objects = std::move(objects);
    j->keys = std::move(keys);
    j->settings = settings_;
    j->end = steady_clock::now() + settings_.deadline;
    auto before = [j] { prepare(*j); };
    co_await on_pool(pool_, std::move(before));
    gather_errors(*j);
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
    gather_errors(*j);
    if (!j->errors.all.empty()) {
        for (auto& each : j->objects)
            wipe(each.object);
        co_return std::move(j->errors);
    }
    co_return std::move(j->objects);
}

} // namespace holdfast::secrets
