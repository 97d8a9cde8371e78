#pragma once

#include "observe/metrics.hpp"
#include "push/receiver.hpp"
#include "sources/repositories.hpp"

namespace holdfast {

/// What deliveries of push webhooks bring about here. The parts outlive it.
class push_target final : public push::target {
public:
    push_target(sources::repositories& repositories, observe::metrics& counters)
        : repositories_{repositories}, counters_{counters} {}

    asio::awaitable<result<std::vector<push::holder>>> holders(std::vector<std::string> urls) override;
    void accepted(const std::vector<std::string>& repositories, const push::claim& what) override;
    void refused(const std::vector<std::string>& repositories, const push::claim& what, std::string_view why)
        override;
    void counted(std::string_view from, std::string_view outcome) override;

private:
    sources::repositories& repositories_;
    observe::metrics& counters_;
};

} // namespace holdfast
