#include "export_command.hpp"

#include "base/async.hpp"
#include "base/timestamp.hpp"
#include "crds/yaml_writer.hpp"
#include "kube/client.hpp"
#include "kube/config.hpp"
#include "kube/connect.hpp"
#include "recovery/cluster_backup.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <utility>

namespace holdfast {

using namespace std::chrono_literals;

namespace {

constexpr auto longest_export = 5min;

int fail(const error& why) {
    std::fprintf(stderr, "holdfast export: %s\n", why.message().c_str());
    return 1;
}

std::string text_of(const std::vector<boost::json::object>& objects) {
    std::string text = "# Holdfast, " + format_time(wall_clock::now()) +
                       ". Secrets are readable in it. To an empty cluster where Holdfast is installed:\n"
                       "# kubectl apply --server-side -f FILE\n";
    for (const auto& object : objects) {
        text += "---\n" + crds::to_yaml(object);
    }
    return text;
}

} // namespace

int run_export(const export_options& options) {
    kube::config_choice choice;
    choice.path = options.kubeconfig;
    auto config = kube::find_config(choice, kube::config_environment::current());
    if (!config) {
        return fail(config.error());
    }
    asio::io_context context{1};
    auto connection = kube::connect(context.get_executor(), std::move(*config));
    if (!connection) {
        return fail(connection.error());
    }
    kube::client api{**connection};
    std::optional<result<std::vector<boost::json::object>>> read;
    recovery::backup_settings settings{
        .own_namespace = own_namespace(options.own_namespace), .watch_namespace = options.watch_namespace
    };
    asio::co_spawn(
        context,
        with_deadline(longest_export, "reading the cluster", recovery::read_backup(api, std::move(settings))),
        [&](const std::exception_ptr& thrown, result<std::vector<boost::json::object>> outcome) {
            read = thrown ? internal_error("reading the cluster ended unexpectedly") : std::move(outcome);
            context.stop();
        }
    );
    context.run();
    if (!*read) {
        return fail(read->error());
    }
    const auto text = text_of(**read);
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
        return fail(transient_error("the output cannot be written"));
    }
    return 0;
}

} // namespace holdfast
