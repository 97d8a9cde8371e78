#pragma once

// What one call of sops_decryptor carries from step to step, and the steps that need no other program.

#include "base/async.hpp"
#include "secrets/decrypted.hpp"
#include "secrets/sops.hpp"
#include "secrets/sops_metadata.hpp"
#include "secrets/sops_values.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::secrets {

/// One object that is encrypted.
struct encrypted_object {
    std::size_t object = 0;
    sops_metadata metadata;
    std::string input;
    std::vector<render::render_error> errors;
};

/// What one call carries from step to step.
struct sops_job {
    std::vector<render::manifest> objects;
    std::shared_ptr<const sops_keys> keys;
    sops_settings settings;
    std::vector<encrypted_object> encrypted;
    /// OpenPGP messages of the metadata, opened.
    std::map<std::string, decrypted, std::less<>> opened;
    /// Of `encrypted`, the first that nobody works on yet.
    std::size_t next = 0;
    std::size_t searches = 0;
    steady_clock::time_point end;
    render::render_errors errors;

    /// Notes what is wrong with an object, at a value of it or at all of it.
    void fail(encrypted_object& each, const value_path& path, const error& what) const;
    /// Moves what was noted of the objects to `errors`, in their order.
    void gather_errors();
};

/// Finds the encrypted objects, reads their metadata, and notes all that is wrong before anything is run. On
/// the pool.
void prepare(sops_job& j);

/// The OpenPGP messages that have to be opened, each once.
std::vector<std::string> messages_of(const sops_job& j);

/// What holdfast-sops-gpg is given for one object: its messages that were opened.
std::string table_of(const sops_job& j, const sops_metadata& metadata);

/// Why no key opened an object.
error explain_no_key(const sops_job& j, const sops_metadata& metadata);

} // namespace holdfast::secrets
