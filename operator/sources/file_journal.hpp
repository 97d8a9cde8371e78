#pragma once

#include "base/worker_pool.hpp"
#include "sources/build_journal.hpp"

#include <filesystem>
#include <string>

namespace holdfast::sources {

/// A journal in a directory of this machine, for an operator that stands for no election: what is left there
/// outlives the process, as a volume of a pod outlives its containers.
class file_journal : public build_journal {
public:
    /// The directory is there, and nobody else uses it. `process` as in build_journal. `pool` outlives it.
    file_journal(worker_pool& pool, const std::filesystem::path& directory, std::string process);

    [[nodiscard]] std::string left() const override { return left_; }
    [[nodiscard]] bool ended_uncleanly() const override { return ended_uncleanly_; }
    [[nodiscard]] std::string process() const override { return process_; }
    asio::awaitable<bool> write(std::string text) override;

    /// Reads what the one before left, and says that from now on somebody is at work.
    asio::awaitable<void> open();
    /// This one ends as it should.
    asio::awaitable<void> close();

private:
    worker_pool& pool_;
    std::filesystem::path note_;
    std::filesystem::path at_work_;
    std::string process_;
    std::string left_;
    bool ended_uncleanly_ = false;
    bool is_open_ = false;
};

} // namespace holdfast::sources
