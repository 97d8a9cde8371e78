#include "kube/kubeconfig.hpp"

#include "base/base64.hpp"
#include "kube/small_file.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <optional>

namespace holdfast::kube {

namespace json = boost::json;

namespace {

constexpr std::size_t largest = std::size_t{1} << 20U;
constexpr int deepest = 20;

struct document {
    std::string name;
    YAML::Node root;
};

// One mapping of a kubeconfig, and what to call it in an error. Remembers the first thing that was wrong in
// `trouble`; from then on it gives empty values, so that a reader asks once, at the end.
class section {
public:
    section(const document& from, std::string where, const YAML::Node& node, std::optional<error>& trouble)
        : from_{&from}, where_{std::move(where)}, node_{node}, trouble_{&trouble} {
        if (node_.IsDefined() && !node_.IsNull() && !node_.IsMap()) {
            complain("", "must be a mapping");
        }
    }

    [[nodiscard]] std::string text(const char* key) const {
        const auto value = child(key);
        if (!value) return {};
        if (!value->IsScalar()) {
            complain(key, "must be a text");
            return {};
        }
        return value->Scalar();
    }

    [[nodiscard]] bool flag(const char* key) const {
        const auto value = text(key);
        if (value.empty() || value == "false") return false;
        if (value != "true") complain(key, "must be true or false");
        return value == "true";
    }

    // The bytes of KEY-data, which wins, or of the file that KEY names, whose path goes to `file`.
    [[nodiscard]] std::string bytes(const char* key, const kubeconfig_trust& trust, std::string& file) const {
        const auto data_key = std::string{key} + "-data";
        if (const auto data = text(data_key.c_str()); !data.empty()) {
            auto decoded = base64_decode(data);
            if (!decoded) complain(data_key.c_str(), "is not base64");
            return decoded.value_or(std::string{});
        }
        const auto path = this->path(key, trust);
        if (path.empty()) return {};
        auto content = read_small_file(path);
        if (!content) {
            complain(key, content.error().message().c_str());
            return {};
        }
        file = path;
        return std::move(*content);
    }

    // A path, relative to the file it is in.
    [[nodiscard]] std::string path(const char* key, const kubeconfig_trust& trust) const {
        const auto written = text(key);
        if (written.empty()) return {};
        if (!trust.allow_files) {
            complain(
                key, "names a file, which this kubeconfig may not; put the content into it (…-data, token)"
            );
            return {};
        }
        return beside(written);
    }

    [[nodiscard]] std::string beside(const std::string& written) const {
        const std::filesystem::path path{written};
        if (path.is_absolute()) return written;
        return (std::filesystem::absolute(from_->name).parent_path() / path).lexically_normal().string();
    }

    [[nodiscard]] section inner(const char* key) const {
        const auto value = child(key);
        return {*from_, path_of(key), value ? *value : YAML::Node{}, *trouble_};
    }

    [[nodiscard]] bool has(const char* key) const { return child(key).has_value(); }

    [[nodiscard]] std::vector<YAML::Node> items(const char* key) const {
        std::vector<YAML::Node> all;
        const auto value = child(key);
        if (!value) return all;
        if (!value->IsSequence()) {
            complain(key, "must be a list");
            return all;
        }
        for (const auto& item : *value) {
            all.push_back(item);
        }
        return all;
    }

    [[nodiscard]] std::vector<std::string> texts(const char* key) const {
        std::vector<std::string> all;
        for (const auto& item : items(key)) {
            if (!item.IsScalar()) {
                complain(key, "must be a list of texts");
                break;
            }
            all.push_back(item.Scalar());
        }
        return all;
    }

    [[nodiscard]] const YAML::Node& node() const { return node_; }
    [[nodiscard]] std::optional<error>& trouble() const { return *trouble_; }
    [[nodiscard]] const document& from() const { return *from_; }

    void complain(const char* key, const char* what) const {
        if (!*trouble_) {
            *trouble_ = user_error(from_->name + ": " + path_of(key) + " " + what);
        }
    }

private:
    [[nodiscard]] std::optional<YAML::Node> child(const char* key) const {
        if (*trouble_ || !node_.IsDefined() || !node_.IsMap()) return std::nullopt;
        const YAML::Node& fixed = node_; // operator[] of what is not const adds the key
        auto value = fixed[key];
        if (!value.IsDefined() || value.IsNull()) return std::nullopt;
        return value;
    }

    [[nodiscard]] std::string path_of(const char* key) const {
        if (*key == '\0') return where_;
        return where_.empty() ? key : where_ + "." + key;
    }

    const document* from_;
    std::string where_;
    YAML::Node node_;
    std::optional<error>* trouble_;
};

// The first entry of that name in clusters, users or contexts, over all files.
struct finder {
    const std::vector<document>& documents;
    std::optional<error>& trouble;

