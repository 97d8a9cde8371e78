#include "e2e/asking.hpp"

#include "http/client.hpp"
#include "support/coroutine.hpp"

#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <fstream>

namespace holdfast::test {

namespace {

void write(const std::string& path, const std::string& text) {
    // As mounted files change: at once.
    std::ofstream{path + ".new"} << text;
    std::filesystem::rename(path + ".new", path);
}

} // namespace

asking_rights::asking_rights(const std::string& address) {
    trust(authority_.certificate());
    write(file("client.crt"), pair_.certificate);
    write(file("client.key"), pair_.key);
    write(
        file("webhooks.kubeconfig"), "apiVersion: v1\nkind: Config\nusers:\n- name: \"" + address +
                                         "\"\n  user:\n    client-certificate: " + file("client.crt") +
                                         "\n    client-key: " + file("client.key") + "\n"
    );
    write(
        file("admission.yaml"),
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n"
        "- name: ValidatingAdmissionWebhook\n  configuration:\n"
        "    apiVersion: apiserver.config.k8s.io/v1\n    kind: WebhookAdmissionConfiguration\n"
        "    kubeConfigFile: " +
            file("webhooks.kubeconfig") + "\n"
    );
}

std::vector<std::string> asking_rights::apiserver_args() const {
    return {"--admission-control-config-file=" + file("admission.yaml")};
}

void asking_rights::trust(const std::string& certificates) const {
    write(authority_file(), certificates);
}

std::string asking_rights::file(const std::string& name) const {
    return (directory_.path() / name).string();
}

std::string review_by(const std::string& address, const key_pair& who, const std::string& body) {
    boost::asio::io_context context;
    http::client_options options;
    options.url = "https://" + address;
    options.tls.insecure_skip_verify = true;
    options.tls.certificate = who.certificate;
    options.tls.key = who.key;
    const auto client = http::make_client(context.get_executor(), options).value();
    http::request what;
    what.method = "POST";
    what.target = "/validate";
    what.headers.push_back({"Content-Type", "application/json"});
    what.body = body;
    const auto r = run(context, client->send(std::move(what), {}));
    return r ? std::to_string(r->status) : r.error().message();
}

} // namespace holdfast::test
