#include "cluster/cluster_secret.hpp"

#include "base/base64.hpp"
#include "base/hash.hpp"
#include "base/trim.hpp"
#include "http/url.hpp"
#include "kube/object.hpp"

#include <boost/json/parse.hpp>

#include <optional>
#include <set>
#include <utility>

namespace holdfast::cluster {

namespace {

namespace json = boost::json;

constexpr std::size_t longest_config = std::size_t{1} << 20U; // what a Secret can hold
constexpr unsigned deepest_config = 16;

/// Reads what one Secret has, and keeps the first thing that is wrong with it.
class reader {
public:
    explicit reader(const json::object& secret)
        : secret_{secret},
          called_{
              "Secret " + std::string{kube::namespace_of(secret)} + "/" + std::string{kube::name_of(secret)}
          } {}

    cluster_names names() {
        return {
            std::string{kube::name_of(secret_)}, text("name"), std::string{without_slash(text("server"))}
        };
    }

    result<cluster_secret> read() && {
        made_.secret = kube::name_of(secret_);
        made_.labels = texts("labels");
        made_.annotations = texts("annotations");
        made_.name = text("name");
        made_.project = text("project");
        server();
        namespaces();
        const auto scope = text("clusterResources");
        if (!scope.empty() && scope != "true" && scope != "false") {
            wrong("clusterResources", "must be \"true\" or \"false\"");
        }
        made_.cluster_resources = scope == "true";
        config();
        if (wrong_) {
            return std::move(*wrong_);
        }
        auto& c = made_.connection;
        c.origin = "cluster " + (made_.name.empty() ? made_.server : made_.name) + " (" + called_ + ")";
        c.http.url = made_.server;
        hasher h;
        h.add(made_.server).add(value("config"));
        made_.connection_key = to_hex(h.finish());
        return std::move(made_);
    }

private:
    void wrong(std::string_view field, std::string_view message) {
        if (!wrong_) {
            wrong_ = user_error(called_ + ": data." + std::string{field} + ": " + std::string{message});
        }
    }

    std::map<std::string, std::string> texts(std::string_view member) const {
        std::map<std::string, std::string> all;
        if (const auto* found = kube::find_object(secret_, {"metadata", member})) {
            for (const auto& [key, text] : *found) {
                if (text.is_string()) all.emplace(key, text.get_string());
            }
        }
        return all;
    }

    // Of data, decoded; empty where there is none.
    std::string value(std::string_view key) {
        const auto* data = kube::find_object(secret_, {"data"});
        const auto* found = data == nullptr ? nullptr : data->if_contains(key);
        if (found == nullptr) return {};
        auto bytes = found->is_string() ? base64_decode(found->get_string()) : std::nullopt;
        if (!bytes) {
            wrong(key, "is not base64");
            return {};
        }
        return std::move(*bytes);
    }

    // The same without blanks around it.
    std::string text(std::string_view key) { return std::string{trimmed(value(key))}; }

    void server() {
        const auto given = text("server");
        if (given.empty()) {
            wrong("server", "must be there: the URL of the cluster's API server, as https://10.0.0.1:6443");
            return;
        }
        const auto url = http::parse_url(given);
        if (!url) {
            wrong("server", url.error().message());
            return;
        }
        if (!url->user.empty() || !url->password.empty()) {
            wrong("server", "must not hold a user: credentials are in data.config");
            return;
        }
        made_.server = without_slash(given);
    }

    void namespaces() {
        const auto all = value("namespaces");
        std::string_view left = all;
        std::set<std::string> seen;
        while (!left.empty()) {
            const auto comma = left.find(',');
            const std::string one{trimmed(left.substr(0, comma))};
            left = comma == std::string_view::npos ? std::string_view{} : left.substr(comma + 1);
            if (one.empty() || !seen.insert(one).second) {
                continue;
            }
            if (one.size() > 63 ||
                one.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != one.npos) {
                wrong("namespaces", "must be names of namespaces with commas between them, as \"shop,web\"");
                return;
            }
            made_.namespaces.push_back(one);
        }
    }

    // ---- config

    std::string text_of(const json::object& in, std::string_view key, const std::string& at) {
        const auto* found = in.if_contains(key);
        if (found == nullptr || found->is_null()) return {};
        if (!found->is_string()) {
            wrong("config", at + std::string{key} + ": must be a text");
            return {};
        }
        return std::string{found->get_string()};
    }

