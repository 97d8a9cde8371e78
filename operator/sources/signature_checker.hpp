#pragma once

#include "base/async_semaphore.hpp"
#include "base/lru.hpp"
#include "base/task_group.hpp"
#include "base/worker_pool.hpp"
#include "git/signature.hpp"
#include "sandbox/sandbox.hpp"
#include "sources/signature_verdict.hpp"
#include "sources/signing_keys.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::sources {

/// Keys that were read and may be used. Immutable and shared.
struct trusted_keys {
    signing_keys keys;
    /// A keyring of gpg with the OpenPGP keys and no others; empty: there are none.
    std::string keyring;
    /// What `gpg --with-colons --list-keys` says of it.
    std::string listing;
};

/// Verifies signatures with gpg and ssh-keygen, each in the sandbox, with the keys that it is given and no
/// others: no keyring, agent, trust database or configuration of anybody, no key server. What was found of an
/// object is kept by its id and the keys' until one of the keys expires. On the thread of its executor.
class signature_checker {
public:
    /// `runner` and `pool` outlive it.
    signature_checker(boost::asio::any_io_executor executor, sandbox::runner& runner, worker_pool& pool);

    /// Makes a keyring of the OpenPGP keys, once for the same ones. User errors name the Secret's key that gpg does not take.
    boost::asio::awaitable<result<std::shared_ptr<const trusted_keys>>> trust(signing_keys keys);

    /// What is found of an object's signature. `object` names what `content` was taken from. Errors: transient
    /// for programs that do not end or start, user where they are not installed; then nothing was found.
    boost::asio::awaitable<result<signature_finding>>
    check(git::object_id object, git::signed_content content, std::shared_ptr<const trusted_keys> keys);

    /// The same where it was found before and still holds.
    [[nodiscard]] std::optional<signature_finding>
    known(const git::object_id& object, const trusted_keys& keys);

    /// How many signatures were verified by a program.
    [[nodiscard]] std::size_t verified() const noexcept { return verified_; }

    /// Ends what runs. To be awaited before destruction.
    boost::asio::awaitable<void> stop();

private:
    using checking = flight<result<signature_finding>>;

    static boost::asio::awaitable<void> run_check(
        signature_checker* self, std::string key, git::signed_content content,
        std::shared_ptr<const trusted_keys> keys, std::shared_ptr<checking> f
    );
    boost::asio::awaitable<result<signature_finding>>
    find(git::signed_content content, std::shared_ptr<const trusted_keys> keys);
    boost::asio::awaitable<result<signature_finding>>
    find_openpgp(git::signed_content content, std::shared_ptr<const trusted_keys> keys);
    boost::asio::awaitable<result<signature_finding>>
    find_ssh(git::signed_content content, std::shared_ptr<const trusted_keys> keys);
    /// Runs one program in a workspace of its own. What `make_job` refers to lives until this returns.
    boost::asio::awaitable<result<sandbox::outcome>>
    verify(std::function<sandbox::job(const sandbox::workspace&)> make_job);
    boost::asio::awaitable<result<sandbox::outcome>> run(sandbox::job job, const sandbox::workspace& in);

    boost::asio::any_io_executor executor_;
    sandbox::runner& runner_;
    worker_pool& pool_;
    lru_map<std::string, signature_finding> found_;
    lru_map<std::string, std::shared_ptr<const trusted_keys>> trusted_;
    std::map<std::string, std::shared_ptr<checking>> running_;
    std::size_t verified_ = 0;
    task_group tasks_;
};

} // namespace holdfast::sources
