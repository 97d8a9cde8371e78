#include "secrets/decrypt.hpp"

#include "base/async.hpp"
#include "base/memory_directory.hpp"
#include "base/process.hpp"
#include "secrets/helper_program.hpp"
#include "secrets/memory_file.hpp"

#include <sys/resource.h>

#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace holdfast::secrets {

namespace {

// How the directories of keyrings start.
constexpr std::string_view keyring_prefix = "holdfast-keyring-";

// What the program is told. Its answer goes into another file of the size `answer_size`.
result<memory_file> write_question(
    const key_material& keys, const std::vector<std::string>& messages, const decrypt_options& with
) {
    std::size_t size = 3 * packer::number_size + packed_size(keys);
    for (const auto& each : messages)
        size += packer::size_of(each);
    auto file = memory_file::make(size);
    if (file.has_error()) return file;
    packer to{file->data()};
    to.number(with.max_plain_bytes);
    to.number(with.max_total_bytes);
    pack(to, keys);
    to.number(messages.size());
    for (const auto& each : messages)
        to.text(each);
    return file;
}

result<std::vector<decrypted>> read_answer(const memory_file& file, std::size_t count) {
    unpacker from{file.view()};
    std::vector<decrypted> answers;
    for (std::size_t i = 0; i < count; ++i) {
        decrypted each;
        each.outcome = static_cast<decrypt_outcome>(from.number());
        each.detail = from.text();
        each.plain = sensitive{from.text()};
        answers.push_back(std::move(each));
    }
    if (!from.good()) return internal_error("the program holdfast-keyring did not answer as it should");
    return answers;
}

} // namespace

asio::awaitable<result<std::vector<decrypted>>>
decrypt(std::shared_ptr<const key_material> keys, std::vector<std::string> messages, decrypt_options with) {
    if (messages.empty()) co_return std::vector<decrypted>{};
    auto program = with.program.empty() ? find_helper("holdfast-keyring") : result<std::string>{with.program};
    if (program.has_error()) co_return program.error();
    auto home = memory_directory::make(with.directory, keyring_prefix, "keyrings");
    if (home.has_error()) co_return home.error();
    auto question = write_question(*keys, messages, with);
    if (question.has_error()) co_return question.error();
    // Memory that is not touched is not taken.
    auto answer = memory_file::make(with.max_total_bytes + messages.size() * std::size_t{4096});
    if (answer.has_error()) co_return answer.error();

    process_options options;
    options.argv = {*program, home->path(), question->path(), answer->path()};
    options.environment = {
        "PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=" + home->path(),
        "GNUPGHOME=" + home->path()
    };
    options.working_directory = home->path();
    options.deadline = with.deadline;
    options.max_output = std::size_t{64} << 10U;
    options.limits = {{RLIMIT_CORE, 0}};
    auto ran = co_await run_process(std::move(options));
    if (ran.has_error()) co_return ran.error().within("opening a password store");
    if (ran->status != 0) {
        // Its own sentence; 2 is the status for what the owner of the keys can change.
        auto said = ran->error_output.substr(0, ran->error_output.find('\n'));
        if (said.empty()) said = "holdfast-keyring ended with status " + std::to_string(ran->status);
        co_return error{ran->status == 2 ? error_kind::user : error_kind::transient, std::move(said)};
    }
    co_return read_answer(*answer, messages.size());
}

void remove_abandoned_keyrings(const std::string& directory) {
    remove_abandoned(directory, keyring_prefix, [](const std::string& path) {
        std::error_code ec;
        std::filesystem::remove_all(path, ec);
    });
}

} // namespace holdfast::secrets
