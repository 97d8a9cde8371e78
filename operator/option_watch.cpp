#include "option_watch.hpp"

#include "base/async.hpp"

namespace holdfast {

using namespace std::chrono_literals;

namespace {
// A ConfigMap's files are replaced by a kubelet within a minute or so: a look costs next to nothing.
constexpr auto look_interval = 2s;
} // namespace

asio::awaitable<void> follow_options(
    option_source source, operator_options now, std::function<void(const operator_options&)> changed
) {
    if (source.file.empty()) {
        co_return;
    }
    std::string seen;
    for (;;) {
        const auto text = read_option_file(source.file);
        const auto& news = text ? *text : text.error().message();
        if (news != seen) {
            seen = news;
            const auto read = text ? read_options(source, *text) : result<operator_options>{text.error()};
            if (!read) {
                log::error(
                    "the option file is wrong: the options stay as they are",
                    {{"error", read.error().message()}}
                );
            } else if (!(*read == now)) {
                now = *read;
                changed(now);
            }
        }
        co_await sleep_for(look_interval);
    }
}

} // namespace holdfast
