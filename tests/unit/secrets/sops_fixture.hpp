#pragma once

// Objects that the real sops encrypts, for keys that the real age-keygen and gpg make.

#include "base/async.hpp"
#include "base/worker_pool.hpp"
#include "sandbox/sandbox.hpp"
#include "secrets/sops.hpp"
#include "store_fixture.hpp"

#include <boost/asio/io_context.hpp>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::secrets::test {

using objects = std::vector<render::manifest>;

/// The path of kustomize, helm or sops, as HOLDFAST_PROGRAMS has them. Throws when that is not set.
std::string program(const std::string& name);

/// What age-keygen makes.
struct age_key {
    age_key();
    std::string file;
    std::string recipient;
};
/// Made once each.
const age_key& our_age_key();
const age_key& other_age_key();

/// Runs `sops encrypt OPTIONS` on a YAML file of this text, for `gpg_home` where PGP keys are meant. `rules`
/// is what stands in .sops.yaml.
std::string sops_encrypt(
    const std::string& options, std::string_view yaml, const std::string& gpg_home = {},
    std::string_view rules = {}
);

/// For age and our key, the values of data and stringData only.
std::string encrypt_for_us(std::string_view yaml);

/// What a build makes of a file "app/secret.yaml": read and normalised.
objects build(std::string_view yaml);

/// Swaps one text for another; throws when it is not there.
std::string replaced(std::string text, std::string_view from, std::string_view to);

/// A Secret with these keys in its `data`, read.
std::shared_ptr<const sops_keys> keys_of(
    std::initializer_list<std::pair<std::string_view, std::string_view>> data,
    const json::object* passphrase = nullptr
);
std::shared_ptr<const sops_keys> our_keys();

struct with_decryptor {
    with_decryptor();

    render::render_result<objects> decrypt(objects all, std::shared_ptr<const sops_keys> keys = our_keys());
    /// The only object of a file, decrypted.
    json::object decrypted_object(std::string_view yaml, std::shared_ptr<const sops_keys> keys = our_keys());
    /// The bytes of a key in a Secret's data.
    static std::string value(const json::object& secret, std::string_view key);
    /// The sentences of all errors, one in each line. Checks that no value is in them, and no key.
    std::string errors(objects all, std::shared_ptr<const sops_keys> keys = our_keys());

    temporary_directory directory;
    boost::asio::io_context context;
    worker_pool pool{2};
    std::unique_ptr<sandbox::runner> runner;
    sops_settings settings;
};

} // namespace holdfast::secrets::test