    bool flag_of(const json::object& in, std::string_view key, const std::string& at) {
        const auto* found = in.if_contains(key);
        if (found == nullptr || found->is_null()) return false;
        if (!found->is_bool()) {
            wrong("config", at + std::string{key} + ": must be true or false");
            return false;
        }
        return found->get_bool();
    }

    std::string pem_of(const json::object& in, std::string_view key, const std::string& at) {
        const auto text = text_of(in, key, at);
        auto bytes = base64_decode(text);
        if (!bytes || (!text.empty() && bytes->find("-----BEGIN ") == bytes->npos)) {
            wrong("config", at + std::string{key} + ": must be PEM in base64");
            return {};
        }
        return std::move(*bytes);
    }

    static bool is_given(const json::object& in, std::string_view key) {
        const auto* found = in.if_contains(key);
        return found != nullptr && !found->is_null();
    }

    void config() {
        const auto text = value("config");
        if (text.empty()) return; // no credentials, as for a server that asks for none
        if (text.size() > longest_config) {
            wrong("config", "is longer than " + std::to_string(longest_config) + " bytes");
            return;
        }
        boost::system::error_code failed;
        json::parse_options how;
        how.max_depth = deepest_config;
        const auto parsed = json::parse(text, failed, {}, how);
        if (failed || !parsed.is_object()) {
            wrong("config", failed ? "is not JSON: " + failed.message() : "must be a JSON object");
            return;
        }
        const auto& all = parsed.get_object();
        if (is_given(all, "execProviderConfig")) {
            wrong(
                "config", "execProviderConfig: Holdfast runs no programs for credentials; give bearerToken "
                          "(of a ServiceAccount in that cluster) or tlsClientConfig.certData and keyData"
            );
            return;
        }
        if (is_given(all, "awsAuthConfig")) {
            wrong(
                "config", "awsAuthConfig: Holdfast gets no tokens of AWS yet; give bearerToken (of a "
                          "ServiceAccount in that cluster) or tlsClientConfig.certData and keyData"
            );
            return;
        }
        tls(all);
        const auto token = text_of(all, "bearerToken", "");
        const auto user = text_of(all, "username", "");
        const auto password = text_of(all, "password", "");
        if (!token.empty() && !user.empty()) {
            wrong("config", "bearerToken and username are both set: set only one");
        } else if (user.empty() && !password.empty()) {
            wrong("config", "password is set, but username is not");
        } else if (!token.empty()) {
            if (token.find_first_of("\r\n") != token.npos) {
                wrong("config", "bearerToken: must be one line");
            }
            made_.connection.credentials = kube::token_credentials{token};
        } else if (!user.empty()) {
            made_.connection.credentials = kube::basic_credentials{user, password};
        }
        const auto proxy = text_of(all, "proxyUrl", "");
        if (!proxy.empty() && !http::parse_url(proxy)) {
            wrong("config", "proxyUrl: must be a URL such as http://proxy:3128");
        }
        made_.connection.http.proxy = proxy;
    }

    void tls(const json::object& all) {
        const auto* found = all.if_contains("tlsClientConfig");
        if (found == nullptr || found->is_null()) return;
        if (!found->is_object()) {
            wrong("config", "tlsClientConfig: must be an object");
            return;
        }
        const std::string at = "tlsClientConfig.";
        const auto& in = found->get_object();
        auto& tls = made_.connection.http.tls;
        tls.insecure_skip_verify = flag_of(in, "insecure", at);
        tls.server_name = text_of(in, "serverName", at);
        tls.ca = pem_of(in, "caData", at);
        tls.certificate = pem_of(in, "certData", at);
        tls.key = pem_of(in, "keyData", at);
        if (tls.insecure_skip_verify && !tls.ca.empty()) {
            wrong("config", "tlsClientConfig: insecure and caData exclude each other: take insecure away");
        }
        if (tls.certificate.empty() != tls.key.empty()) {
            wrong(
                "config", tls.key.empty() ? "tlsClientConfig.keyData: must be there, since certData is"
                                          : "tlsClientConfig.certData: must be there, since keyData is"
            );
        }
    }

    const json::object& secret_;
    std::string called_;
    cluster_secret made_;
    std::optional<error> wrong_;
};

} // namespace

std::string_view without_slash(std::string_view server) {
    while (server.ends_with('/')) {
        server.remove_suffix(1);
    }
    return server;
}

cluster_names read_cluster_names(const boost::json::object& secret) {
    return reader{secret}.names();
}

result<cluster_secret> read_cluster_secret(const boost::json::object& secret) {
    return reader{secret}.read();
}

} // namespace holdfast::cluster
