#include "export_command.hpp"

#include "base/timestamp.hpp"
#include "command_output.hpp"
#include "crds/yaml_writer.hpp"
#include "on_cluster.hpp"
#include "recovery/cluster_backup.hpp"

#include <chrono>
#include <cstdio>

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
    using objects = std::vector<boost::json::object>;
    recovery::backup_settings settings{
        .own_namespace = own_namespace(options.own_namespace), .watch_namespace = options.watch_namespace
    };
    const auto read = on_cluster<objects>(
        options.kubeconfig, longest_export, "reading the cluster",
        [&](kube::client& api) { return recovery::read_backup(api, settings); }
    );
    if (!read) {
        return fail(read.error());
    }
    if (auto written = write_output(text_of(*read)); !written) {
        return fail(written.error());
    }
    return 0;
}

} // namespace holdfast