    // `list` is "clusters", `field` "cluster".
    [[nodiscard]] std::optional<section>
    find(const char* list, const char* field, std::string_view name, std::string* others = nullptr) const {
        for (const auto& d : documents) {
            const section root{d, "", d.root, trouble};
            std::size_t index = 0;
            for (const auto& item : root.items(list)) {
                const section entry{
                    d, std::string{list} + "[" + std::to_string(index++) + "]", item, trouble
                };
                const auto found = entry.text("name");
                if (found == name) {
                    const section inner = entry.inner(field);
                    return section{d, std::string{list} + "[" + found + "]." + field, inner.node(), trouble};
                }
                if (others != nullptr) {
                    *others += (others->empty() ? "" : ", ") + found;
                }
            }
        }
        return std::nullopt;
    }
};

// Free-form YAML (an extension for exec plugins) as JSON. Plain booleans and numbers become such.
json::value to_json(const YAML::Node& node, int depth) {
    if (depth > deepest || !node.IsDefined() || node.IsNull()) return nullptr;
    if (node.IsMap()) {
        json::object object;
        for (const auto& pair : node) {
            if (pair.first.IsScalar()) object[pair.first.Scalar()] = to_json(pair.second, depth + 1);
        }
        return object;
    }
    if (node.IsSequence()) {
        json::array array;
        for (const auto& item : node) {
            array.push_back(to_json(item, depth + 1));
        }
        return array;
    }
    const auto& text = node.Scalar();
    if (node.Tag() != "!") {
        if (text == "true" || text == "false") return text == "true";
        std::int64_t number = 0;
        if (YAML::convert<std::int64_t>::decode(node, number)) return number;
    }
    return json::string{text};
}

// spec.cluster for plugins that want to know for which cluster they are asked.
std::string cluster_info(const section& cluster, const connection_config& config) {
    json::object info{{"server", config.http.url}};
    const auto& tls = config.http.tls;
    if (!tls.server_name.empty()) info["tls-server-name"] = tls.server_name;
    if (tls.insecure_skip_verify) info["insecure-skip-tls-verify"] = true;
    if (!tls.ca.empty()) info["certificate-authority-data"] = base64_encode(tls.ca);
    if (!config.http.proxy.empty()) info["proxy-url"] = config.http.proxy;
    for (const auto& item : cluster.items("extensions")) {
        const section extension{cluster.from(), "extensions", item, cluster.trouble()};
        if (extension.text("name") == "client.authentication.k8s.io/exec") {
            info["config"] = to_json(extension.inner("extension").node(), 0);
        }
    }
    return json::serialize(info);
}

void read_cluster(const section& cluster, const kubeconfig_trust& trust, connection_config& config) {
    config.http.url = cluster.text("server");
    if (config.http.url.empty()) {
        cluster.complain("server", "is missing: it must be the URL of the API server");
    }
    auto& tls = config.http.tls;
    tls.ca = cluster.bytes("certificate-authority", trust, config.ca_file);
    tls.server_name = cluster.text("tls-server-name");
    tls.insecure_skip_verify = cluster.flag("insecure-skip-tls-verify");
    if (tls.insecure_skip_verify && !tls.ca.empty()) {
        cluster.complain("insecure-skip-tls-verify", "makes no sense beside a certificate authority");
    }
    config.http.proxy = cluster.text("proxy-url");
    if (config.http.proxy.starts_with("socks")) {
        cluster.complain("proxy-url", "must be an http or https proxy");
    }
}

exec_credentials read_exec(const section& exec, const section& cluster, const connection_config& config) {
    exec_credentials spec;
    spec.api_version = exec.text("apiVersion");
    if (spec.api_version != "client.authentication.k8s.io/v1" &&
        spec.api_version != "client.authentication.k8s.io/v1beta1") {
        exec.complain(
            "apiVersion", "must be client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1"
        );
    }
    spec.command = exec.text("command");
    if (spec.command.empty()) {
        exec.complain("command", "is missing");
    } else if (spec.command.find('/') != std::string::npos) {
        spec.command = exec.beside(spec.command);
    }
    spec.args = exec.texts("args");
    std::size_t index = 0;
    for (const auto& item : exec.items("env")) {
        const section one{exec.from(), "env[" + std::to_string(index++) + "]", item, exec.trouble()};
        spec.env.emplace_back(one.text("name"), one.text("value"));
    }
    spec.install_hint = exec.text("installHint");
    if (exec.text("interactiveMode") == "Always") {
        exec.complain("interactiveMode", "is Always, but the operator cannot ask anybody");
    }
    spec.provide_cluster_info = exec.flag("provideClusterInfo");
    if (spec.provide_cluster_info) {
        spec.cluster_info = cluster_info(cluster, config);
    }
    return spec;
}

void read_impersonation(const section& user, connection_config& config) {
    const auto as = user.text("as");
    const auto uid = user.text("as-uid");
    const auto groups = user.texts("as-groups");
    const auto extra = user.inner("as-user-extra");
    if (as.empty() && (!uid.empty() || !groups.empty() || user.has("as-user-extra"))) {
        user.complain("as", "is missing beside as-uid, as-groups or as-user-extra");
        return;
    }
    if (!as.empty()) config.impersonation.push_back({"Impersonate-User", as});
    if (!uid.empty()) config.impersonation.push_back({"Impersonate-Uid", uid});
    for (const auto& group : groups) {
        config.impersonation.push_back({"Impersonate-Group", group});
    }
    if (extra.node().IsMap()) {
        for (const auto& pair : extra.node()) {
            const auto& key = pair.first.Scalar();
            for (const auto& value : extra.texts(key.c_str())) {
                config.impersonation.push_back({"Impersonate-Extra-" + key, value});
            }
        }
    }
}

void read_user(
    const section& user, const section& cluster, const kubeconfig_trust& trust, connection_config& config
) {
    auto& tls = config.http.tls;
    tls.certificate = user.bytes("client-certificate", trust, config.certificate_file);
    tls.key = user.bytes("client-key", trust, config.key_file);
    if (tls.certificate.empty() != tls.key.empty()) {
        user.complain(tls.key.empty() ? "client-key" : "client-certificate", "is missing beside the other");
    }
    read_impersonation(user, config);

    const auto token = user.text("token");
    const auto username = user.text("username");
    const auto password = user.text("password");
    if (!username.empty() && (!token.empty() || user.has("tokenFile"))) {
        user.complain("username", "makes no sense beside a token");
    }
    if (user.has("auth-provider")) {
        user.complain("auth-provider", "is no longer supported by Kubernetes: use exec");
    }
    if (user.has("tokenFile")) {
        config.credentials = token_file_credentials{user.path("tokenFile", trust)};
    } else if (!token.empty()) {
        config.credentials = token_credentials{token};
    } else if (!username.empty()) {
        config.credentials = basic_credentials{username, password};
    } else if (user.has("exec")) {
        if (!trust.allow_exec) {
            user.complain(
                "exec", "runs a program, which this kubeconfig may not; use a token or a client certificate"
            );
            return;
        }
        config.credentials = read_exec(user.inner("exec"), cluster, config);
    }
}

result<std::vector<document>> parse(const std::vector<kubeconfig_text>& texts) {
    std::vector<document> documents;
    for (const auto& [name, text] : texts) {
        if (text.size() > largest) {
            return user_error(name + ": a kubeconfig has at most 1 MiB");
        }
        try {
            documents.push_back({name, YAML::Load(text)});
        } catch (const YAML::Exception& e) {
            return user_error(name + ":" + std::to_string(e.mark.line + 1) + ": not YAML: " + e.msg);
        }
        const auto& root = documents.back().root;
        if (!root.IsNull() && !root.IsMap()) {
            return user_error(name + ": not a kubeconfig: it must be a mapping");
        }
    }
    return documents;
}

result<connection_config>
take_apart(const std::vector<document>& documents, std::string_view wanted, const kubeconfig_trust& trust) {
    std::optional<error> trouble;
    std::string files;
    std::string context_name{wanted};
    for (const auto& d : documents) {
        files += (files.empty() ? "" : ", ") + d.name;
        if (context_name.empty()) {
            context_name = section{d, "", d.root, trouble}.text("current-context");
        }
    }
    if (context_name.empty() && !trouble) {
        return user_error(files + ": current-context is missing, and no context was chosen");
    }
    const finder all{documents, trouble};
    std::string others;
    const auto context = all.find("contexts", "context", context_name, &others);
    if (trouble) return *trouble;
    if (!context) {
        return user_error(
            files + ": there is no context \"" + context_name + "\"" +
            (others.empty() ? "" : "; there are " + others)
        );
    }
    connection_config config;
    config.origin = "context " + context_name + " of " + context->from().name;
    if (const auto space = context->text("namespace"); !space.empty()) {
        config.default_namespace = space;
    }
    const auto cluster_name = context->text("cluster");
    const auto cluster = all.find("clusters", "cluster", cluster_name);
    if (trouble) return *trouble;
    if (!cluster) {
        context->complain(
            "cluster", ("is \"" + cluster_name + "\", which is not among the clusters").c_str()
        );
        return *trouble;
    }
    read_cluster(*cluster, trust, config);
    if (const auto user_name = context->text("user"); !user_name.empty()) {
        const auto user = all.find("users", "user", user_name);
        if (!user) {
            context->complain("user", ("is \"" + user_name + "\", which is not among the users").c_str());
        } else {
            read_user(*user, *cluster, trust, config);
        }
    }
    if (trouble) return *trouble;
    return config;
}

} // namespace

result<connection_config>
read_kubeconfig(const std::vector<kubeconfig_text>& texts, std::string_view context, kubeconfig_trust trust) {
    auto documents = parse(texts);
    if (!documents) {
        return documents.error();
    }
    try {
        return take_apart(*documents, context, trust);
    } catch (const YAML::Exception& e) {
        return user_error(texts.front().name + ": not a kubeconfig: " + e.msg);
    }
}

} // namespace holdfast::kube
