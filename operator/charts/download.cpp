#include "charts/chart_store.hpp"
#include "charts/web.hpp"

namespace holdfast::charts {

namespace {

asio::awaitable<result<std::string>> load(std::shared_ptr<web> w, web_call call) {
    const bool had_credentials = !call.authorization.empty();
    auto answer = co_await w->ask(std::move(call));
    if (!answer) {
        co_return answer.error();
    }
    if (answer->response.status != 200) {
        co_return refusal(*answer, had_credentials);
    }
    co_return std::move(answer->response.body);
}

} // namespace

asio::awaitable<result<std::string>> download(
    boost::asio::any_io_executor executor, std::string url, std::shared_ptr<const git::credentials> with,
    std::size_t max_bytes, std::chrono::milliseconds deadline
) {
    auto where = web_address::parse(url);
    if (!where) {
        co_return where.error();
    }
    auto doing = "downloading " + where->shown();
    web_call call;
    call.where = std::move(*where);
    call.authorization = authorization_of(with);
    call.with = std::move(with);
    call.much = trust::full;
    call.max_body = max_bytes;
    auto work = load(std::make_shared<web>(executor, deadline), std::move(call));
    co_return co_await with_deadline(deadline, std::move(doing), std::move(work));
}

} // namespace holdfast::charts
